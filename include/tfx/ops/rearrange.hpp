// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/view.hpp>
#include <tfx/ops/reshape.hpp>

namespace tfx {

namespace detail {

/// The same operation where its readers take its elements from where they lie.
template <class F> struct read_in_place : F {
  static constexpr op_kind kind = op_kind::view;
  static constexpr bool strided = true;
};

/// The loops over a result whose extents are v[0..5].
constexpr loop_nest nest_of(const geometry& g) {
  loop_nest nest;
  for (int axis = 0; axis < max_rank; ++axis) nest.push(g.v[axis]);
  return nest;
}
/// May an operation change the extent or the order of an axis: is there one, and is it not the batch?
constexpr bool is_free_axis(const dims& s, int axis) { return axis >= int(s.bounded) && axis < s.rank; }
template <class S, class T> constexpr void complain_axis(var<S, T> x, std::string_view called, int axis, source_line at) {
  x.h.graph->line = at.value;
  x.h.graph->complain(called, "<", axis, ">", at_path{}, ": axis ", axis, axis == 0 && S::value.bounded ? " is the batch in " : " is out of range for ", S::value);
}

/// Base of operations that fetch each result from one place of one input. Geometry: v[0..5] extents of the result, v[6..11]
/// steps in the input per axis (0 repeats, negative reverses), v[12] the first place, v[13] elements per unit of the batch.
struct strided_operation {
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1;
  static constexpr bool differentiable = true;

