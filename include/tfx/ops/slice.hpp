// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/movement.hpp>

namespace tfx {

/// A box cut out of a tensor, and the box put back among zeros: each is the other's derivative.
struct slice_box_op : detail::strided_operation {
  using as_view = detail::read_in_place<slice_box_op>;
  static constexpr std::string_view name = "slice_box";
  static constexpr void backward(gradient_scope& s);
};
/// Inputs: x, the number that fills the rest.
struct pad_op : recorded<op_kind::window, 2> {
  using attributes = padding_geometry;
  static constexpr std::string_view name = "pad";
  static constexpr void backward(gradient_scope& s);

  template <class T> static TFX_INLINE constexpr T element(const padding_geometry& g, const T* const* in, int row, int col, int cols, int) {
    int i = row * cols + col, at = 0, step = 1;
    for (int axis = max_rank - 1; axis >= 0; --axis) {
      const int k = i % g.extent[axis] - g.before[axis];
      if (k < 0 || k >= g.inner[axis]) return in[1][0];
      at += k * step;
      step *= g.inner[axis];
      i /= g.extent[axis];
    }
    return in[0][at];
  }
  static constexpr loop_nest nest(const padding_geometry& g) { return detail::nest_of(g.extent); }
  static constexpr view operand(const padding_geometry& g) {
    view from;
    from.guarded = true;
    for (int axis = max_rank - 1, step = 1; axis >= 0; step *= g.inner[axis--]) {
      from.stride[axis] = step;
      from.low[axis] = g.before[axis];
      from.high[axis] = g.before[axis] + g.inner[axis];
      from.offset -= g.before[axis] * step;
    }
    return from;
  }
};
namespace detail {
struct box {
  int begin[max_rank] = {};
};
/// The box that begins with the element at this place.
constexpr box corner_of(int place, const dims& from) {
  box corner;
  for (int i = 0; i < from.rank; ++i) {
    corner.begin[i] = place / step_of(from, i);
    place %= step_of(from, i);
  }
  return corner;
}
}  // namespace detail
constexpr handle slice_box(handle a, detail::box corner, const dims& shape) {
  if (a.shape() == shape) return a;
  if (const node& n = a.graph->nodes[a.id]; n.op->id == op_of<slice_box_op>.id) {   // a box of a box is one
    const handle x{a.graph, a.graph->input(a.id, 0)};
    const detail::box first = detail::corner_of(movement_geometry(a.graph->geometries[n.aux]).first, x.shape());
    for (int i = 0; i < shape.rank; ++i) corner.begin[i] += first.begin[i];
    return slice_box(x, corner, shape);
  }
  const dims from = a.shape();
  movement_geometry g = detail::movement_to(shape);
  for (int i = 0; i < from.rank; ++i) {
    g.step[g.aligned(i, from.rank)] = detail::step_of(from, i);
    g.first += corner.begin[i] * detail::step_of(from, i);
  }
  return {a.graph, a.graph->emit<slice_box_op>(shape, a.type(), g, a.id)};
}
constexpr handle pad_box(handle a, detail::box corner, dims shape, double value = 0) {
  if (a.shape() == shape) return a;
  const dims from = a.shape();
  const int fill = a.graph->constant(value, is_whole(a.type()) ? widened(a.type()) : dtype::real_type).id;
  if (const node& n = a.graph->nodes[a.id]; n.op->id == op_of<pad_op>.id && a.graph->input(a.id, 1) == fill) {   // two frames are one
    const padding_geometry inner = a.graph->geometries[n.aux];
    for (int i = 0; i < from.rank; ++i) corner.begin[i] += inner.before[max_rank - from.rank + i];
    return pad_box({a.graph, a.graph->input(a.id, 0)}, corner, shape, value);
  }
  padding_geometry g = detail::geometry_of_result<padding_geometry>(shape);
  for (int i = 0; i < max_rank; ++i) {
    const int axis = i - (max_rank - from.rank);
    g.before[i] = axis < 0 ? 0 : corner.begin[axis];
    g.inner[i] = axis < 0 ? 1 : from.extent[axis];
  }
  return {a.graph, a.graph->emit<pad_op>(shape, a.type(), g, a.id, fill)};
}
constexpr void slice_box_op::backward(gradient_scope& s) {
  const dims from = s.input(0).shape();
  const movement_geometry g = s.geo();
  s.add(0, pad_box(s.dy, detail::corner_of(g.first, from), from));
}
constexpr void pad_op::backward(gradient_scope& s) {
  const dims from = s.input(0).shape();
  const padding_geometry g = s.geo();
  detail::box corner;
  for (int i = 0; i < from.rank; ++i) corner.begin[i] = g.before[max_rank - from.rank + i];
  s.add(0, slice_box(s.dy, corner, from));
}
namespace detail {
template <class S, int Axis, int Change> struct resized {
  static constexpr dims value = [] {
    dims d = S::value;
    d.extent[Axis] += Change;
    return d;
  }();
};
template <class S, int Axis, int Begin, int End> inline constexpr bool is_range = [] {
  if (!is_free_axis(S::value, Axis)) return false;
  return Begin >= 0 && Begin < End && End <= S::value.extent[Axis];
}();
template <class S, class T> constexpr void complain_range(var<S, T> x, int axis, int begin, int end, source_line at) {
  x.h.graph->line = at.value;
  x.h.graph->complain("slice", at_path{}, ": [", begin, ", ", end, ") is no range of axis ", axis, " of ", S::value);
}
}  // namespace detail
/// Elements [Begin, End) along axis `Axis`.
template <int Axis, int Begin, int End, class S, class T> constexpr auto slice(var<S, T> x, source_line at = {}) {
  if constexpr (detail::is_range<S, Axis, Begin, End>) {
    using R = detail::resized<S, Axis, End - Begin - S::value.extent[Axis]>;
    detail::box corner;
    corner.begin[Axis] = Begin;
    return var<to_shape<R>, T>{slice_box(x.h, corner, R::value)};
  } else {
    detail::complain_range(x, Axis, Begin, End, at);
    return x;
  }
}
template <int Axis, int Before, int After, class S, class T> constexpr auto pad(var<S, T> x, double value = 0, source_line at = {});
/// Every `Step`-th element of [Begin, End) along axis `Axis`.
template <int Axis, int Begin, int End, int Step, class S, class T> constexpr auto slice(var<S, T> x, source_line at = {}) {
  static_assert(Step > 0, "tfx::slice: the step must be positive; flip turns an axis round");
  if constexpr (Step == 1 || S::value.rank == max_rank) {
    static_assert(Step == 1, "tfx::slice: with a step at most five axes");
    return slice<Axis, Begin, End>(x, at);
  } else if constexpr (!detail::is_range<S, Axis, Begin, End>) {
    detail::complain_range(x, Axis, Begin, End, at);
    return x;
  } else {
    // As rows of `Step` elements, of which the first is taken.
    constexpr int count = (End - Begin + Step - 1) / Step, missing = Begin + count * Step - S::value.extent[Axis];
    using Long = detail::resized<S, Axis, missing>;
    const auto covered = [&] {
      if constexpr (missing > 0) return slice<Axis, Begin, Begin + count * Step>(pad<Axis, 0, missing>(x), at);
      else return slice<Axis, Begin, Begin + count * Step>(x, at);
    }();
    dims rows = covered.dim;
    ++rows.rank;
    for (int i = rows.rank - 1; i > Axis + 1; --i) rows.extent[i] = covered.dim.extent[i - 1];
    rows.extent[Axis] = count;
    rows.extent[Axis + 1] = Step;
    dims one = rows;
    one.extent[Axis + 1] = 1;
    using R = detail::resized<Long, Axis, count - Long::value.extent[Axis]>;
    return var<to_shape<R>, T>{reshape(slice_box(reshape(covered.h, rows), {}, one), R::value)};
  }
}

/// `Before` and `After` elements along axis `Axis`, of a value of x's type, by default 0. Its gradient is cut off.
template <int Axis, int Before, int After, class S, class T> constexpr auto pad(var<S, T> x, double value, source_line at) {
  static_assert(Before >= 0 && After >= 0, "tfx::pad: an amount is negative");
  if constexpr (detail::is_free_axis(S::value, Axis)) {
    using R = detail::resized<S, Axis, Before + After>;
    detail::box corner;
    corner.begin[Axis] = Before;
    if constexpr (is_narrow_float(dtype_of<T>)) value = double(float(T(value)));
    else if constexpr (!is_floating(dtype_of<T>)) detail::check_number(*x.h.graph, "pad", value, dtype_of<T>);
    return var<to_shape<R>, T>{pad_box(x.h, corner, R::value, value)};
  } else {
    detail::complain_axis(x, "pad", Axis, at);
    return x;
  }
}

}  // namespace tfx
