// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/path_pattern.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx {

namespace detail {
/// What a pattern that names nothing could have named.
constexpr void say_known_parameters(builder& g) {
  int said = 0;
  for (int i = 0; i < g.leaves.size(); ++i) {
    if (!g.leaves[i].trainable) continue;
    g.say(said == 0 ? "; known: " : ", ");
    if (said++ == 6) return g.say("...");
    g.say(g.name(g.leaves[i]));
  }
}
}  // namespace detail

/// Numbers that are added to a loss, so that parameters stay small. On ready layers, by their paths; all that is trained if
/// none are named.
///
///     recipe(loss::mean_squared_error{} + penalty::l2{1e-5, "*/weight"}, optim::adam{})
///     loss + penalty::l2{1e-5, "*/weight"}(loss)             in a step of one's own: of the parameters made before
///
/// Errors     a pattern that names no trained parameter
namespace penalty {

/// factor * sum |p|
struct l1 {
  static constexpr std::string_view name = "l1";
  double factor = 0.01;
  std::string_view on = "*";
  static constexpr handle of(handle p) { return abs(p); }
  template <traced X> constexpr var<shape<>> operator()(X x) const;
};
/// factor * sum p^2
struct l2 {
  static constexpr std::string_view name = "l2";
  double factor = 0.01;
  std::string_view on = "*";
  static constexpr handle of(handle p) { return p * p; }
  template <traced X> constexpr var<shape<>> operator()(X x) const;
};

}  // namespace penalty

/// What a penalty is: a factor, the parameters it is on, and a number for each of their elements.
template <class P> concept penalty_function = requires(const P& p, handle parameter) {
  { p.factor } -> std::convertible_to<double>;
  { p.on } -> std::convertible_to<std::string_view>;
  { p.of(parameter) } -> std::same_as<handle>;
};

namespace detail {
template <penalty_function P> constexpr handle penalty_in(builder& g, const P& penalty) {
  handle total{};
  for (int i = 0; i < g.leaves.size(); ++i) {
    if (!g.leaves[i].trainable || !names(only{penalty.on}, g.name(g.leaves[i]))) continue;
    const handle each = penalty.of({&g, g.leaf_node[i]}), one = reshape(sum_axes(each, all_axes(each.shape())), dims{});
    total = total.empty() ? one : total + one;
  }
  if (!total.empty()) return penalty.factor * total;
  if (g.right()) {
    g.complain(label_of<P>, "{", quoted{penalty.on}, "} names no parameter that is trained");
    say_known_parameters(g);
  }
  return g.constant(0);
}
}  // namespace detail

namespace penalty {
template <traced X> constexpr var<shape<>> l1::operator()(X x) const { return {tfx::detail::penalty_in(graph_of(x), *this)}; }
template <traced X> constexpr var<shape<>> l2::operator()(X x) const { return {tfx::detail::penalty_in(graph_of(x), *this)}; }
}  // namespace penalty

}  // namespace tfx
