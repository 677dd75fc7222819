// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/autodiff/reverse.hpp>
#include <tfx/graph/var.hpp>

#include "../fixtures/stored.hpp"
#include "gradient_check.hpp"
#include "machine.hpp"
#include "numbers.hpp"

/// Runs traced functions on numbers and compares values, gradients and bits.
///
///     check(example("exp", [](auto x) { return exp(x); }, given<4, 4>(x, d_x), out, cotangent),
///           example("log", ...));
///
/// An example is recorded at run time and interpreted. Its value is held against the stored one, the gradient of
/// sum(out * cotangent) against the stored one and against central differences, both in float against double, and the bits
/// of the kernels that the passes make of it against those of its nodes. Nothing is compiled for a backend:
/// `check_compiled` in same_results.hpp is for one example of each class of kernels.
namespace tfx::testing {

/// What the gradient of an input is compared with: `given<3>(x, numerically)` with central differences alone.
struct numerically_t {};
inline constexpr numerically_t numerically{};

/// An input of an example: its type, its numbers, and if `Differentiated` the gradient that is expected.
template <class Shape, class Type, bool Differentiated> struct given_input {
  using shape_type = Shape;
  using value_type = Type;
  static constexpr bool differentiated = Differentiated;
  numbers value, gradient;
};
template <int... Extent, class X> auto given(const X& x) {
  return given_input<shape<Extent...>, real, false>{numbers_of(x), {}};
}
template <int... Extent, class X> auto given(const X& x, numerically_t) {
  return given_input<shape<Extent...>, real, true>{numbers_of(x), {}};
}
template <int... Extent, class X, class D> auto given(const X& x, const D& gradient) {
  return given_input<shape<Extent...>, real, true>{numbers_of(x), numbers_of(gradient)};
}
template <int... Extent, class X> auto given_integers(const X& x) {
  return given_input<shape<Extent...>, std::int32_t, false>{numbers_of(x), {}};
}

namespace detail {
template <int... Extent, class D> auto given_as(const fixtures::differentiated<fixtures::stored<double, Extent...>, D>& x) {
  return given<Extent...>(x.value, x.gradient);
}
template <class D> auto given_as(const fixtures::differentiated<double, D>& x) { return given<>(x.value, x.gradient); }
template <class T, int... Extent> auto given_as(const fixtures::constant<fixtures::stored<T, Extent...>>& x) {
  if constexpr (std::is_same_v<T, int>) return given_integers<Extent...>(x.value);
  else return given<Extent...>(x.value);
}
}  // namespace detail

/// The gradient of sum(y * cotangent) with respect to x, as traced code.
template <class S, class T, class C, class X> constexpr X gradient_of(var<S, T> y, C cotangent, X x) {
  list<int> wanted, names;
  wanted.push_back(x.h.id);
  names.push_back(-1);
  const list<int> gradient = gradients(y.h, untyped(cotangent), wanted, names);
  const int found = gradient[x.h.id];
  return {expand(found < 0 ? y.h.graph->constant(0) : handle{y.h.graph, found}, X::dim)};
}

enum : int { inputs_space = first_io_space, outputs_space, test_spaces };

namespace detail {

constexpr void give(builder& b, handle value) {
  const int l = b.leaf(outputs_space, value.shape(), value.type(), "out", {}, false);
  b.current[l] = value.id;
}
constexpr handle take(builder& b, const dims& shape, dtype type) {
  return b.read(b.leaf(inputs_space, shape, type, "in", {}, false));
}

/// Records one traced function: every input is a leaf of one space, the cotangent the last of them; the value and the
/// gradients are leaves of another.
template <class Function, class... Input> struct recorded_function {
  static constexpr void record(builder& b) {
    // A braced list, so that leaves are made in this order.
    const handle x[] = {take(b, Input::shape_type::value, dtype_of<typename Input::value_type>)...};
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      call(b, var<typename Input::shape_type, typename Input::value_type>{x[I]}...);
    }(std::index_sequence_for<Input...>{});
  }

