// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/element_order.hpp>
#include <tfx/compile/group.hpp>

namespace tfx::detail {

/// How a value lies against its reader's elements: it repeats along one run of `extent` elements, each `inner` long.
struct repetition {
  int inner, extent;   ///< 0: otherwise than by one run
};

/// How the nodes of a graph read each other: which value or memory is at the other end of each edge, and how it lies against
/// the reader's elements. Found once: in a constant evaluation a call costs more than all else on a line.
struct readings : element_order {
  int n;
  list<int> value, origin;      ///< per node `value_of` and `graph_view::root`
  list<int> value_read, memory_read;   ///< the same of the node at the other end of each edge
  list<int> lies;               ///< per edge: `in_order`, `one_number`, or a row of `repetitions`
  list<repetition> repetitions;
  list<int> shape;              ///< per node: equal shapes have equal numbers
  list<int> first_cut, cut;     ///< per node its operands' cuts (where loops can't be merged for them: so many elements behind): a range of the second table

  constexpr explicit readings(const graph_view& view)
      : element_order(view), n(view.n_nodes), value(list<int>::unset(n)), origin(list<int>::unset(n)),
        shape(list<int>::unset(n)), first_cut(list<int>::unset(n + 1)) {
    list<int> distinct;   // a node of each shape
    int edges = 0;
    for (int i = 0; i < n; ++i) {
      const node& m = nodes[i];
      const int size = elements.data[i], like = m.count > 0 ? g.edges[m.first] : i;   // mostly that of the first input
      int s = like < i && elements.data[like] == size && nodes[like].shape == m.shape ? shape.data[like] : distinct.count;
      for (; s > 0; --s)
        if (const int other = distinct.data[s - 1]; elements.data[other] == size && nodes[other].shape == m.shape) break;
      if (s == 0) {
        distinct.push_back(i);
        s = distinct.count;
      }
      shape.data[i] = s;
      if (m.first + m.count > edges) edges = m.first + m.count;
      if (m.op->kind == op_kind::view) {
        value.data[i] = value_of(g, i);
        origin.data[i] = g.root(i);
      } else {
        value.data[i] = origin.data[i] = i;
      }
    }
    value_read = list<int>::unset(edges);
    memory_read = list<int>::unset(edges);
    for (int e = 0; e < edges; ++e) {
      const int a = g.edges[e];
      value_read.data[e] = value.data[a];
      memory_read.data[e] = origin.data[a];
    }
    lies = list<int>::unset(edges);
    for (int i = 0; i < n; ++i) {
      first_cut.data[i] = cut.count;
      const op_kind kind = nodes[i].op->kind;
      if (kind != op_kind::map && kind != op_kind::assign && kind != op_kind::reduce) continue;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int a = g.edges[e], domain = kind == op_kind::reduce ? a : i;
        const int found = order(a, elements.data[domain]);
        lies.data[e] = found == by_strides ? repeats(i, a, domain) : found;
      }
      if (nodes[i].op->strided) repeats(i, i, i);   // a part, where it is stored
    }
    first_cut.data[n] = cut.count;
  }

  constexpr int in(int i, int k) const { return value_read.data[nodes[i].first + k]; }

  /// How operand a of node i repeats; and notes where the loops of i can't be merged for it.
  constexpr int repeats(int i, int a, int domain) {
    const loop_nest nest = loops_of(nodes[domain].shape);
    view v{};
    strides_of(nodes[a].shape, steps_in_memory(g, a), nodes[domain].shape, nest, v.stride);
    repetition found{1, 0};
    int runs = 0, inside = 1;
    bool before = false;   // does it repeat along the loop inside of this one?
    for (int l = nest.loops - 1; l >= 0; --l) {
      if (l < nest.loops - 1 && !merges(nest, v, l)) note_cut(i, inside);
      if (v.stride[l] == 0) {
        if (!before) {
          ++runs;
          found = {inside, 1};
        }
        found.extent *= nest.extent[l];
      }
      before = v.stride[l] == 0;
      inside *= nest.extent[l];
    }
    repetitions.push_back(has_steps(a) || runs != 1 ? repetition{1, 0} : found);
    return repetitions.count - 1;
  }
  constexpr void note_cut(int i, int at) {
    for (int k = first_cut.data[i]; k < cut.count; ++k)
      if (cut.data[k] == at) return;
    cut.push_back(at);
  }
};

}  // namespace tfx::detail
