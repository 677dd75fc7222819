// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/shape.hpp>

namespace tfx {

inline constexpr int max_regions = 256;
inline constexpr int max_loop_depth = 6;   ///< loops inside one another
inline constexpr int unbounded = 1 << 30;   ///< trip count of a loop that only its condition ends

/// A body of control flow: the nodes that carry its number. Bodies live in the same flat array as everything else and refer
/// to outer nodes directly; a `loop` node closes them.
struct region_info {
  int parent = -1;
  int bound = 1;         ///< (largest) trip count
  int loop = -1;         ///< its control node
  int pair = -1;         ///< of a reverse body: the forward body it differentiates
  int counter = -1;      ///< of a while: the carry that counts iterations
  bool hoist = true;     ///< loop-invariant work moves outwards
  bool branch = false;   ///< runs once or not at all, when its predicate equals `sense`
  bool sense = true;
  bool dynamic = false;  ///< trip count known at run time only
};

/// Shape of `count` stacked values, and of one row of a stack. Where that is an axis too many, the two behind the first are one.
constexpr dims stacked(int count, const dims& s) {
  const int merged = s.rank == max_rank ? 1 : 0;
  dims out{};
  out.rank = s.rank + 1 - merged;
  out.extent[0] = count;
  for (int i = merged; i < s.rank; ++i) out.extent[i + 1 - merged] = s.extent[i];
  if (merged) out.extent[1] *= s.extent[0];
  return out;
}
constexpr dims unstacked(const dims& s) {
  dims out{};
  out.rank = s.rank - 1;
  for (int i = 0; i < out.rank; ++i) out.extent[i] = s.extent[i + 1];
  return out;
}

}  // namespace tfx
