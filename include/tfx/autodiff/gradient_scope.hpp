// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/builder.hpp>

namespace tfx {

/// What a derivative rule sees: the node, the gradient of its output, and where the gradients of its inputs go.
struct gradient_scope {
  builder& graph;
  int id;
  handle dy;             ///< of the node's shape, or of a shape that broadcasts to it
  list<int>& gradient;   ///< per node: the node of its gradient, or -1
  const list<char>& needs;
  void (*sum_into)(gradient_scope& s, int k, handle d);   ///< what `add` does: it is made of operations, whose rules see this

  constexpr handle input(int k) const { return {&graph, graph.input(id, k)}; }
  constexpr handle output() const { return {&graph, id}; }
  constexpr int inputs() const { return graph.nodes[id].count; }
  constexpr int aux() const { return graph.nodes[id].aux; }
  constexpr geometry geo() const { return graph.geometries[graph.nodes[id].aux]; }
  /// Is the gradient of input k wanted? Rules whose terms are dear ask first.
  constexpr bool wanted(int k) const { return needs[graph.input(id, k)] != 0; }
  /// Adds to the gradient of input k; sums over the axes along which it was broadcast.
  constexpr void add(int k, handle d) { sum_into(*this, k, d); }
};

}  // namespace tfx
