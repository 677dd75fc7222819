// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "layer.hpp"

/// Layers against stored cases, which name what a layer is called with and its parameters in the order in which it makes them.
///
///     check_layer<gru, fixtures::gru>("gru/kernel gru/recurrent_kernel gru/bias");
///
/// Value and gradients are held against the stored ones and against central differences, and the bits of the kernels that the
/// passes make of the graph against those of its nodes; with a batch of as many rows as there are, and with a bounded one.
namespace tfx::testing {

namespace detail {

/// The type that an argument is traced with. `Bounded`: at most two rows more than it has.
template <class V, bool Bounded> struct traced_argument;
template <class T, int First, int... Rest, bool Bounded> struct traced_argument<fixtures::stored<T, First, Rest...>, Bounded> {
  using shape_type = shape<Bounded ? -(First + 2) : First, Rest...>;
  using type = var<shape_type, std::conditional_t<std::is_same_v<T, double>, real, T>>;
};
template <class Given> struct stored_in;
template <class V, class D> struct stored_in<fixtures::differentiated<V, D>> {
  using type = V;
};
template <class V> struct stored_in<fixtures::constant<V>> {
  using type = V;
};

/// Value, gradients of the floating arguments, gradients of the parameters.
template <const auto& Layer, bool Training, class... X> struct layer_call {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    b.training = Training;
    const handle x[] = {take(b, X::dim, dtype_of<typename X::value_type>)...};
    [&]<std::size_t... I>(std::index_sequence<I...>) { record(b, x, call_layer(Layer, X{x[I]}...)); }(std::index_sequence_for<X...>{});
  }

 private:
  template <class Y> static constexpr void record(builder& b, const handle* x, Y y) {
    give(b, y.h);
    const handle cotangent = take(b, y.dim, dtype::real_type);
    list<int> wanted, names;
    for (std::size_t k = 0; k < sizeof...(X); ++k)
      if (is_floating(x[k].type())) wanted.push_back(x[k].id);
    for (int i = 0; i < b.leaves.size(); ++i)
      if (b.leaves[i].trainable) wanted.push_back(b.leaf_node[i]);
    for (int i = 0; i < wanted.size(); ++i) names.push_back(-1);
    const list<int> gradient = gradients(y.h, cotangent, wanted, names);
    for (int i = 0; i < wanted.size(); ++i) {
      const int d = gradient[wanted[i]];
      const dims shape = b.nodes[wanted[i]].shape;
      give(b, expand(d < 0 ? b.constant(0) : handle{&b, d}, shape));
    }
  }
};

/// A case as lists: numbers, and the gradient of what has one.
struct case_value {
  numbers value, gradient;
  bool differentiated;
};
template <class V, class D> case_value value_of(const fixtures::differentiated<V, D>& x) { return {numbers_of(x.value), numbers_of(x.gradient), true}; }
template <class V> case_value value_of(const fixtures::constant<V>& x) { return {numbers_of(x.value), {}, false}; }

/// One recorded call with its numbers.
class layer_checker {
 public:
  using machine = recorded_machine<double>;
  struct given {
    std::vector<case_value> arguments, parameters;
    numbers out, cotangent;
    int rows;
  };
  layer_checker(const given& c, void (*record)(builder&)) : case_(c), nodes_(record), kernels_(record) {
    for (machine* m : {&nodes_, &kernels_}) {
      m->state.batch = c.rows;
      fill(*m);
    }
  }

  std::string paths() const {
    std::string all;
    for (const leaf_info& l : nodes_.program.leaves)
      if (l.space == parameter_space) all.append(all.empty() ? "" : " ").append(nodes_.program.name(l));
    return all;
  }
  void check(bool differences) {
    nodes_.run();
    CHECK(difference(result(0), case_.out, layer_floor) <= 1e-12);
    int k = 1;
    each_differentiated([&](const case_value& x, const leaf_info& l) {
      CAPTURE(k);   // first the arguments, then the parameters
      const numbers gradient = result(k);
      CHECK(difference(gradient, x.gradient, layer_floor) <= 1e-12);
      if (differences) check_differences(l, x.value, gradient);
      ++k;
    });
    fill(nodes_);
    nodes_.run();
    kernels_.run_kernels();
    for (int i = 0; i < k; ++i) {
      CAPTURE(i);
      const leaf_info& l = nodes_.leaf(outputs_space, i);
      CHECK(different_bits<double>(kernels_.present(l), nodes_.present(l)) == 0);
    }
  }

 private:
  numbers result(int k) { return numbers_of(nodes_.present(nodes_.leaf(outputs_space, k))); }
  void fill(machine& m) {
    int k = 0;
    for (const case_value& x : case_.arguments) m.put(m.leaf(inputs_space, k++), x.value);
    m.put(m.leaf(inputs_space, k), case_.cotangent);
    k = 0;
    for (const case_value& x : case_.parameters) m.put(m.leaf(parameter_space, k++), x.value);
  }
  template <class F> void each_differentiated(F f) {
    for (std::size_t k = 0; k < case_.arguments.size(); ++k)
      if (case_.arguments[k].differentiated) f(case_.arguments[k], nodes_.leaf(inputs_space, int(k)));
    for (std::size_t k = 0; k < case_.parameters.size(); ++k)
      if (case_.parameters[k].differentiated) f(case_.parameters[k], nodes_.leaf(parameter_space, int(k)));
  }
  void check_differences(const leaf_info& l, numbers at, const numbers& gradient) {
    const std::span<double> memory = nodes_.present(l);
    auto f = [&](std::span<const double> moved) {
      std::copy(moved.begin(), moved.end(), memory.begin());
      nodes_.run();
      const numbers y = result(0);
      double total = 0;
      for (std::size_t j = 0; j < y.size(); ++j) total += y[j] * case_.cotangent[j];
      return total;
    };
    const gradient_difference numeric = gradient_error(f, at, gradient);
    CAPTURE(numeric.element);
    CHECK(numeric.relative <= 1e-6);
    fill(nodes_);
    nodes_.run();
  }

  const given& case_;
  machine nodes_, kernels_;
};

template <class Case, class... Argument, class... Parameter>
layer_checker::given given_of(const std::tuple<Argument...>& arguments, const std::tuple<Parameter...>& parameters) {
  layer_checker::given c;
  std::apply([&](const auto&... x) { (c.arguments.push_back(value_of(x)), ...); }, arguments);
  std::apply([&](const auto&... x) { (c.parameters.push_back(value_of(x)), ...); }, parameters);
  c.out = numbers_of(Case::out);
  c.cotangent = numbers_of(Case::cotangent);
  using first = typename stored_in<std::tuple_element_t<0, std::tuple<Argument...>>>::type;
  c.rows = traced_argument<first, false>::type::dim.extent[0];
  return c;
}
template <const auto& Layer, bool Training, bool Bounded, class... Argument> constexpr auto recorder_of(const std::tuple<Argument...>&) {
  return &tfx::record<layer_call<Layer, Training, typename traced_argument<typename stored_in<Argument>::type, Bounded>::type...>>;
}

}  // namespace detail

template <const auto& Layer, class Case, bool Training = true> void check_layer(std::string_view paths = "") {
  INFO(std::string(Case::name));
  const auto given = detail::given_of<Case>(Case::arguments(), Case::parameters());
  detail::layer_checker fixed(given, detail::recorder_of<Layer, Training, false>(Case::arguments()));
  CHECK(fixed.paths() == paths);
  fixed.check(true);
  detail::layer_checker(given, detail::recorder_of<Layer, Training, true>(Case::arguments())).check(false);
}

}  // namespace tfx::testing
