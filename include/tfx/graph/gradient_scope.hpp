// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/residuals.hpp>

namespace tfx {

/// What a derivative rule gives: a part of the gradient of one input.
struct gradient_term {
  int input = 0;
  handle d{};
};

/// What a derivative rule sees: the node, the gradient of its output, and where the gradients of its inputs go.
struct gradient_scope {
  builder& graph;
  int id;
  handle dy;             ///< of the node's shape, or of a shape that broadcasts to it
  const list<char>& needs;      ///< per node: is its gradient wanted?
  list<gradient_term>& terms;   ///< what the rule has given so far; the reverse sweep sums them up

  /// As the body sees it in which the gradient is made: what a loop's body made is brought over.
  constexpr handle input(int k) const { return {&graph, adopt(graph, graph.input(id, k))}; }
  constexpr handle output() const { return {&graph, adopt(graph, id)}; }
  constexpr int inputs() const { return graph.nodes[id].count; }
  constexpr int aux() const { return graph.nodes[id].aux; }
  constexpr geometry geo() const { return graph.geometries[graph.nodes[id].aux]; }
  /// Is the gradient of input k wanted? Rules whose terms are dear ask first.
  constexpr bool wanted(int k) const { return needs[graph.input(id, k)] != 0; }
  /// Adds to the gradient of input k, which is summed over the axes along which the input was broadcast. Nothing, if d is empty.
  constexpr void add(int k, handle d) {
    if (!d.empty()) terms.push_back({k, d});
  }
};

}  // namespace tfx
