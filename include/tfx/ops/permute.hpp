// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/movement.hpp>

namespace tfx {

/// Axes in another order. Result axis k is input axis order[k].
struct permute_op : detail::strided_operation {
  using as_view = detail::read_in_place<permute_op>;
  static constexpr std::string_view name = "permute";
  static constexpr void backward(gradient_scope& s);
};
namespace detail {
struct axis_order {
  int axis[max_rank] = {};
};
/// The order back from a permute node's geometry.
constexpr axis_order order_of(const movement_geometry& g, const dims& from) {
  axis_order order;
  bool used[max_rank] = {};
  for (int k = 0; k < from.rank; ++k) {
    const int wanted_step = g.step[g.aligned(k, from.rank)], wanted_extent = g.extent[g.aligned(k, from.rank)];
    for (int i = 0; i < from.rank; ++i) {
      if (used[i] || step_of(from, i) != wanted_step || from.extent[i] != wanted_extent) continue;
      used[i] = true;
      order.axis[k] = i;
      break;
    }
  }
  return order;
}
}  // namespace detail
constexpr handle permute(handle a, detail::axis_order order) {
  const dims from = a.shape();
  dims shape = from;
  bool moved = false;
  for (int k = 0; k < from.rank; ++k) {
    shape.extent[k] = from.extent[order.axis[k]];
    moved = moved || order.axis[k] != k;
  }
  if (!moved) return a;
  const node& n = a.graph->nodes[a.id];
  if (n.op->id == op_of<permute_op>.id) {   // two permutations are one
    const handle x{a.graph, a.graph->input(a.id, 0)};
    const detail::axis_order first = detail::order_of(a.graph->geometries[n.aux], x.shape());
    detail::axis_order both;
    for (int k = 0; k < from.rank; ++k) both.axis[k] = first.axis[order.axis[k]];
    return permute(x, both);
  }
  shape.bounded = from.bounded && order.axis[0] == 0;
  movement_geometry g = detail::movement_to(shape);
  for (int k = 0; k < from.rank; ++k) g.step[g.aligned(k, from.rank)] = detail::step_of(from, order.axis[k]);
  return {a.graph, a.graph->emit<permute_op>(shape, a.type(), g, a.id)};
}
constexpr void permute_op::backward(gradient_scope& s) {
  const dims from = s.input(0).shape();
  const detail::axis_order order = detail::order_of(s.geo(), from);
  detail::axis_order back;
  for (int k = 0; k < from.rank; ++k) back.axis[order.axis[k]] = k;
  s.add(0, permute(s.dy, back));
}
/// The last two axes exchanged.
constexpr handle transpose(handle a) {
  detail::axis_order order;
  const int rank = a.shape().rank;
  for (int k = 0; k < rank; ++k) order.axis[k] = k;
  if (rank >= 2) {
    order.axis[rank - 1] = rank - 2;
    order.axis[rank - 2] = rank - 1;
  }
  return permute(a, order);
}
namespace detail {
template <int... Axis> constexpr bool names_every_axis(int rank) {
  unsigned named = 0;
  (..., (named |= Axis >= 0 && Axis < rank ? 1u << Axis : 0u));
  return sizeof...(Axis) == std::size_t(rank) && named == (1u << rank) - 1;
}
template <class S, int... Axis> struct permuted {
  static constexpr dims value = [] {
    constexpr int order[] = {Axis..., 0};
    dims d = S::value;
    for (int k = 0; k < d.rank; ++k) d.extent[k] = S::value.extent[order[k]];
    d.bounded = S::value.bounded && order[0] == 0;
    return d;
  }();
};
template <class S> struct transposed {
  static constexpr dims value = [] {
    dims d = S::value;
    if (d.rank >= 2) {
      d.extent[d.rank - 1] = S::value.extent[d.rank - 2];
      d.extent[d.rank - 2] = S::value.extent[d.rank - 1];
      d.bounded = S::value.bounded && d.rank > 2;
    }
    return d;
  }();
};
}  // namespace detail
/// Axes in the order `Axis...`: result axis k is input axis Axis[k].
template <int... Axis, class S, class T> constexpr auto permute(var<S, T> x, source_line at = {}) {
  static_assert(detail::names_every_axis<Axis...>(S::value.rank), "tfx::permute: name every axis once");
  using R = detail::permuted<S, Axis...>;
  if (R::value.bounded != S::value.bounded) x.h.graph->line = at.value;   // see `check_batch`
  return var<to_shape<R>, T>{permute(x.h, detail::axis_order{{Axis...}})};
}
/// The last two axes exchanged. Products read a transposed operand in place: no copy is made.
template <class S, class T> constexpr auto transpose(var<S, T> x, source_line at = {}) {
  if (S::value.bounded && S::value.rank == 2) x.h.graph->line = at.value;   // see `check_batch`
  return var<to_shape<detail::transposed<S>>, T>{transpose(x.h)};
}

}  // namespace tfx
