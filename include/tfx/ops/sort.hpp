// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <tfx/core/row_of_index.hpp>
#include <tfx/geometry/sort.hpp>
#include <tfx/ops/rearrange.hpp>

namespace tfx {

/// The first elements of each row in an order, and the place in the row that each comes from. Equal ones stay as they are.
struct sort_op {
  static constexpr std::string_view name = "sort";
  using attributes = sort_geometry;
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1, results = 2;
  static constexpr bool differentiable = true;
  static constexpr result_info result(int, const sort_geometry&, const dims& values, dtype) { return {"places", values, dtype::int32}; }
  static constexpr void backward(gradient_scope& s);

  template <class T, int Result = 0> static constexpr T element(const sort_geometry& g, const T* const* in, int row, int col, int, int) {
    const T* const x = in[0] + row * g.columns;
    const int at = place_of(g, x, col);
    return Result == 0 ? x[at] : std::bit_cast<T>(whole_word<T>(at));
  }

private:
  /// Where the element is that comes after `rank` others: the bits of its key are found one by one.
  template <class T> static constexpr int place_of(const sort_geometry& g, const T* x, int rank) {
    using key_type = std::make_unsigned_t<whole_word<T>>;
    constexpr key_type top = key_type(1) << (8 * sizeof(key_type) - 1);
    const auto key_at = [&](int i) { return key_type(sort_key(x[i], g)) ^ top; };
    const auto reach = [&](key_type least) {   // how many are at least so large
      int n = 0;
      for (int i = 0; i < g.columns; ++i) n += key_at(i) >= least;
      return n;
    };
    key_type key = 0;
    for (key_type bit = top; bit != 0; bit >>= 1)
      if (reach(key | bit) > rank) key |= bit;
    int before = 0, at = 0;
    for (int i = 0; i < g.columns; ++i) before += key_at(i) > key;
    for (; at < g.columns - 1; ++at)
      if (key_at(at) == key && before++ == rank) break;
    return at;
  }
};

/// Elements of each row at given places of it. Inputs: the rows; places, as many rows.
struct take_along_rows_op : recorded<op_kind::window, 2> {
  static constexpr std::string_view name = "take_along_rows";
  using attributes = along_geometry;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const along_geometry& g, const T* const* in, int row, int col, int cols, int) {
    const int at = row_of_index(in[1][row * cols + col], g.columns);
    return at >= 0 ? in[0][row * g.columns + at] : T(__builtin_nan(""));
  }
};
/// The same the other way: the elements of each row added up at their places in a wider one. Inputs: the rows; their places.
struct add_along_rows_op : recorded<op_kind::window, 2> {
  static constexpr std::string_view name = "add_along_rows";
  using attributes = along_geometry;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const along_geometry& g, const T* const* in, int row, int col, int cols, int) {
    T total = T(0);
    for (int k = row * g.columns, end = k + g.columns; k < end; ++k)
      if (row_of_index(in[1][k], cols) == col) total = total + in[0][k];
    return total;
  }
};

namespace detail {
template <class Op> constexpr handle along_rows(const dims& shape, handle x, handle places) {
  return {x.graph, x.graph->emit<Op>(shape, dtype::real_type, along_geometry{x.shape().cols()}, x.id, places.id)};
}
}  // namespace detail
constexpr void sort_op::backward(gradient_scope& s) {
  if (const handle d = s.dy_of(0); !d.empty()) s.add(0, detail::along_rows<add_along_rows_op>(s.input(0).shape(), d, s.result(1)));
}
constexpr void take_along_rows_op::backward(gradient_scope& s) {
  s.add(0, detail::along_rows<add_along_rows_op>(s.input(0).shape(), s.dy, s.input(1)));
}
constexpr void add_along_rows_op::backward(gradient_scope& s) {
  s.add(0, detail::along_rows<take_along_rows_op>(s.input(0).shape(), s.dy, s.input(1)));
}

