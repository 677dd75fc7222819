// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include <tfx/core/row_of_index.hpp>
#include <tfx/geometry/gather.hpp>
#include <tfx/ops/generate.hpp>

namespace tfx {

/// Rows of a table. Inputs: table [V, D], indices (one per row of the result).
struct gather_op : recorded<op_kind::window, 2> {
  static constexpr std::string_view name = "gather";
  using attributes = table_geometry;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const table_geometry& g, const T* const* in, int row, int col, int, int present) {
    const int i = row_of_index(in[1][row], present);
    return i >= 0 ? in[0][i * g.cols + col] : T(__builtin_nan(""));
  }
};
/// Sums rows into a table at their indices. Inputs: rows [N, D], indices.
struct scatter_add_op : recorded<op_kind::window, 2> {
  static constexpr std::string_view name = "scatter_add";
  using attributes = table_geometry;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const table_geometry& g, const T* const* in, int row, int col, int, int present) {
    T total = T(0);
    for (int k = 0; k < present; ++k)
      if (row_of_index(in[1][k], g.rows) == row) total = total + in[0][k * g.cols + col];
    return total;
  }
};
namespace detail {
/// `read` is what the operation goes through: all of the table, or all indices.
constexpr geometry of_table(const dims& table, const dims& read) {
  geometry g = geometry::of(table_geometry{table.rows(), table.cols()});
  g.contracted = read.rows();
  g.contracts_batch = read.bounded;
  return g;
}
/// An index as a producer reads it: an integer.
constexpr handle index_of(handle index) { return is_whole(index.type()) ? index : as_type(index, dtype::int32); }
constexpr handle gather_rows(handle table, handle index, const dims& shape) {
  const geometry g = of_table(table.shape(), table.shape());
  return {table.graph, table.graph->emit<gather_op>(shape, widened(table.type()), g, table.id, index_of(index).id)};
}
constexpr handle scatter_rows(handle rows, handle index, const dims& table) {
  const geometry g = of_table(table, rows.shape());
  return {rows.graph, rows.graph->emit<scatter_add_op>(table, dtype::real_type, g, rows.id, index_of(index).id)};
}
}  // namespace detail
constexpr void gather_op::backward(gradient_scope& s) {
  if (s.wanted(0)) s.add(0, detail::scatter_rows(s.dy, s.input(1), s.input(0).shape()));
}
constexpr void scatter_add_op::backward(gradient_scope& s) {
  if (s.wanted(0)) s.add(0, detail::gather_rows(s.dy, s.input(1), s.input(0).shape()));
}

namespace detail {
/// An integer has no NaN: what is out of range has the end of its type.
constexpr handle gathered(handle table, handle index, const dims& shape, dtype type) {
  const handle rows = gather_rows(table, index, shape);
  if (!is_whole(type)) return as_type(rows, type);
  const double end = is_unsigned(type) ? __builtin_ldexp(1.0, 8 * size_of(type)) - 1 : -__builtin_ldexp(1.0, 8 * size_of(type) - 1);
  dims column = shape;
  column.extent[column.rank - 1] = 1;
  const handle number = reshape(index_of(index), column), there = map_node<equal_op>(clip(number, 0, table.shape().rows() - 1), number);
  return where(there, as_type(rows, type), table.graph->constant(end, type));
}
template <class Index, int Columns> struct appended {
  static constexpr dims value = [] {
    dims d = Index::value;
    d.extent[d.rank++] = Columns;
    return d;
  }();
};
}  // namespace detail

/// Rows of `table` at `index`; an index out of range gives NaN, in a table of integers their least (if unsigned, largest) number.
///
/// Shape      table: [V, D], index: I (integers)  ->  [I..., D]
/// Gradient   dtable: the rows of dy summed at their indices, in the order of these; those out of range are left out
template <class S, class T, class I, class J> constexpr auto gather(var<S, T> table, var<I, J> index, source_line at = {}) {
  using R = detail::appended<I, S::value.cols()>;
  table.h.graph->line = at.value;
  if constexpr (S::value.rank != 2) {
    table.h.graph->complain("gather", at_path{}, " expects a table [rows, columns], got ", S::value);
    return table;
  } else if constexpr (is_floating(dtype_of<J>)) {
    table.h.graph->complain("gather", at_path{}, " expects integer indices, got floating point ", I::value);
    return table;
  } else {
    return var<to_shape<R>, T>{detail::gathered(table.h, index.h, R::value, dtype_of<T>)};
  }
}

