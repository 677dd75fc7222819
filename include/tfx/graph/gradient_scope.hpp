// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/residuals.hpp>

namespace tfx {

/// What a derivative rule gives: a part of the gradient of one input.
struct gradient_term {
  int input = 0;
  handle d{};
};

/// The gradient of a result of node `id` besides its first one.
struct other_gradient {
  int id, result;
  handle d;
};

/// What a derivative rule sees: the node, the gradient of its output, and where the gradients of its inputs go.
struct gradient_scope {
  builder& graph;
  int id;
  handle dy;             ///< of the node's shape, or of a shape that broadcasts to it; of one of several results it may be empty
  const list<char>& needs;      ///< per node: is its gradient wanted?
  list<gradient_term>& terms;   ///< what the rule has given so far; the reverse sweep sums them up
  const list<other_gradient>& others;

  /// As the body sees it in which the gradient is made: what a loop's body made is brought over.
  constexpr handle input(int k) const { return {&graph, adopt(graph, graph.input(id, k))}; }
  constexpr handle output() const { return {&graph, adopt(graph, id)}; }
  /// The k-th of several results, and its gradient, of its whole shape; that is empty where nothing depends on the result.
  constexpr handle result(int k) const { return {&graph, adopt(graph, graph.result_of(id, k))}; }
  constexpr handle dy_of(int k) const {
    if (k == 0) return dy;
    for (int i = others.count - 1; i >= 0; --i)
      if (others.data[i].id == id && others.data[i].result == k) return others.data[i].d;
    return {};
  }
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
