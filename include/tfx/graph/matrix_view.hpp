// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/shape.hpp>

// Kernels see every tensor as a matrix (`dims::rows`, `dims::cols`): how operands lie against it, and what reductions leave.
namespace tfx {

/// How an operand lies against the domain of a kernel.
enum class pattern : unsigned { scalar, row, column, full, other };
constexpr pattern pattern_of(int rows, int cols, int domain_rows, int domain_cols) {
  if (rows * cols == 1) return pattern::scalar;
  if (rows * cols == domain_rows * domain_cols) return pattern::full;
  if (rows == 1 && cols == domain_cols) return pattern::row;
  if (cols == 1 && rows == domain_rows) return pattern::column;
  return pattern::other;
}
constexpr pattern pattern_of(const dims& operand, const dims& domain) {
  return pattern_of(operand.rows(), operand.cols(), domain.rows(), domain.cols());
}

/// What a reduction sums over: columns over the rows, each row, or everything. The order of the additions is fixed and part
/// of the meaning (lanes/reduce_order.hpp), so every backend gives the same bits.
enum reduce_axis : int { over_rows = 0, over_columns = 1, over_all = 2 };

constexpr dims reduced(const dims& s, int axis) {
  if (axis == over_all) return {};
  if (axis == over_rows) return {1, {s.cols()}, false};
  dims out = s;
  if (!(s.rank == 1 && s.bounded)) out.extent[out.rank - 1] = 1;
  return out;
}

/// The same elements in the same matrix.
constexpr bool same_matrix(const dims& a, const dims& b) { return a.rows() == b.rows() && a.cols() == b.cols(); }

}  // namespace tfx
