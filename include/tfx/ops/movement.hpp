// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/view.hpp>
#include <tfx/geometry/movement.hpp>
#include <tfx/ops/reshape.hpp>

namespace tfx {

namespace detail {

/// The same operation where its readers take its elements from where they lie.
template <class F> struct read_in_place : F {
  static constexpr op_kind kind = op_kind::view;
  static constexpr bool strided = true;
};

/// The loops over a result of such extents.
constexpr loop_nest nest_of(const int (&extent)[max_rank]) {
  loop_nest nest;
  for (const int e : extent) nest.push(e);
  return nest;
}
/// May an operation change the extent or the order of an axis: is there one, and is it not the batch?
constexpr bool is_free_axis(const dims& s, int axis) { return axis >= int(s.bounded) && axis < s.rank; }
template <class S, class T> constexpr void complain_axis(var<S, T> x, std::string_view called, int axis, source_line at) {
  x.h.graph->line = at.value;
  x.h.graph->complain(called, "<", axis, ">", at_path{}, ": axis ", axis, axis == 0 && S::value.bounded ? " is the batch in " : " is out of range for ", S::value);
}

/// Base of operations that fetch each result from one place of one input.
struct strided_operation : recorded<op_kind::window, 1> {
  using attributes = movement_geometry;

  template <class T> static TFX_INLINE constexpr T element(const movement_geometry& g, const T* const* in, int row, int col, int cols, int) {
    int i = row * cols + col, at = g.first;
    for (int axis = max_rank - 1; axis >= 0; --axis) {
      at += i % g.extent[axis] * g.step[axis];
      i /= g.extent[axis];
    }
    return in[0][at];
  }
  static constexpr loop_nest nest(const movement_geometry& g) { return nest_of(g.extent); }
  static constexpr view operand(const movement_geometry& g) {
    view from;
    from.offset = g.first;
    for (int axis = 0; axis < max_rank; ++axis) from.stride[axis] = g.step[axis];
    return from;
  }
};

/// The extents of a result, aligned at the last of `max_rank` axes.
template <class G> constexpr G geometry_of_result(const dims& result) {
  G g{};
  for (int i = 0; i < max_rank; ++i) g.extent[i] = i < max_rank - result.rank ? 1 : result.extent[i - (max_rank - result.rank)];
  return g;
}
constexpr movement_geometry movement_to(const dims& result) { return geometry_of_result<movement_geometry>(result); }
constexpr int step_of(const dims& s, int axis) {
  int n = 1;
  for (int i = axis + 1; i < s.rank; ++i) n *= s.extent[i];
  return n;
}

}  // namespace detail

}  // namespace tfx
