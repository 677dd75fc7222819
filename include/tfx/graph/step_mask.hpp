// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/var.hpp>

// Which steps of a sequence [batch, steps, ...] are there. A mask belongs to a traced value, and not to its type: who makes one
// need not be asked whether.
namespace tfx {

namespace detail {
/// Have two values the same steps?
constexpr bool same_steps(const dims& a, const dims& b) {
  return a.rank > 2 && b.rank > 2 && a.extent[0] == b.extent[0] && a.extent[1] == b.extent[1] && a.bounded == b.bounded;
}
constexpr void set_step_mask(handle x, handle mask) {
  if (!mask.empty()) x.graph->step_masks.push_back({x.id, mask.id});
}
}  // namespace detail

/// The mask [batch, steps] of a value, or an empty handle: its own, else that of what it is computed from element by element.
constexpr handle step_mask(handle x) {
  builder& g = *x.graph;
  if (g.step_masks.size() == 0) return {};
  list<int> reads{x.id + 1, 0};   // whether x is computed from a node; nodes stand behind what they read
  reads[x.id] = 1;
  for (int i = x.id; i >= 0; --i) {
    if (!reads[i]) continue;
    for (int k = 0; k < g.step_masks.size(); ++k)
      if (g.step_masks[k].value == i) return {&g, g.step_masks[k].mask};
    const node n = g.nodes[i];
    if (n.op->kind != op_kind::map) continue;
    for (int k = 0; k < n.count; ++k)
      if (const int a = g.input(i, k); detail::same_steps(g.nodes[a].shape, n.shape)) reads[a] = 1;
  }
  return {};
}

/// x, which goes on with a mask [batch, steps]: steps at which it is 0 are not there.
///
/// Shape      x: [batch, steps, ...], mask: [batch, steps]  ->  x
/// Errors     other shapes
template <class S, class T, class M, class U> constexpr var<S, T> masked(var<S, T> x, var<M, U> mask) {
  if constexpr (S::value.rank > 2 && M::value == dims{2, {S::value.extent[0], S::value.extent[1]}, S::value.bounded}) detail::set_step_mask(x.h, mask.h);
  else x.h.graph->complain("masked", at_path{}, " expects [batch, steps, ...] and a mask [batch, steps], got ", S::value, " and ", M::value);
  return x;
}

namespace detail {
/// y, with the mask of x, whose steps it has.
template <class X, class Y> constexpr Y with_mask_of(X x, Y y) {
  if constexpr (same_steps(X::dim, Y::dim)) set_step_mask(y.h, step_mask(x.h));
  return y;
}
}  // namespace detail
}  // namespace tfx
