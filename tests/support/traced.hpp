// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/autodiff/reverse.hpp>
#include <tfx/backend/reference/interpret.hpp>
#include <tfx/backend/simd/backend.hpp>
#include <tfx/compile/executable.hpp>

#include "gradient_check.hpp"

/// Runs traced functions on numbers, many of them in one program, and compares values, gradients and bits.
///
///     check(example("exp", [](auto x) { return exp(x); }, given<4, 4>(x, d_x), out, cotangent),
///           example("log", ...));
///
/// Every example's value is held against the stored one, the gradient of sum(out * cotangent) against the stored one and
/// against central differences, and the bits of the reference, scalar and simd backends against each other.
namespace tfx::testing {

using numbers = std::vector<double>;

template <class Array> numbers numbers_of(const Array& array) {
  if constexpr (std::is_arithmetic_v<Array>) return {double(array)};
  else return numbers(std::begin(array), std::end(array));
}

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

/// The gradient of sum(y * cotangent) with respect to x, as traced code.
template <class S, class T, class C, class X> constexpr X gradient_of(var<S, T> y, C cotangent, X x) {
  list<int> wanted, names;
  wanted.push_back(x.h.id);
  names.push_back(-1);
  const list<int> gradient = gradients(y.h, untyped(cotangent), wanted, names);
  const int found = gradient[x.h.id];
  return {expand(found < 0 ? y.h.graph->constant(0) : handle{y.h.graph, found}, X::dim)};
}

/// One traced function with its numbers.
template <class Function, class... Input> struct example_of {
  static constexpr int inputs = int(sizeof...(Input));
  static constexpr int gradients = (0 + ... + int(Input::differentiated));
  static constexpr bool differentiated = gradients > 0;

  std::string_view name;
  std::array<numbers, sizeof...(Input)> value, gradient;
  numbers out, cotangent;
  bool smooth = true;
  numbers points{};

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
};
template <class X> concept stored_numbers = !requires { typename X::shape_type; };
template <class Function, stored_numbers Out, stored_numbers Cotangent, class... Input>
auto example(std::string_view name, Function, const Out& out, const Cotangent& cotangent, Input... input) {
  return example_of<Function, Input...>{name, {input.value...}, {input.gradient...}, numbers_of(out), numbers_of(cotangent)};
}
/// Without a stored result: only the gradient is checked, and the bits.
template <class Function, class... Input> auto example(std::string_view name, Function, Input... input) {
  return example_of<Function, Input...>{name, {input.value...}, {input.gradient...}, {}, {}};
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

template <class Example> struct recorded;
template <class Function, class... Input> struct recorded<example_of<Function, Input...>> {
  template <class... X> static constexpr void call(builder& b, X... x) {
    const auto y = Function{}(x...);
    give(b, expand(y.h, y.dim));
    if constexpr ((false || ... || Input::differentiated)) {
      const handle cotangent = take(b, y.dim, dtype::real_type);
      (differentiate<Input>(b, y, cotangent, x), ...);
    }
  }
  static constexpr void record(builder& b) {
    // A braced list, so that leaves are made in this order.
    const handle x[] = {take(b, Input::shape_type::value, dtype_of<typename Input::value_type>)...};
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      call(b, var<typename Input::shape_type, typename Input::value_type>{x[I]}...);
    }(std::index_sequence_for<Input...>{});
  }

private:
  template <class In, class Y, class X> static constexpr void differentiate(builder& b, Y y, handle cotangent, X x) {
    if constexpr (In::differentiated) give(b, gradient_of(y, cotangent, x).h);
  }
};

}  // namespace detail

/// All examples recorded into one program: every input is a leaf of one space, every output of another.
template <class... Example> struct recorded_examples {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    (detail::recorded<Example>::record(b), ...);
  }
};

/// Memory of exactly so many elements, on a 64-byte line, so that a sanitizer sees every step outside.
template <class T> struct exact_memory {
  explicit exact_memory(std::size_t n) : size(n), data(static_cast<T*>(::operator new(n * sizeof(T) + 1, std::align_val_t(64)))) {}
  exact_memory(const exact_memory&) = delete;
  ~exact_memory() { ::operator delete(data, std::align_val_t(64)); }
  void fill(T x) { std::fill_n(data, size, x); }
  std::size_t size;
  T* data;
};