  template <class T> static TFX_INLINE constexpr T element(const geometry& v, const T* const* in, int row, int col, int cols, int) {
    int i = row * cols + col, at = v[12];
    for (int axis = max_rank - 1; axis >= 0; --axis) {
      at += i % v[axis] * v[6 + axis];
      i /= v[axis];
    }
    return in[0][at];
  }
  static constexpr loop_nest nest(const geometry& g) { return nest_of(g); }
  static constexpr view operand(const geometry& g) {
    view from;
    from.offset = g.v[12];
    for (int axis = 0; axis < max_rank; ++axis) from.stride[axis] = g.v[6 + axis];
    return from;
  }
};

/// Row-major steps of a shape aligned at the last of `max_rank` axes.
constexpr geometry strided_geometry(const dims& result) {
  geometry g;
  for (int i = 0; i < max_rank; ++i) g.v[i] = 1;
  for (int i = 0; i < result.rank; ++i) g.v[max_rank - result.rank + i] = result.extent[i];
  return g;
}
constexpr int step_of(const dims& s, int axis) {
  int n = 1;
  for (int i = axis + 1; i < s.rank; ++i) n *= s.extent[i];
  return n;
}

}  // namespace detail

/// Repeats along axes of extent 1 and along new leading axes.
struct broadcast_op : detail::strided_operation {
  using as_view = detail::read_in_place<broadcast_op>;
  static constexpr std::string_view name = "broadcast";
  static constexpr void backward(gradient_scope& s) { s.add(0, s.dy); }   // `add` sums over what was repeated
};
constexpr handle broadcast_to(handle a, const dims& shape) {
  if (a.shape() == shape) return a;
  const dims from = a.shape();
  geometry g = detail::strided_geometry(shape);
  for (int i = 0; i < from.rank; ++i)
    g.v[6 + max_rank - from.rank + i] = from.extent[i] == 1 ? 0 : detail::step_of(from, i);
  return {a.graph, a.graph->emit<broadcast_op>(shape, a.type(), a.graph->row_of(g), a.id)};
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
constexpr axis_order order_of(const geometry& g, const dims& from) {
  axis_order order;
  bool used[max_rank] = {};
  for (int k = 0; k < from.rank; ++k) {
    const int wanted_step = g.v[6 + max_rank - from.rank + k], wanted_extent = g.v[max_rank - from.rank + k];
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
  geometry g = detail::strided_geometry(shape);
  for (int k = 0; k < from.rank; ++k) g.v[6 + max_rank - from.rank + k] = detail::step_of(from, order.axis[k]);
  return {a.graph, a.graph->emit<permute_op>(shape, a.type(), a.graph->row_of(g), a.id)};
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

/// A box cut out of a tensor, and the box put back among zeros: each is the other's derivative.
struct slice_box_op : detail::strided_operation {
  using as_view = detail::read_in_place<slice_box_op>;
  static constexpr std::string_view name = "slice_box";
  static constexpr void backward(gradient_scope& s);
};
/// Inputs: x, the number that fills the rest. Geometry: v[0..5] extents of the result, v[6..11] elements before the input
/// along each axis, v[12..17] extents of the input.
struct pad_op {
  static constexpr std::string_view name = "pad";
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 2;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);

  template <class T> static TFX_INLINE constexpr T element(const geometry& v, const T* const* in, int row, int col, int cols, int) {
    int i = row * cols + col, at = 0, step = 1;
    for (int axis = max_rank - 1; axis >= 0; --axis) {
      const int k = i % v[axis] - v[6 + axis];
      if (k < 0 || k >= v[12 + axis]) return in[1][0];
      at += k * step;
      step *= v[12 + axis];
      i /= v[axis];
    }
    return in[0][at];
  }
  static constexpr loop_nest nest(const geometry& g) { return detail::nest_of(g); }
  static constexpr view operand(const geometry& g) {
    view from;
    from.guarded = true;
    for (int axis = max_rank - 1, step = 1; axis >= 0; step *= g.v[12 + axis--]) {
      from.stride[axis] = step;
      from.low[axis] = g.v[6 + axis];
      from.high[axis] = g.v[6 + axis] + g.v[12 + axis];
      from.offset -= g.v[6 + axis] * step;
    }
    return from;
  }
};
namespace detail {
struct box {
  int begin[max_rank] = {};
};
}  // namespace detail
constexpr handle slice_box(handle a, detail::box corner, const dims& shape) {
  if (a.shape() == shape) return a;
  const dims from = a.shape();
  geometry g = detail::strided_geometry(shape);
  for (int i = 0; i < from.rank; ++i) {
    g.v[6 + max_rank - from.rank + i] = detail::step_of(from, i);
    g.v[12] += corner.begin[i] * detail::step_of(from, i);
  }
  return {a.graph, a.graph->emit<slice_box_op>(shape, a.type(), a.graph->row_of(g), a.id)};
}
constexpr handle pad_box(handle a, detail::box corner, dims shape, double value = 0) {
  if (a.shape() == shape) return a;
  const dims from = a.shape();
  const int fill = a.graph->constant(value).id;
  geometry g = detail::strided_geometry(shape);
  for (int i = 0; i < max_rank; ++i) g.v[12 + i] = 1;
  for (int i = 0; i < from.rank; ++i) {
    g.v[6 + max_rank - from.rank + i] = corner.begin[i];
    g.v[12 + max_rank - from.rank + i] = from.extent[i];
  }
  return {a.graph, a.graph->emit<pad_op>(shape, a.type(), a.graph->row_of(g), a.id, fill)};
}
constexpr void slice_box_op::backward(gradient_scope& s) {
  const dims from = s.input(0).shape();
  const geometry g = s.geo();
  detail::box corner;
  int rest = g.v[12];
  for (int i = 0; i < from.rank; ++i) {
    corner.begin[i] = rest / detail::step_of(from, i);
    rest %= detail::step_of(from, i);
  }
  s.add(0, pad_box(s.dy, corner, from));
}
constexpr void pad_op::backward(gradient_scope& s) {
  const dims from = s.input(0).shape();
  const geometry g = s.geo();
  detail::box corner;
  for (int i = 0; i < from.rank; ++i) corner.begin[i] = g.v[6 + max_rank - from.rank + i];
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

/// `Before` and `After` elements along axis `Axis`, of a value, by default 0. Its gradient is cut off.
template <int Axis, int Before, int After, class S, class T> constexpr auto pad(var<S, T> x, double value, source_line at) {
  static_assert(Before >= 0 && After >= 0, "tfx::pad: an amount is negative");
  if constexpr (detail::is_free_axis(S::value, Axis)) {
    using R = detail::resized<S, Axis, Before + After>;
    detail::box corner;
    corner.begin[Axis] = Before;
    return var<to_shape<R>, T>{pad_box(x.h, corner, R::value, value)};
  } else {
    detail::complain_axis(x, "pad", Axis, at);
    return x;
  }
}

/// Elements in the opposite order along some axes; its own derivative.
struct flip_op : detail::strided_operation {
  using as_view = detail::read_in_place<flip_op>;
  static constexpr std::string_view name = "flip";
  static constexpr void backward(gradient_scope& s);
};
constexpr handle flip(handle a, unsigned axes) {
  const dims shape = a.shape();
  geometry g = detail::strided_geometry(shape);
  for (int i = 0; i < shape.rank; ++i) {
    const bool turned = axes >> i & 1;
    const int step = detail::step_of(shape, i);
    g.v[6 + max_rank - shape.rank + i] = turned ? -step : step;
    if (turned) g.v[12] += (shape.extent[i] - 1) * step;
  }
  return {a.graph, a.graph->emit<flip_op>(shape, a.type(), a.graph->row_of(g), a.id)};
}
constexpr void flip_op::backward(gradient_scope& s) {
  const dims shape = s.output().shape();
  const geometry g = s.geo();
  unsigned axes = 0;
  for (int i = 0; i < shape.rank; ++i) axes |= unsigned(g.v[6 + max_rank - shape.rank + i] < 0) << i;
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

/// Tensors side by side. Geometry: v[k] elements of input k per row of the result.
struct concatenate_op {
  static constexpr std::string_view name = "concatenate";
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = -1;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);

  template <class T> static TFX_INLINE constexpr T element(const geometry& v, const T* const* in, int row, int col, int, int) {
    int k = 0;
    while (col >= v[k]) col -= v[k++];
    return in[k][row * v[k] + col];
  }
};
namespace detail {
inline constexpr int most_joined = 16;   ///< matrices in one node
/// Matrices [rows, w_k] -> [rows, sum of w_k].
constexpr handle join_columns(const handle* part, int n) {
  if (n == 1) return part[0];
  if (n > most_joined) {
    handle run[most_joined];
    for (int k = 0; k < most_joined; ++k) run[k] = join_columns(part + k * n / most_joined, (k + 1) * n / most_joined - k * n / most_joined);
    return join_columns(run, most_joined);
  }
  builder& b = *part[0].graph;
  geometry g;
  int id[most_joined] = {};
  dims shape = part[0].shape();
  shape.extent[1] = 0;
  for (int k = 0; k < n; ++k) {
    id[k] = part[k].id;
    shape.extent[1] += g.v[k] = part[k].shape().cols();
  }
  g.operands = n;
  return {&b, b.insert(b.record<concatenate_op>(), shape, part[0].type(), id, n, b.row_of(g), 0)};
}
template <int Axis, class S, class... Rest> struct joined {
  static constexpr bool fits = (... && [] {
    if (Rest::value.rank != S::value.rank || Rest::value.bounded != S::value.bounded) return false;
    for (int i = 0; i < S::value.rank; ++i)
      if (i != Axis && Rest::value.extent[i] != S::value.extent[i]) return false;
    return true;
  }());
  static constexpr dims value = [] {
    dims d = S::value;
    if (fits && is_free_axis(d, Axis)) d.extent[Axis] += (0 + ... + Rest::value.extent[Axis]);
    return d;
  }();
};
}  // namespace detail
constexpr void concatenate_op::backward(gradient_scope& s) {
  detail::box corner;
  for (int k = 0; k < s.inputs(); ++k) {
    const dims shape = s.input(k).shape();
    if (s.wanted(k)) s.add(k, slice_box(s.dy, corner, shape));
    corner.begin[1] += shape.extent[1];
  }
}
/// Tensors joined along axis `Axis`; the other extents are equal.
template <int Axis, class S, class T, class... Rest> constexpr auto concatenate(var<S, T> x, var<Rest, T>... rest) {
  using R = detail::joined<Axis, S, Rest...>;
  using Y = var<to_shape<R>, T>;
  if constexpr (!detail::is_free_axis(S::value, Axis)) {
    detail::complain_axis(x, "concatenate", Axis, x.h.graph->line);
    return x;
  } else if constexpr (R::fits) {
    auto matrix = [](handle h) {
      const dims s = h.shape();
      const int cols = detail::step_of(s, Axis) * s.extent[Axis];
      return reshape(h, dims{2, {s.size() / cols, cols}, s.bounded});
    };
    const handle part[] = {matrix(x.h), matrix(rest.h)...};
    return Y{reshape(detail::join_columns(part, int(sizeof...(Rest)) + 1), R::value)};
  } else {
    x.h.graph->complain("concatenate", at_path{}, ": extents other than axis ", Axis, " differ from ", S::value);
    return Y{x.h};
  }
}

}  // namespace tfx
