// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/movement.hpp>

namespace tfx {

/// Elements in the opposite order along some axes; its own derivative.
struct flip_op : detail::strided_operation {
  using as_view = detail::read_in_place<flip_op>;
  static constexpr std::string_view name = "flip";
  static constexpr void backward(gradient_scope& s);
};
constexpr handle flip(handle a, unsigned axes) {
  const dims shape = a.shape();
  movement_geometry g = detail::movement_to(shape);
  for (int i = 0; i < shape.rank; ++i) {
    const bool turned = axes >> i & 1;
    const int step = detail::step_of(shape, i);
    g.step[g.aligned(i, shape.rank)] = turned ? -step : step;
    if (turned) g.first += (shape.extent[i] - 1) * step;
  }
  return {a.graph, a.graph->emit<flip_op>(shape, a.type(), g, a.id)};
}
constexpr void flip_op::backward(gradient_scope& s) {
  const dims shape = s.output().shape();
  const movement_geometry g = s.geo();
  unsigned axes = 0;
  for (int i = 0; i < shape.rank; ++i) axes |= unsigned(g.step[g.aligned(i, shape.rank)] < 0) << i;
  s.add(0, flip(s.dy, axes));
}
/// x with the axes `Axis...` turned round.
template <int... Axis, class S, class T> constexpr auto flip(var<S, T> x, source_line at = {}) {
  if constexpr ((... && detail::is_free_axis(S::value, Axis))) {
    return var<S, T>{flip(x.h, (0u | ... | (1u << Axis)))};
  } else {
    (..., (detail::is_free_axis(S::value, Axis) ? void() : detail::complain_axis(x, "flip", Axis, at)));
    return x;
  }
}

}  // namespace tfx