/// A program with memory, ready to run. What was never written is not a number.
template <class Step, class Backend, class T> struct machine {
  using P = plan<Step>;
  using E = executable<P, Backend, T>;
  static constexpr T poison = std::numeric_limits<T>::quiet_NaN();
  [[no_unique_address]] tell<verdict<Step>::right, verdict<Step>> told{};

  machine() {
    for (int s = parameter_space; s < max_spaces; ++s) {
      std::size_t n = s < P::spaces ? std::size_t(P::space_size(s)) : 0;
      if (s == constant_space) n = P::constants.size();
      if (s == batch_space) n = 2;
      if (s == counter_space) n = max_regions;
      space.push_back(std::make_unique<exact_memory<T>>(n));
      space.back()->fill(s == slot_space ? T(0) : poison);
    }
    for (std::size_t i = 0; i < P::constants.size(); ++i) at(constant_space)[i] = T(P::constants[i]);
    for (int i = 0; i < P::n_leaves; ++i) {
      const leaf_info& l = P::leaves[std::size_t(i)];
      if (l.space == parameter_space || l.space == state_space) init::fill(l.init, l.fan_in, l.fan_out, at(l.space) + l.offset, l.size, 1, l.hash);
    }
  }
  T* at(int s) { return space[std::size_t(s - parameter_space)]->data; }

  /// Leaf k of those in a space, in the order in which they were made.
  static const leaf_info& leaf(int s, int k) {
    int i = 0;
    for (;; ++i)
      if (P::leaves[std::size_t(i)].space == s && k-- == 0) return P::leaves[std::size_t(i)];
  }
  static const leaf_info& leaf(std::string_view path) {
    int i = 0;
    while (i < P::n_leaves && P::name(P::leaves[std::size_t(i)]) != path) ++i;
    REQUIRE_MESSAGE(i < P::n_leaves, std::string(path));
    return P::leaves[std::size_t(i)];
  }
  std::span<T> values(const leaf_info& l) { return {at(l.space) + l.offset, std::size_t(l.size)}; }
  std::span<T> values(std::string_view path) { return values(leaf(path)); }
  /// What is there in this run: of a bounded leaf the rows present.
  std::span<T> present(const leaf_info& l) {
    const int n = l.shape.bounded ? l.size / l.shape.extent[0] * int(state.batch) : l.size;
    return values(l).first(std::size_t(n));
  }
  template <class Numbers> void put(const leaf_info& l, const Numbers& from) {
    const std::span<T> to = values(l);
    REQUIRE(from.size() <= to.size());
    std::fill(to.begin(), to.end(), poison);
    std::transform(from.begin(), from.end(), to.begin(), [](auto x) { return T(x); });
  }

  void run() {
    arena.fill(poison);
    at(batch_space)[0] = T(state.batch);
    at(batch_space)[1] = T(1) / T(state.batch);
    bindings<T> b;
    b.base[arena_space] = arena.data;
    for (int s = parameter_space; s < max_spaces; ++s) b.base[s] = at(s);
    b.scratch = arena.data + P::arena_elements;
    b.run = state;
    E::run(b);
  }

  run_state state{1, 1, 0};
  exact_memory<T> arena{E::arena_elements};
  std::vector<std::unique_ptr<exact_memory<T>>> space;
};

/// The largest difference, relative to max(1, the largest expected number).
template <class Numbers> double difference(const Numbers& found, const numbers& expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (found.size() != expected.size()) return infinity;
  double largest = 1, worst = 0;
  for (const double e : expected)
    if (std::isfinite(e)) largest = std::max(largest, std::abs(e));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double f = double(found[i]), e = expected[i];
    if (f == e || (std::isnan(f) && std::isnan(e))) continue;
    const double d = std::abs(f - e);
    worst = std::max(worst, d <= infinity ? d : infinity);
  }
  return worst / largest;
}

/// Elements whose bits differ; two that are not numbers are equal.
template <class T> int different_bits(std::span<const T> a, std::span<const T> b) {
  if (a.size() != b.size()) return -1;
  int n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += std::memcmp(&a[i], &b[i], sizeof(T)) != 0 && !(a[i] != a[i] && b[i] != b[i]);
  return n;
}

