// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/movement.hpp>

namespace tfx {

/// Repeats along axes of extent 1 and along new leading axes.
struct broadcast_op : detail::strided_operation {
  using as_view = detail::read_in_place<broadcast_op>;
  static constexpr std::string_view name = "broadcast";
  static constexpr void backward(gradient_scope& s) { s.add(0, s.dy); }   // `add` sums over what was repeated
};
constexpr handle broadcast_to(handle a, const dims& shape) {
  if (a.shape() == shape) return a;
  const dims from = a.shape();
  movement_geometry g = detail::movement_to(shape);
  for (int i = 0; i < from.rank; ++i)
    g.step[g.aligned(i, from.rank)] = from.extent[i] == 1 ? 0 : detail::step_of(from, i);
  return {a.graph, a.graph->emit<broadcast_op>(shape, a.type(), g, a.id)};
}
/// x repeated to shape `S`.
template <static_shape S, class From, class T> constexpr auto broadcast_to(var<From, T> x, source_line at = {}) {
  if constexpr (broadcasts_to<From, S>) {
    return var<S, T>{broadcast_to(x.h, S::value)};
  } else {
    x.h.graph->line = at.value;
    x.h.graph->complain("broadcast_to", at_path{}, ": ", From::value, " cannot be broadcast to ", S::value);
    return var<S, T>{x.h.graph->stand_in(S::value, x.h.type())};
  }
}

}  // namespace tfx
