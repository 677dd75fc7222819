// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>

#include <tfx/optim/rate.hpp>

namespace tfx::optim {

/// What an optimizer's `prepare` computes once for all parameters.
struct shared_numbers {
  handle rate{}, decay{};
  handle applies{};   ///< is this step's update made? Empty: always
};

/// What an optimizer sees of one parameter: its leaf, and memory of its own named after it (`dense/weight/adam/m`).
struct update_scope {
  builder& graph;
  int leaf;
  std::string_view prefix;
  shared_numbers shared{};

  constexpr int slot(std::string_view name, const dims& shape) const {
    return graph.leaf_beside(leaf, prefix, name, slot_space, shape);
  }
  constexpr handle read(int slot_leaf) const { return graph.read(slot_leaf); }
  constexpr void write(int slot_leaf, handle value) const { graph.write(slot_leaf, value); }
};

/// What `minimize` takes: the new value of a parameter from its value and its gradient, or, as a wrapper around another
/// optimizer, the whole `update`; a name for its memory, and by how much gradients are clipped (0: not at all).
template <class O> concept optimizer =
    requires(const O& o) {
      { O::name } -> std::convertible_to<std::string_view>;
      { o.clip_norm } -> std::convertible_to<double>;
      { o.clip_value } -> std::convertible_to<double>;
    } && (requires(const O& o, const update_scope& u, handle value) { { o(u, value, value) } -> std::convertible_to<handle>; } ||
          requires(const O& o, builder& g, handle gradient, const shared_numbers& shared) { o.update(g, 0, gradient, shared); });

namespace detail {
/// What an optimizer that is none has not.
template <class O> constexpr std::string_view missing_in_optimizer() {
  if constexpr (!requires { { O::name } -> std::convertible_to<std::string_view>; }) return "static constexpr std::string_view name";
  else if constexpr (!requires(const O& o) { { o.clip_norm } -> std::convertible_to<double>; }) return "double clip_norm = 0";
  else if constexpr (!requires(const O& o) { { o.clip_value } -> std::convertible_to<double>; }) return "double clip_value = 0";
  else return "handle operator()(const update_scope&, handle value, handle gradient) const";
}
}  // namespace detail

/// Where a program counts its updates, in the optimizer's memory: an integer.
constexpr int update_counter(builder& g) { return g.leaf(slot_space, dims{}, dtype::int32, "step", {}, true); }
/// The number of this update, from 1.
constexpr handle update_count(builder& g) {
  const int l = update_counter(g);
  if (g.current[l] == g.leaf_node[l]) g.write(l, g.read(l) + 1);
  return as_type(g.read(l), dtype::real_type);
}

namespace detail {
/// Numbers that all updates of an optimizer share: what it prepares, else its rate.
template <class O> constexpr shared_numbers prepared_by(const O& o, builder& g) {
  if constexpr (requires { o.prepare(g); }) return o.prepare(g);
  else if constexpr (requires { o.learning_rate.at(g, handle{}); }) return {o.learning_rate.at(g, update_count(g))};
  else return {};
}
}  // namespace detail

}  // namespace tfx::optim