namespace detail {

/// Copies the examples' inputs in, in the order in which the program's leaves were made.
template <class Machine, class... Example> void fill_inputs(Machine& m, const Example&... example) {
  int k = 0;
  auto one = [&](const auto& e) {
    for (const numbers& x : e.value) m.put(Machine::leaf(inputs_space, k++), x);
    if (!e.differentiated) return;
    const leaf_info& l = Machine::leaf(inputs_space, k++);
    m.put(l, e.cotangent.empty() ? numbers(std::size_t(l.size), 1) : e.cotangent);
  };
  (one(example), ...);
}

template <class Machine> struct checker {
  Machine& m;
  int in = 0, out = 0;   ///< leaves of the examples before
  double value_error = 0, gradient_error = 0, numeric_error = 0;   ///< the largest so far

  template <class Example> void operator()(const Example& e) {
    INFO(std::string(e.name));
    const leaf_info& y = Machine::leaf(outputs_space, out++);
    if (!e.out.empty()) {
      const double error = difference(m.present(y), e.out);
      CHECK(error <= 1e-10);
      value_error = std::max(value_error, error);
    } else {
      CHECK(std::none_of(m.present(y).begin(), m.present(y).end(), [](double x) { return x != x; }));
    }
    if constexpr (Example::differentiated) gradients(e, y);
    in += Example::inputs + Example::differentiated;
  }

private:
  template <class Function, class... Input> void gradients(const example_of<Function, Input...>& e, const leaf_info& y) {
    const std::span<double> cotangent = m.values(Machine::leaf(inputs_space, in + e.inputs));
    std::size_t k = 0;
    auto one = [&](bool differentiated) {
      const std::size_t i = k++;
      if (!differentiated) return;
      CAPTURE(i);
      const std::span<double> d = m.present(Machine::leaf(outputs_space, out++));
      std::vector<double> gradient(d.begin(), d.end());
      if (!e.gradient[i].empty()) {
        const double error = difference(gradient, e.gradient[i]);
        CHECK(error <= 1e-10);
        gradient_error = std::max(gradient_error, error);
      }
      if (!e.smooth) return;
      const leaf_info& x = Machine::leaf(inputs_space, in + int(i));
      const std::span<double> memory = m.present(x);
      numbers at = e.value[i];
      if (i == 0 && !e.points.empty()) {
        at = e.points;
        m.put(x, at);
        m.run();
        gradient.assign(d.begin(), d.end());
      }
      auto f = [&](std::span<const double> moved) {
        std::copy(moved.begin(), moved.end(), memory.begin());
        m.run();
        double total = 0;
        const std::span<double> result = m.present(y);
        for (std::size_t j = 0; j < result.size(); ++j) total += result[j] * cotangent[j];
        return total;
      };
      const auto numeric = testing::gradient_error(f, at, gradient);
      CAPTURE(numeric.element);
      CAPTURE(numeric.given);
      CAPTURE(numeric.numeric);
      CHECK(numeric.relative <= 1e-6);
      numeric_error = std::max(numeric_error, numeric.relative);
      std::copy(e.value[i].begin(), e.value[i].end(), memory.begin());
      m.run();
    };
    (one(Input::differentiated), ...);
  }
};

/// The bits of one backend against those of another.
template <class Step, class T, class One, class Other, class... Example> void check_bits(int rows, const Example&... example) {
  machine<Step, One, T> a;
  machine<Step, Other, T> b;
  auto run = [&](auto& m) {
    m.state.batch = rows;
    fill_inputs(m, example...);
    m.run();
  };
  run(a);
  run(b);
  int k = 0;
  auto compare = [&](const auto& e) {
    INFO(std::string(e.name));
    CAPTURE(sizeof(T));
    for (int i = 0; i < 1 + e.gradients; ++i) {
      CAPTURE(i);   // 0: the value, then the gradients
      const leaf_info& l = a.leaf(outputs_space, k++);
      CHECK(different_bits<T>(a.values(l), b.values(l)) == 0);
    }
  };
  (compare(example), ...);
}

}  // namespace detail

/// Checks values and gradients of all examples, compiled into one program for one backend. `rows`: present in this run,
/// where the shapes are bounded.
template <class... Example> void check_values(int rows, const Example&... example) {
  machine<recorded_examples<Example...>, backend::simd<>, double> m;
  m.state.batch = rows;
  detail::fill_inputs(m, example...);
  m.run();
  detail::checker<decltype(m)> checker{m};
  (checker(example), ...);
  MESSAGE("value ", checker.value_error, ", gradient ", checker.gradient_error, ", central differences ", checker.numeric_error);
}
/// The same, and the bits of float and double on different backends.
template <class... Example> void check_rows(int rows, const Example&... example) {
  check_values(rows, example...);
  using step = recorded_examples<Example...>;
  detail::check_bits<step, double, backend::simd<>, backend::reference>(rows, example...);
  detail::check_bits<step, float, backend::simd<>, backend::reference>(rows, example...);
  detail::check_bits<step, float, backend::simd<>, backend::scalar>(rows, example...);
}
template <class... Example> void check(const Example&... example) { check_rows(0, example...); }

}  // namespace tfx::testing
