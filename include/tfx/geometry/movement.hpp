// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/core/shape.hpp>
#include <tfx/geometry/geometry.hpp>

namespace tfx {

/// Elements: shorter lines are copied more cheaply than walked one by one.
inline constexpr int shortest_line = 16;

/// What an operation knows that fetches each result from one place of one input. Axes are those of the result, aligned at the
/// last of `max_rank`.
struct movement_geometry {
  int extent[max_rank];   ///< of the result
  int step[max_rank];     ///< in the input: 0 repeats, negative turns round
  int first;              ///< place of the first result

  static constexpr int aligned(int axis, int rank) { return max_rank - rank + axis; }
};

/// What padding knows.
struct padding_geometry {
  int extent[max_rank];   ///< of the result
  int before[max_rank];   ///< elements in front of the input
  int inner[max_rank];    ///< extents of the input
};

/// Matrices side by side.
struct concatenate_geometry {
  static constexpr int most = 16;
  int width[most];   ///< columns of each

  constexpr std::ptrdiff_t stride_of(int k) const { return width[k]; }
  constexpr std::ptrdiff_t at(int k, int row, int col) const { return std::ptrdiff_t(row) * width[k] + col; }
};

/// The same of columns that were cut out of wider matrices.
struct column_geometry {
  static constexpr int most = 7;
  int width[most];
  int stride[most];   ///< elements from row to row
  int first[most];    ///< place of the first element

  constexpr std::ptrdiff_t stride_of(int k) const { return stride[k]; }
  constexpr std::ptrdiff_t at(int k, int row, int col) const { return first[k] + std::ptrdiff_t(row) * stride[k] + col; }
};

/// The element of such matrices at a place of what they are side by side.
template <class T, class Geometry> constexpr T element_of_joined(const Geometry& g, const T* const* in, int row, int col) {
  int k = 0;
  while (col >= g.width[k]) col -= g.width[k++];
  return in[k][g.at(k, row, col)];
}

}  // namespace tfx
