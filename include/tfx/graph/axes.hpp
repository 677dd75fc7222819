// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/view.hpp>
#include <tfx/geometry/movement.hpp>

// What reductions reduce and leave, and how elements lie that were only moved.
namespace tfx {

/// What a reduction sums over: the rows of a matrix, or of each of several that stand one behind the other ([matrices, rows,
/// columns]); each row; or everything. The order of the additions is fixed and part of the meaning
/// (lanes/reduce_order.hpp), so every backend gives the same bits.
enum reduce_axis : int { over_rows = 0, over_columns = 1, over_all = 2 };

/// The elements of what is reduced as [outer, extent, inner], of which the extent goes.
struct reduced_run {
  int outer = 1, extent = 1, inner = 1;
};
constexpr reduced_run run_of(const dims& s, int axis) {
  if (axis == over_all) return {1, s.size(), 1};
  if (axis == over_columns) return {s.rows(), s.cols(), 1};
  return s.rank == 3 ? reduced_run{s.extent[0], s.extent[1], s.extent[2]} : reduced_run{1, s.rows(), s.cols()};
}
/// The shape of a reduction's result.
constexpr dims reduced(dims s, int axis) {
  if (axis == over_all) return {};
  if (axis == over_columns) {
    if (!(s.rank == 1 && s.bounded)) s.extent[s.rank - 1] = 1;
    return s;
  }
  if (s.rank != 3) return {1, {s.cols()}, false};
  s.extent[1] = 1;
  return s;
}

/// How the results of an operation lie in its input, from the first one on.
constexpr axis_steps moved_steps(const movement_geometry& g, const dims& s) {
  axis_steps lay;
  for (int axis = 0; axis < s.rank; ++axis) lay.step[axis] = g.step[g.aligned(axis, s.rank)];
  return lay;
}

}  // namespace tfx