 private:
  template <class... X> static constexpr void call(builder& b, X... x) {
    const auto y = Function{}(x...);
    give(b, expand(y.h, y.dim));
    if constexpr ((false || ... || Input::differentiated)) {
      const handle cotangent = take(b, y.dim, dtype::real_type);
      (differentiate<Input>(b, y, cotangent, x), ...);
    }
  }
  template <class In, class Y, class X> static constexpr void differentiate(builder& b, Y y, handle cotangent, X x) {
    if constexpr (In::differentiated) give(b, gradient_of(y, cotangent, x).h);
  }
};

/// Several of them as one program.
template <class... Recorded> struct recorded_functions {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    (Recorded::record(b), ...);
  }
};

}  // namespace detail

/// An input as numbers.
struct example_input {
  bool differentiated;
  numbers value, gradient;   ///< without a stored gradient: empty
};

/// One traced function with its numbers.
struct traced_example {
  std::string_view name;
  void (*record)(builder&);
  std::vector<example_input> inputs;
  numbers out, cotangent;   ///< empty: not stored; a cotangent of ones
  bool smooth = true;
  numbers points{};
  accuracy value_within{}, gradient_within{.ulps = 256};   ///< a gradient is a longer way
};
template <class Function, class... Input> struct example_of : traced_example {
  using recorded = detail::recorded_function<Function, Input...>;

  /// Central differences mean nothing at the stored numbers.
  example_of without_differences() const {
    example_of e = *this;
    e.smooth = false;
    return e;
  }
  /// Central differences are taken at this first input instead of the stored one.
  example_of differences_at(const numbers& x) const {
    example_of e = *this;
    e.points = x;
    return e;
  }
  /// Numbers of this size cancel on the way to the result or to its gradients.
  example_of with_floor(double size) const {
    example_of e = *this;
    e.value_within.floor = e.gradient_within.floor = size;
    return e;
  }
};
template <class X> concept stored_numbers = !requires { typename X::shape_type; };
template <class Function, stored_numbers Out, stored_numbers Cotangent, class... Input>
auto example(std::string_view name, Function, const Out& out, const Cotangent& cotangent, Input... input) {
  using step = detail::recorded_functions<detail::recorded_function<Function, Input...>>;
  return example_of<Function, Input...>{
      {name, &tfx::record<step>, {example_input{Input::differentiated, input.value, input.gradient}...}, numbers_of(out), numbers_of(cotangent)}};
}
/// A stored case, of which every input, result and gradient is known.
///
///     example<fixtures::exp>([](auto x) { return exp(x); })
template <class Case, class Function> auto example(Function f) requires requires { Case::inputs(); } {
  numbers cotangent;
  if constexpr (requires { Case::cotangent; }) cotangent = numbers_of(Case::cotangent);
  auto e = std::apply([&](const auto&... input) { return example(Case::name, f, Case::out, cotangent, detail::given_as(input)...); }, Case::inputs());
  if constexpr (requires { Case::out_floor; }) e.value_within.floor = Case::out_floor;
  if constexpr (requires { Case::gradient_floor; }) e.gradient_within.floor = Case::gradient_floor;
  return e;
}
/// Without a stored result: only the gradient is checked, and the bits.
template <class Function, class... Input> auto example(std::string_view name, Function f, Input... input) {
  return example(name, f, numbers{}, numbers{}, input...);
}

namespace detail {

inline bool any_differentiated(const traced_example& e) {
  return std::any_of(e.inputs.begin(), e.inputs.end(), [](const example_input& x) { return x.differentiated; });
}

/// Copies an example's inputs in, from leaf `k` on in the order in which they were made.
template <class T> void fill_inputs(program_memory<T>& m, const traced_example& e, int& k) {
  for (const example_input& x : e.inputs) m.put(m.leaf(inputs_space, k++), x.value);
  if (!any_differentiated(e)) return;
  const leaf_info& l = m.leaf(inputs_space, k++);
  m.put(l, e.cotangent.empty() ? numbers(std::size_t(l.size), 1) : e.cotangent);
}

/// One example, recorded for double and for float.
class example_checker {
 public:
  example_checker(const traced_example& e, int rows) : e_(e), double_(e.record), float_(e.record) {
    double_.state.batch = float_.state.batch = rows;
  }

