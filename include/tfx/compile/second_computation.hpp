// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/fusion.hpp>

namespace tfx {

/// A graph in which some values are computed a second time, as growing tables. `origin` is the node that a node was, or
/// of which it is the second computation (`again`).
struct rewritten_graph {
  list<node> nodes;
  list<int> edges;
  list<region_info> regions;
  list<int> origin;
  list<char> again;

  constexpr graph_view view(graph_view from) const {
    from.nodes = nodes.data;
    from.edges = edges.data;
    from.regions = regions.data;
    from.n_nodes = nodes.size();
    return from;
  }
};

namespace detail {

/// Copies a graph and puts each second computation just before the first node that reads it. What it is made of is read
/// from memory where that is kept, and else made again as well.
struct rewriter {
  const graph_view& g;
  const fusion_view& f;
  const int* late_from;
  rewritten_graph out{};
  list<int> first, second;  ///< per node: its place in the new graph, and that of its second computation

  constexpr rewriter(const graph_view& view, const fusion_view& fusion, const int* late)
      : g(view), f(fusion), late_from(late), first(view.n_nodes, -1), second(view.n_nodes, -1) {}

  constexpr int copy(int id, const int* in, bool again) {
    node n = g[id];
    n.first = out.edges.size();
    for (int k = 0; k < n.count; ++k) out.edges.push_back(in[k]);
    out.nodes.push_back(n);
    out.origin.push_back(id);
    out.again.push_back(char(again));
    return out.nodes.size() - 1;
  }
  /// Node `id` as a second computation sees it. `with_others`: another result of it is made again, and so it is, too.
  constexpr int made_again(int id, bool with_others = false) {
    const op_kind kind = g[id].op->kind;
    const bool in_memory = kind == op_kind::leaf || kind == op_kind::constant || kind == op_kind::generate ||
                           (f.stored[id] && late_from[id] == 0 && !with_others);
    if (in_memory) return first[id];
    if (second[id] >= 0) return second[id];
    list<int> in(g[id].count, -1);
    bool same = kind == op_kind::view;  // a view of what is kept
    for (int k = 0; k < g[id].count; ++k) {
      in[k] = made_again(g.input(id, k), kind == op_kind::other);
      same = same && in[k] == first[g.input(id, k)];
    }
    return second[id] = same ? first[id] : copy(id, in.data, true);
  }
  constexpr bool reads_late(int id, int root) const { return late_from[root] > 0 && f.group_of[id] >= late_from[root]; }
  constexpr void run() {
    list<int> in(16, -1);
    for (int i = 0; i < g.n_nodes; ++i) {
      in.reserve(g[i].count);
      for (int k = 0; k < g[i].count; ++k) {
        const int a = g.input(i, k);
        in.data[k] = g[i].op->kind != op_kind::view && reads_late(i, g.root(a)) ? made_again(a) : first[a];
      }
      first[i] = copy(i, in.data, false);
    }
    for (int i = 0; i < out.nodes.size(); ++i) {
      node& n = out.nodes[i];
      if (n.link >= 0) n.link = first[n.link];
      if (n.op->kind == op_kind::assign) n.aux = first[n.aux];
    }
    for (int r = 0; r < g.n_regions; ++r) {
      out.regions.push_back(g.regions[r]);
      if (g.regions[r].loop >= 0) out.regions[r].loop = first[g.regions[r].loop];
    }
  }
};

/// The graph with the values `dropped` made again.
constexpr rewritten_graph rewrite(const graph_view& g, const fusion_view& f, const int* late_from) {
  rewriter r(g, f, late_from);
  r.run();
  return static_cast<rewritten_graph&&>(r.out);
}

}  // namespace detail

}  // namespace tfx
