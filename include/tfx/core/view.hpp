// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/shape.hpp>

namespace tfx {

inline constexpr int max_loops = max_rank + 1;   ///< of a nest: the axes of a tensor, and one more

/// The loops over the elements of a result, the outermost first.
struct loop_nest {
  int loops = 0;
  int extent[max_loops] = {};

  /// Iterations of the loops from `first` on.
  constexpr int size(int first = 0) const {
    int n = 1;
    for (int l = first; l < loops; ++l) n *= extent[l];
    return n;
  }
  /// One more loop inside of all others.
  constexpr void push(int iterations) { extent[loops++] = iterations; }
};

/// How an operand lies against a nest: where its element (i0, i1, ...) is, in elements from its first one.
///
///     offset + sum of i_l * stride[l]      where low[l] <= i_l < high[l] for all l, if it is guarded; else a number
///
/// A stride of 0 repeats, a negative one turns round.
struct view {
  int offset = 0;
  int stride[max_loops] = {};
  bool guarded = false;
  int low[max_loops] = {}, high[max_loops] = {};
};

/// Are loops l and l + 1 one loop to this operand?
constexpr bool merges(const loop_nest& nest, const view& v, int l) {
  const auto whole = [&](int loop) { return !v.guarded || (v.low[loop] <= 0 && v.high[loop] >= nest.extent[loop]); };
  if (nest.extent[l] == 1) return whole(l);
  if (!whole(l + 1)) return false;
  return nest.extent[l + 1] == 1 || v.stride[l] == v.stride[l + 1] * nest.extent[l + 1];
}

namespace detail {

constexpr void close_up(int* of, int from, int count) {
  for (int i = from; i + 1 < count; ++i) of[i] = of[i + 1];
}
/// Loop l + 1 of an operand becomes part of loop l.
constexpr void merge(const loop_nest& nest, view& v, int l) {
  const int inner = nest.extent[l + 1];
  if (inner > 1) v.stride[l] = v.stride[l + 1];
  v.low[l] = nest.extent[l] == 1 ? v.low[l + 1] : v.low[l] * inner;
  v.high[l] = nest.extent[l] == 1 ? v.high[l + 1] : v.high[l] * inner;
  close_up(v.stride, l + 1, nest.loops);
  close_up(v.low, l + 1, nest.loops);
  close_up(v.high, l + 1, nest.loops);
}

}  // namespace detail

/// Makes loops one where they are one loop to all operands. Loops on different sides of a wall stay apart: bit l of `walls`
/// stands for one behind loop l.
constexpr void merge_loops(loop_nest& nest, view* operand, int operands, unsigned walls = 0) {
  for (int l = nest.loops - 2; l >= 0; --l) {
    bool all = !(walls >> l & 1);
    for (int k = 0; all && k < operands; ++k) all = merges(nest, operand[k], l);
    if (!all) continue;
    for (int k = 0; k < operands; ++k) detail::merge(nest, operand[k], l);
    nest.extent[l] *= nest.extent[l + 1];
    detail::close_up(nest.extent, l + 1, nest.loops);
    --nest.loops;
    const unsigned before = walls & ((1u << l) - 1);
    walls = before | (walls >> 1 & ~((1u << l) - 1));
  }
}

}  // namespace tfx
