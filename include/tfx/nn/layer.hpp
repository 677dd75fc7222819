// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/calls.hpp>
#include <tfx/graph/scope.hpp>
#include <tfx/init/initializer.hpp>
#include <tfx/ops/operation.hpp>

namespace tfx {

/// Is this trace one of training? A plain bool: both branches of an `if` on it have the same type.
template <class S, class T> constexpr bool is_training(var<S, T> x) {
  builder& g = graph_of(x);
  g.mode_asked = g.mode_asked || g.modes_given == 0;
  return g.training;
}

/// A parameter of one's own: trained, named by the layers around it.
///
///     auto gain = param<shape<4>>(x, "gain", init::ones{});
///
/// `x` is any traced value; fan_in and fan_out are for initialisers that scale by them.
template <static_shape S, traced X>
constexpr var<S> param(X x, std::string_view name, initializer how = init::zeros{}, int fan_in = 0, int fan_out = 0) {
  builder& g = graph_of(x);
  return {g.read(g.local_leaf(parameter_space, S::value, name, how, fan_in, fan_out))};
}

/// A tensor kept between runs and not trained.
template <static_shape S> struct state_variable {
  builder* graph;
  int leaf;
  constexpr var<S> read() const { return {graph->read(leaf)}; }
  /// Takes effect for what is read later, and for the next run.
  template <traced V> constexpr void write(V value) const { graph->write(leaf, untyped(value)); }
};
template <static_shape S, traced X>
constexpr state_variable<S> state(X x, std::string_view name, initializer how = init::zeros{}) {
  builder& g = graph_of(x);
  return {&g, g.local_leaf(state_space, S::value, name, how, 0, 0)};
}

/// Layers without parameters open no scope.
template <class L> concept transparent_layer = requires { L::transparent; };
/// What can be called on traced values X...: a layer of them.
template <class L, class... X> concept layer_for = requires(const L& layer, X... x) { layer(x...); };

/// Does it give a number? It takes one then, for which a traced value is none.
template <class L, class... X> concept gives_a_number = requires(const L& layer, X... x) { { layer(x...) } -> number; };

/// Calls a layer or a user's plain function object, in a scope of its name.
template <class L, class S, class T, class... X> constexpr auto call_layer(const L& layer, var<S, T> x, X... more) {
  builder& g = graph_of(x);
  if constexpr (requires { layer.line; }) g.line = layer.line;
  if constexpr (!layer_for<L, var<S, T>, X...>) {
    g.complain("layer ", label_of<L>, at_path{}, " cannot be called with ", S::value);
    return x;
  } else if constexpr (gives_a_number<L, var<S, T>, X...>) {
    g.complain("layer ", label_of<L>, at_path{}, " gives a number, no traced value: of a traced x write exp(x), not std::exp(x)");
    return x;
  } else if constexpr (transparent_layer<L>) {
    const call_mark here(g, label_of<L>, false, false, untyped(x));
    return here.gives(layer(x, more...));
  } else {
    scope s(g, label_of<L>);
    const call_mark here(g, label_of<L>, true, false, untyped(x));
    return here.gives(layer(x, more...));
  }
}

/// x | layer: a call in the layer's scope, read from left to right.
template <class S, class T, class L> requires(!traced<L> && !number<L>)
constexpr auto operator|(var<S, T> x, const L& layer) {
  return call_layer(layer, x);
}

namespace nn {

/// First line of a library layer's call: opens its scope, unless the caller has, and notes the call with its attributes.
struct layer_scope : scope, call_mark {
  template <class S, class T, class L>
  constexpr layer_scope(var<S, T> x, const L& layer, std::initializer_list<call_attribute> attributes = {})
      : scope(*x.h.graph, label_of<L>, true), call_mark(*x.h.graph, label_of<L>, true, true, x.h, attributes) {
    if constexpr (requires { layer.line; }) x.h.graph->line = layer.line;
  }
};

}  // namespace nn
}  // namespace tfx
