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

/// The axes of a shape as loops, without those of extent 1.
constexpr loop_nest loops_of(const dims& s) {
  loop_nest nest;
  for (int axis = 0; axis < s.rank; ++axis)
    if (s.extent[axis] != 1) nest.push(s.extent[axis]);
  return nest;
}

/// Cuts loops so that each axis of a shape is some of them: a shape of as many elements, in the same order. False, and
/// nothing changes, if axes and loops overlap otherwise, or it would be too many loops.
constexpr bool refine(loop_nest& nest, const dims& s) {
  int cut[max_loops] = {}, cuts = 0;   // the innermost first
  int l = nest.loops - 1, axis = s.rank - 1;
  int loop = 1, extent = 1;            // what is left of them
  while (true) {
    while (loop == 1 && l >= 0) loop = nest.extent[l--];
    while (extent == 1 && axis >= 0) extent = s.extent[axis--];
    if (loop == 1 || extent == 1) break;
    const int shared = loop < extent ? loop : extent;
    if (loop % shared != 0 || extent % shared != 0 || cuts == max_loops) return false;
    cut[cuts++] = shared;
    loop /= shared;
    extent /= shared;
  }
  if (loop != extent) return false;
  nest.loops = 0;
  while (cuts > 0) nest.push(cut[--cuts]);
  return true;
}

/// How the elements of a value lie in memory: elements from one to the next along each axis of its shape.
struct axis_steps {
  int step[max_rank] = {};
};
constexpr axis_steps row_major(const dims& s) {
  axis_steps lay;
  int step = 1;
  for (int axis = s.rank - 1; axis >= 0; step *= s.extent[axis--]) lay.step[axis] = step;
  return lay;
}
/// The same elements under another shape. False if steps can't say where they lie.
constexpr bool reshape_steps(const dims& from, axis_steps& lay, const dims& to) {
  axis_steps out;
  int source = from.rank - 1, left = 1, step = 0;   // of the axis that is being taken apart
  for (int axis = to.rank - 1; axis >= 0; --axis) {
    bool first = true;
    for (int extent = to.extent[axis], inside = 1; extent > 1;) {
      while (left == 1 && source >= 0) {
        left = from.extent[source];
        step = lay.step[source--];
      }
      const int shared = left < extent ? left : extent;
      if (shared <= 1 || left % shared != 0 || extent % shared != 0) return false;
      if (first) out.step[axis] = step;
      else if (step != out.step[axis] * inside) return false;
      first = false;
      inside *= shared;
      extent /= shared;
      left /= shared;
      step *= shared;
    }
  }
  lay = out;
  return true;
}

/// The strides of an operand along the loops of its reader's axes, `nest` (`refine`): NumPy's broadcasting, where it is
/// smaller; a number has every shape.
constexpr void strides_of(const dims& operand, const axis_steps& lay, const dims& reader, const loop_nest& nest, int* stride) {
  int l = nest.loops - 1;
  for (int axis = reader.rank - 1; axis >= 0; --axis) {
    const int own = axis - (reader.rank - operand.rank);
    int step = own < 0 || operand.extent[own] == 1 ? 0 : lay.step[own];
    for (int left = reader.extent[axis]; left > 1; left /= nest.extent[l--]) {
      stride[l] = step;
      step *= nest.extent[l];
    }
  }
}

}  // namespace tfx
