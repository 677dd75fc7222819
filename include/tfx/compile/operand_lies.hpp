// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/group.hpp>

namespace tfx::detail {

/// Of an operand, along the loops of a group.
struct loop_strides {
  int at[max_loops] = {};
};
/// Most operands lie like the domain, or are one number: these have no strides of their own.
enum : int { is_number = -2, lies_in_order = -1 };

/// How the operands of a group's kernel lie against its loops.
struct operand_lies {
  const graph_view& g;
  const node* nodes;
  const std::uint8_t* phase;
  list<int> elements;             ///< of each node
  const group* around = nullptr;
  loop_nest nest{};
  loop_strides in_order{};        ///< of what lies like the domain
  loop_strides of_number{};
  list<int> lies{};               ///< per operand: as above, or its row of `strides`
  list<loop_strides> strides{};

  constexpr operand_lies(const graph_view& view, const std::uint8_t* phases)
      : g(view), nodes(view.nodes), phase(phases), elements(list<int>::unset(view.n_nodes)) {
    for (int i = 0; i < g.n_nodes; ++i) elements.data[i] = nodes[i].shape.size();
  }
  constexpr void begin(const group& q) {
    around = &q;
    nest = q.nest;
    for (int l = nest.loops - 1, step = 1; l >= 0; step *= nest.extent[l--]) in_order.at[l] = step;
    strides.count = lies.count = 0;
  }

  /// Is what node i computes one result per row, or column, of the group's reductions?
  constexpr bool is_left(int i) const { return around->axis >= 0 && phase[i] % 2 != 0; }
  /// How node a lies, which node i reads, or is if they are the same, against the loops of the group: mostly as they do.
  constexpr int find(int a, int i) {
    const op_kind kind = nodes[a].op->kind;
    if (kind == op_kind::view || kind == op_kind::generate) return lie(a, i);
    if (elements.data[a] == 1) return is_number;
    return nodes[i].op->kind != op_kind::reduce && !is_left(i) && elements.data[a] == elements.data[i] ? int(lies_in_order) : lie(a, i);
  }
  /// How node a lies, which node i reads, or is if they are the same, against the loops of the group.
  constexpr int lie(int a, int i) {
    const node& reader = nodes[i];
    const bool left = is_left(i) && reader.op->kind != op_kind::reduce;
    const dims& over = reader.op->kind == op_kind::reduce && a != i ? nodes[a].shape : reader.shape;
    const node& root = nodes[nodes[a].op->kind == op_kind::view ? g.root(a) : a];
    const bool by_column = root.op->kind == op_kind::generate && root.op->arity == 0;
    const bool steps = by_column || (nodes[a].op->kind == op_kind::view && is_strided(g, a));
    const bool is_result = left || (reader.op->kind == op_kind::reduce && a == i);
    const int all = elements.data[reader.op->kind == op_kind::reduce && a != i ? a : i];
    if (elements.data[a] == 1 && !steps) return is_number;
    const bool whole = elements.data[a] == all && !steps;
    if (!is_result) {
      if (whole) return lies_in_order;
      strides.push_back({});
      strides_of(nodes[a].shape, steps_in_memory(g, a), over, nest, strides.data[strides.count - 1].at);
      return strides.count - 1;
    }
    loop_nest kept;   // the loops that reductions leave, and where they are among all
    int place[max_loops] = {}, stride[max_loops] = {};
    for (int l = 0, behind = around->elements; l < nest.loops; ++l) {
      behind /= nest.extent[l];
      if (behind >= around->run.inner && behind < around->run.inner * around->run.extent) continue;
      place[kept.loops] = l;
      kept.push(nest.extent[l]);
    }
    if (whole) {
      for (int l = kept.loops - 1, step = 1; l >= 0; step *= kept.extent[l--]) stride[l] = step;
    } else {
      strides_of(nodes[a].shape, steps_in_memory(g, a), over, kept, stride);
    }
    strides.push_back({});
    for (int l = 0; l < kept.loops; ++l) strides.data[strides.count - 1].at[place[l]] = stride[l];
    return strides.count - 1;
  }
  /// Elements from one iteration to the next, per loop of the group.
  constexpr const int* along(int lie) const {
    return lie == is_number ? of_number.at : lie == lies_in_order ? in_order.at : strides.data[lie].at;
  }
  constexpr bool same(int a, int b) const {
    bool all = true;
    for (int l = 0; a != b && l < nest.loops; ++l) all = all && along(a)[l] == along(b)[l];
    return all;
  }
};

}  // namespace tfx::detail
