// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/element_order.hpp>
#include <tfx/compile/group.hpp>

namespace tfx::detail {

/// Of an operand, along the loops of a group.
struct loop_strides {
  int at[max_loops] = {};
};

/// How the operands of a group's kernel lie against its loops.
struct operand_lies : element_order {
  const std::uint8_t* phase;
  const group* around = nullptr;
  loop_nest nest{};
  loop_strides of_order{}, of_number{};   ///< most operands lie like the domain, or are one number: these have no strides of their own
  list<int> lies{};               ///< per operand: `in_order`, `one_number`, or its row of `strides`
  list<loop_strides> strides{};

  constexpr operand_lies(const graph_view& view, const std::uint8_t* phases) : element_order(view), phase(phases) {}
  constexpr void begin(const group& q) {
    around = &q;
    nest = q.nest;
    for (int l = nest.loops - 1, step = 1; l >= 0; step *= nest.extent[l--]) of_order.at[l] = step;
    strides.count = lies.count = 0;
  }

  /// How node a lies, which node i reads, or is if they are the same, against the loops of the group.
  constexpr int find(int a, int i) {
    const int over = nodes[i].op->kind == op_kind::reduce && a != i ? a : i;   // i has, or reads, its elements
    const bool is_left = over == i && around->axis >= 0 && phase[i] % 2 != 0;  // one per row, or column, of the group's reductions
    const int lie = order(a, elements.data[over]);
    if (lie == one_number || (lie == in_order && !is_left)) return lie;
    int place[max_loops] = {}, stride[max_loops] = {};
    const loop_nest kept = is_left ? kept_loops(*around, place) : nest;
    strides_of(nodes[a].shape, steps_in_memory(g, a), nodes[over].shape, kept, stride);
    strides.push_back({});
    loop_strides& to = strides.data[strides.count - 1];
    for (int l = 0; l < kept.loops; ++l) to.at[is_left ? place[l] : l] = stride[l];
    return strides.count - 1;
  }
  /// Elements from one iteration to the next, per loop of the group.
  constexpr const int* along(int lie) const {
    return lie == one_number ? of_number.at : lie == in_order ? of_order.at : strides.data[lie].at;
  }
  constexpr bool same(int a, int b) const {
    bool all = true;
    for (int l = 0; a != b && l < nest.loops; ++l) all = all && along(a)[l] == along(b)[l];
    return all;
  }
};

}  // namespace tfx::detail