  void operator()() {
    INFO(std::string(e_.name));
    fill(double_);
    double_.run();
    value();
    for (std::size_t i = 0, k = 1; i < e_.inputs.size(); ++i)
      if (e_.inputs[i].differentiated) gradient(i, int(k++));
    kernels();
    floats();
  }

 private:
  template <class T> void fill(recorded_machine<T>& m) {
    int k = 0;
    fill_inputs(m, e_, k);
  }
  template <class T> numbers result(recorded_machine<T>& m, int k) { return numbers_of(m.numbers_present(m.leaf(outputs_space, k))); }
  int results() const {
    return 1 + int(std::count_if(e_.inputs.begin(), e_.inputs.end(), [](const example_input& x) { return x.differentiated; }));
  }

  void value() {
    const std::vector<double> y = double_.numbers_present(double_.leaf(outputs_space, 0));
    if (e_.out.empty()) CHECK(std::none_of(y.begin(), y.end(), [](double x) { return x != x; }));
    else CHECK(errors(std::span<const double>(y), e_.out, e_.value_within) <= 1);
  }

  void gradient(std::size_t i, int k) {
    CAPTURE(i);
    const std::span<const double> d = double_.present(double_.leaf(outputs_space, k));
    if (!e_.inputs[i].gradient.empty()) CHECK(errors(d, e_.inputs[i].gradient, e_.gradient_within) <= 1);
    if (e_.smooth) differences(i, numbers_of(d), k);
  }

  void differences(std::size_t i, numbers gradient, int k) {
    const leaf_info& x = double_.leaf(inputs_space, int(i));
    const std::span<double> memory = double_.present(x);
    numbers at = e_.inputs[i].value;
    if (i == 0 && !e_.points.empty()) {
      at = e_.points;
      double_.put(x, at);
      double_.run();
      gradient = result(double_, k);
    }
    const std::span<double> cotangent = double_.values(double_.leaf(inputs_space, int(e_.inputs.size())));
    auto f = [&](std::span<const double> moved) {
      std::copy(moved.begin(), moved.end(), memory.begin());
      double_.run();
      double total = 0;
      const std::vector<double> y = double_.numbers_present(double_.leaf(outputs_space, 0));
      for (std::size_t j = 0; j < y.size(); ++j) total += y[j] * cotangent[j];
      return total;
    };
    const gradient_difference numeric = gradient_error(f, at, gradient);
    CAPTURE(numeric.element);
    CAPTURE(numeric.given);
    CAPTURE(numeric.numeric);
    CHECK(numeric.relative <= 1e-6);
    fill(double_);
    double_.run();
  }

  /// What the passes make of the graph gives the bits of its nodes.
  void kernels() {
    recorded_machine<double> fused(e_.record);
    fused.state = double_.state;
    fill(fused);
    fused.run_kernels();
    for (int k = 0; k < results(); ++k) {
      CAPTURE(k);   // 0: the value, then the gradients
      const leaf_info& l = fused.leaf(outputs_space, k);
      CHECK(different_bits<double>(fused.values(l), double_.values(l)) == 0);
    }
  }

  /// In float, beside double on the same numbers.
  void floats() {
    fill(float_);
    float_.run();
    for (const leaf_info& l : double_.program.leaves) {
      if (l.space != inputs_space) continue;
      double_.put(l, float_.numbers_present(l));
    }
    double_.run();
    for (int k = 0; k < results(); ++k) {
      CAPTURE(k);
      const std::vector<float> found = float_.numbers_present(float_.leaf(outputs_space, k));
      CHECK(errors(std::span<const float>(found), result(double_, k), k == 0 ? e_.value_within : e_.gradient_within) <= 1);
    }
  }

  const traced_example& e_;
  recorded_machine<double> double_;
  recorded_machine<float> float_;
};

}  // namespace detail

/// Checks examples. `rows`: present in this run, where the shapes are bounded.
template <class... Example> void check_rows(int rows, const Example&... example) { (detail::example_checker(example, rows)(), ...); }
template <class... Example> void check(const Example&... example) { check_rows(0, example...); }

}  // namespace tfx::testing
