// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/geometry.hpp>

namespace tfx {

/// In which order the terms of a result are added. `chain`: one chain of fused multiply-adds from +0 over k ascending. `pairs`,
/// the order of matrix units for bfloat16: of each 32 terms, a chain of those with even k and one of those with odd k, both
/// from +0, and their sum is added to the result. `integers`: elements are integers, and every order gives the same.
enum class summing : int { chain, pairs, integers };
inline constexpr int terms_in_pairs = 32;

/// What a matrix product, or a batch of them, knows. `geometry::contracts_batch` says whether the depth is the batch.
struct matmul_geometry {
  int rows = 0, cols = 0, depth = 0;                ///< of one product: [rows, depth] times [depth, cols]
  int left_transposed = 0, right_transposed = 0;    ///< 1: stored [depth, rows], and [cols, depth]
  int left_step = 0, right_step = 0;                ///< elements from one matrix to the next; 0: one for all products
  int depth_is_batch = 0;                           ///< 1: only the terms that are present are added
  summing order = summing::chain;
};

}  // namespace tfx
