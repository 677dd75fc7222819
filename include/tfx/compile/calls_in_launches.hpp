// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <tfx/compile/plan.hpp>
#include <tfx/graph/semantic_graph.hpp>

namespace tfx::detail {

/// Records a step through the passes.
struct lowered {
  template <class Step> static constexpr void record(builder& b) { tfx::record<Step>(b); }
};

/// The functions, such as a softmax, that the operations of launches are parts of: those of several operations that no pass has
/// moved.
template <class Plan> struct calls_in_launches {
  using step = typename Plan::step;
  /// Passes of a step's own, and what is computed again, number nodes anew.
  static constexpr bool known = std::is_same_v<typename Plan::traced, traced_step<step>> && !requires(builder& b) { step::passes(b); };

  list<std::string_view> function;   ///< per node; empty: none
  list<int> call;                    ///< per node: which call of it

  constexpr calls_in_launches() : function(Plan::size.nodes), call(Plan::size.nodes, -1) {
    if constexpr (known) find(semantic_graph<step, lowered>::view());
  }

private:
  /// The outermost function that a node is part of.
  static constexpr int function_of(const semantic_view& g, int id) {
    int found = -1;
    for (int c = g.call_of[id]; c >= 0 && !g.calls[c].layer; c = g.calls[c].parent) found = c;
    return found;
  }
  constexpr void find(const semantic_view& g) {
    list<int> nodes(g.n_calls, 0);
    list<char> moved(g.n_calls, 0);
    for (int i = 0; i < g.n_nodes; ++i) {
      const int c = function_of(g, i);
      if (c < 0 || Plan::fusion.group_of[i] < 0) continue;
      moved[c] = char(moved[c] | (g[i].path != g.calls[c].path));
      ++nodes[c];
    }
    for (int i = 0; i < g.n_nodes; ++i) {
      const int c = function_of(g, i);
      if (c < 0 || moved[c] || nodes[c] < 2 || Plan::fusion.group_of[i] < 0) continue;
      function[i] = g.calls[c].name;
      call[i] = c;
    }
  }
};

}  // namespace tfx::detail
