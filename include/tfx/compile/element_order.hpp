// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/location.hpp>
#include <tfx/core/list.hpp>

namespace tfx::detail {

/// How a value lies against the elements of its reader: most are one number, or have as many in the same order. Others lie by
/// strides.
enum : int { one_number = -2, in_order = -1, by_strides = 0 };

/// The elements of the nodes of a graph, and how they lie against those of their readers.
struct element_order {
  const graph_view& g;
  const node* nodes;
  list<int> elements;   ///< of each node

  constexpr explicit element_order(const graph_view& view)
      : g(view), nodes(view.nodes), elements(list<int>::unset(view.n_nodes)) {
    for (int i = 0; i < g.n_nodes; ++i) elements.data[i] = nodes[i].shape.size();
  }
  /// Is it steps along the axes that say where elements of node a are, rather than their order?
  constexpr bool has_steps(int a) const {
    const node& root = nodes[nodes[a].op->kind == op_kind::view ? g.root(a) : a];
    return (root.op->kind == op_kind::generate && root.op->arity == 0) || is_strided(g, a);
  }
  /// How node a lies against so many elements.
  constexpr int order(int a, int all) const {
    const op_kind kind = nodes[a].op->kind;
    const int own = elements.data[a];
    if (own != all && own != 1) return by_strides;
    if ((kind == op_kind::view || kind == op_kind::generate || nodes[a].op->strided) && has_steps(a)) return by_strides;
    return own == 1 ? one_number : in_order;
  }
};

}  // namespace tfx::detail