namespace detail {

/// The values and places of the first `count` of each row.
struct sorted_rows {
  handle values, places;
};
constexpr sorted_rows sort_rows(handle x, int count, bool ascending) {
  builder& b = *x.graph;
  dims shape = x.shape();
  shape.extent[shape.rank - 1] = count;
  const dtype type = x.type();
  const sort_geometry g{x.shape().cols(), ascending, is_whole(type), is_unsigned(type) && size_of(type) >= 4};
  const int values = b.emit<sort_op>(shape, type, g, x.id);
  return {{&b, values}, {&b, b.result_of(values, 1)}};
}
/// The same along an axis.
constexpr sorted_rows sort_along(handle x, int axis, int count, bool ascending) {
  const int last = x.shape().rank - 1;
  axis_order order;
  for (int k = 0; k <= last; ++k) order.axis[k] = k == axis ? last : k == last ? axis : k;
  if (axis == last) return sort_rows(x, count, ascending);
  const sorted_rows turned = sort_rows(permute(x, order), count, ascending);
  return {permute(turned.values, order), permute(turned.places, order)};
}

template <class S, int Axis, int Count> struct cut_to {
  static constexpr int axis = Axis < 0 ? Axis + S::value.rank : Axis;
  static constexpr bool exists = axis >= 0 && axis < S::value.rank;
  static constexpr bool batch = exists && axis == 0 && S::value.bounded;
  static constexpr int extent = exists ? S::value.extent[exists ? axis : 0] : 0;
  static constexpr int count = Count < 0 ? extent : Count;   ///< -1: all
  static constexpr bool fits = exists && !batch && count > 0 && count <= extent;
  static constexpr dims value = [] {
    dims d = S::value;
    if (fits) d.extent[axis] = count;
    return d;
  }();
};
/// bundle(values, places); if it is not possible, a sentence, and as much of x as there is.
template <int Axis, int Count, bool Ascending, class S, class T> constexpr auto sorted(var<S, T> x, std::string_view called, source_line at) {
  using R = cut_to<S, Axis, Count>;
  using shape = std::conditional_t<R::fits && R::count != R::extent, to_shape<R>, S>;
  builder& b = *x.h.graph;
  b.line = at.value;
  if constexpr (R::fits) {
    const sorted_rows rows = sort_along(x.h, R::axis, R::count, Ascending);
    return bundle{var<shape, T>{rows.values}, var<shape, std::int32_t>{rows.places}};
  } else {
    if constexpr (!R::exists) b.complain(called, at_path{}, ": axis ", Axis, " is out of range for ", S::value, ", rank ", S::value.rank);
    else if constexpr (R::batch) b.complain(called, at_path{}, ": axis 0 is the batch in ", S::value);
    else b.complain(called, at_path{}, ": ", Count, " of ", R::extent, " elements along axis ", R::axis, " of ", S::value);
    return bundle{x, var<S, std::int32_t>{b.stand_in(S::value, dtype::int32)}};
  }
}

}  // namespace detail

/// The K largest elements along an axis, by default the last, the largest first, and their places along it.
///
///     const auto [values, places] = top_k<3>(scores);
///
/// Shape      x: S  ->  values and places (int32): S with the extent K on that axis
/// Errors     an axis out of range, or the batch; K less than 1 or more than the extent
/// Gradient   of the values, to their places
/// Numerics   of equal ones the first comes first; 0 is more than -0, and a NaN, whatever its sign, more than all numbers
/// Cost       a look at each element for small K
template <int K, int Axis = -1, class S, class T> constexpr auto top_k(var<S, T> x, source_line at = {}) {
  const call_mark here(*x.h.graph, "top_k", {x.h}, {{"k", K}, {"axis", Axis}});
  return here.gives(detail::sorted<Axis, K < 1 ? 0 : K, false>(x, "top_k", at));
}

/// x along an axis, by default the last, in ascending order; equal elements, as both zeros are, stay in theirs, and NaN come last.
///
/// Shape      x: S  ->  S
/// Errors     an axis out of range, or the batch
/// Gradient   to the places that the elements come from
template <int Axis = -1, class S, class T> constexpr auto sort(var<S, T> x, source_line at = {}) {
  const call_mark here(*x.h.graph, "sort", {x.h}, {{"axis", Axis}});
  return here.gives(detail::sorted<Axis, -1, true>(x, "sort", at).template get<0>());
}
/// The places, int32, that the elements of `sort` come from.
template <int Axis = -1, class S, class T> constexpr auto argsort(var<S, T> x, source_line at = {}) {
  const call_mark here(*x.h.graph, "argsort", {x.h}, {{"axis", Axis}});
  return here.gives(detail::sorted<Axis, -1, true>(x, "argsort", at).template get<1>());
}

}  // namespace tfx
