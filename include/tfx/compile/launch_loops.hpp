// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/operand_lies.hpp>

namespace tfx::detail {

/// The loops of a launch: those of its group, merged as far as its operands allow.
struct launch_loops : loop_nest {
  int from[max_loops] = {};   ///< the innermost of the group's loops that each one is made of
  int batch = 0;              ///< the one that follows the batch, if one does

  /// Loops stay apart where so many elements lie behind: `inner_wall`, `outer_wall`.
  constexpr launch_loops(const operand_lies& operands, int elements, int inner_wall, int outer_wall) : loop_nest(operands.nest) {
    const int rows = operands.strides.count;   // all others lie like one loop
    list<view> views(rows);
    unsigned walls = 0;
    for (int l = 0, behind = elements; l < loops; ++l) {
      for (int i = 0; i < rows; ++i) views.data[i].stride[l] = operands.strides.data[i].at[l];
      behind /= extent[l];
      walls |= unsigned(behind == inner_wall || behind == outer_wall) << l;
    }
    merge_loops(*this, views.data, rows, walls);
    for (int l = 0, last = -1; l < loops; ++l) {
      for (int size = 1; size < extent[l];) size *= operands.nest.extent[++last];
      from[l] = last;
    }
  }
  /// Loop l goes inwards, to where loop `to` is; those between go outwards.
  constexpr void move_inwards(int l, int to) {
    if (l == 0) batch = to;
    const int moved = extent[l], made_of = from[l];
    for (; l < to; ++l) {
      extent[l] = extent[l + 1];
      from[l] = from[l + 1];
    }
    extent[to] = moved;
    from[to] = made_of;
  }
  /// Of the first ones.
  constexpr int longest(int count) const {
    int l = count - 1;
    for (int k = l - 1; k >= 0; --k)
      if (extent[k] > extent[l]) l = k;
    return l;
  }
};

}  // namespace tfx::detail
