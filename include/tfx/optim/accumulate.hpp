// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/minimize.hpp>

namespace tfx::optim {

/// The gradients of `Steps` steps, averaged, then one update: a larger batch in the memory of a small one.
///
///     optim::accumulate<4>(optim::adam{.clip_norm = 1})
///
/// Clipping and the optimizer see the mean alone. Between updates parameters and the optimizer's memory stay as they are,
/// and its count of updates, which schedules and bias corrections read, does not move.
/// Every step counts the same, also one with fewer rows. Steps that are left over at the end of an epoch, or of a `fit`,
/// wait for the next ones.
template <int Steps, class Optimizer> struct accumulation {
  static_assert(Steps > 0, "tfx::optim::accumulate: at least one step");
  static constexpr std::string_view name = Optimizer::name;
  Optimizer inner;
  double clip_norm = inner.clip_norm, clip_value = inner.clip_value;

  constexpr explicit accumulation(Optimizer o) : inner(o) {}

  /// Moves the count of steps since the last update, and if it is full that of updates.
  constexpr void count(builder& g) const {
    const int pending = g.leaf(slot_space, dims{}, dtype::real_type, "pending", {}, true);
    if (g.current[pending] != g.leaf_node[pending]) return;
    const handle before = g.read(pending);
    const handle is_last = before == double(Steps - 1);
    g.write(pending, where(is_last, 0, before + 1));
    const int step = update_counter(g);
    g.write(step, g.read(step) + is_last);
  }
  constexpr shared_numbers prepare(builder& g) const { return detail::prepared_by(inner, g); }
  /// The mean over the steps so far, which is the one wanted in the last of them.
  constexpr handle gather(const update_scope& u, handle gradient) const {
    const dims shape = u.graph.leaves[u.leaf].shape;
    const int sum = update_scope{u.graph, u.leaf, "accumulate"}.slot("sum", shape);
    const handle total = u.read(sum) + gradient;
    u.write(sum, where(is_last(u.graph), 0, total));
    return (1.0 / Steps) * total;
  }
  /// Every write of the inner optimizer happens in the last step only.
  constexpr void update(builder& g, int leaf, handle gradient, const shared_numbers& shared) const {
    tfx::detail::update_where(is_last(g), inner, g, leaf, gradient, shared);
  }

private:
  static constexpr handle is_last(builder& g) {
    const int pending = g.leaf(slot_space, dims{}, dtype::real_type, "pending", {}, true);
    return handle{&g, g.leaf_node[pending]} == double(Steps - 1);
  }
};
template <int Steps, class Optimizer> constexpr auto accumulate(Optimizer inner) {
  return accumulation<Steps, Optimizer>(inner);
}

}  // namespace tfx::optim