/// 1 in the column that the index names, 0 elsewhere.
///
/// Shape      index: I (integers)  ->  [I..., Classes]
template <int Classes, class I, class J> constexpr auto one_hot(var<I, J> index) {
  using R = detail::appended<I, Classes>;
  dims column = R::value;
  column.extent[column.rank - 1] = 1;
  builder& g = *index.h.graph;
  const handle places = column_index(g, R::value);
  return var<to_shape<R>, real>{detail::map_node<equal_op>(places, reshape(index.h, column))};
}

namespace detail {
/// 1 for an index in [0, n), else NaN: what an index out of range names has no value.
constexpr handle one_if_in_range(handle index, int n) {
  return where(map_node<equal_op>(clip(index, 0, n - 1), index), 1, __builtin_nan(""));
}
}  // namespace detail

/// The row of the batch that holds the first largest element of each column, of the rows present; a NaN is larger than all.
struct batch_argmax_op : recorded<op_kind::window, 1, false> {
  static constexpr std::string_view name = "argmax";
  static constexpr void backward(gradient_scope&) {}
  template <class T> static TFX_INLINE constexpr T element(const geometry& g, const T* const* in, int, int col, int cols, int present) {
    const auto largest_of = [&](auto value) {
      int found = 0;
      auto largest = value(in[0][col]);
      for (int k = 1; k < present && largest == largest; ++k) {
        const auto x = value(in[0][k * cols + col]);
        if (x <= largest) continue;
        found = k;
        largest = x;
      }
      return std::bit_cast<T>(whole_word<T>(found));
    };
    return g.v[0] ? largest_of([](T x) { return whole_of(x); }) : largest_of([](T x) { return x; });
  }
};

namespace detail {
constexpr handle argmax_of_batch(handle x) {
  const dims s = x.shape();
  const int cols = s.size() / s.extent[0];
  geometry g;
  g.v[0] = is_whole(x.type());
  g.contracted = s.extent[0];
  g.contracts_batch = true;
  const handle matrix = reshape(x, dims{2, {s.extent[0], cols}, true});
  return {x.graph, x.graph->emit<batch_argmax_op>(dims{1, {cols}, false}, dtype::int32, g, matrix.id)};
}
constexpr handle arg_first(handle x, handle extreme) {
  const handle place = column_index(*x.graph, x.shape());
  const handle candidates = where(map_node<is_extreme_op>(x, extreme), place, std::numeric_limits<int>::max());   // not the extent, which may be a length
  return in_opposite_order(max_axes(in_opposite_order(candidates), 1u << (x.shape().rank - 1)));
}
template <class S, int Axis> struct without_axis : reduced_shape<S, 1u << (Axis < 0 ? Axis + S::value.rank : Axis), false> {};
template <int Axis, bool Largest, class S, class T> constexpr auto arg_extreme(var<S, T> x, std::string_view called, source_line at) {
  constexpr int axis = Axis < 0 ? Axis + S::value.rank : Axis;
  if constexpr (axis >= 0 && axis < S::value.rank) {
    using R = without_axis<S, axis>;
    if constexpr (axis == 0 && S::value.bounded) {
      const handle y = stop_gradient(Largest ? x.h : in_opposite_order(x.h));
      return var<to_shape<R>, std::int32_t>{reshape(argmax_of_batch(y), R::value)};
    }
    axis_order order;
    for (int k = 0, next = 0; k < S::value.rank; ++k)
      if (k != axis) order.axis[next++] = k;
    order.axis[S::value.rank - 1] = axis;
    handle y = stop_gradient(permute(x.h, order));
    if (!Largest) y = in_opposite_order(y);
    return var<to_shape<R>, std::int32_t>{reshape(arg_first(y, max_axes(y, 1u << (S::value.rank - 1))), R::value)};
  } else {
    x.h.graph->line = at.value;
    x.h.graph->complain(called, at_path{}, ": axis ", Axis, " is out of range for ", S::value, ", rank ", S::value.rank);
    return var<shape<>, std::int32_t>{x.h.graph->constant(0, dtype::int32)};
  }
}
}  // namespace detail

/// The place of the first largest (smallest) element along an axis, by default the last; of the first NaN if there is one.
///
/// Shape      x: S  ->  S without the axis, int32
template <int Axis = -1, class S, class T> constexpr auto argmax(var<S, T> x, source_line at = {}) { return detail::arg_extreme<Axis, true>(x, "argmax", at); }
template <int Axis = -1, class S, class T> constexpr auto argmin(var<S, T> x, source_line at = {}) { return detail::arg_extreme<Axis, false>(x, "argmin", at); }

}  // namespace tfx
