// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <type_traits>

#include <tfx/compile/recompute_search.hpp>
#include <tfx/compile/second_computation.hpp>
#include <tfx/lower/trace.hpp>

namespace tfx {

/// Which values a program computes again instead of keeping them, and what that gives and takes. Memory in elements.
template <int Nodes> struct recompute_choice {
  int late_from[Nodes + 1] =
      {};                    ///< per node: readers in this group and later ones read the second computation; 0: kept
  int nodes = 0, edges = 0;  ///< of the graph that follows
  int recomputed = 0;        ///< values
  long long flops = 0;       ///< of all second computations
  int arena_before = 0, arena = 0;
  bool fits = true;
};

namespace detail {

constexpr int arena_of(const graph_view& g) {
  const fusion_lists f = fuse(g);
  return plan_memory(g, view_of(f)).arena;
}

}  // namespace detail

/// Chooses which values to compute again, so that the arena has at most `limit` elements, with few FLOPs. Choices are
/// compared by an estimate; the best is checked by fusing and planning the graph that follows from it, and if it takes
/// more than was estimated, the next one aims lower. Where nothing fits, `fits` is false and the choice is the one with
/// the smallest arena that was found.
template <int Nodes> constexpr recompute_choice<Nodes> choose_recomputation(const graph_view& g, int limit) {
  recompute_choice<Nodes> found;
  const fusion_lists lists = fuse(g);
  const detail::fusion_view f = detail::view_of(lists);
  found.nodes = g.n_nodes;
  for (int i = 0; i < g.n_nodes; ++i) found.edges += g[i].count;
  found.arena = found.arena_before = plan_memory(g, f).arena;
  found.fits = found.arena <= limit;
  const detail::recompute_search search(g, f);
  list<int> late_from(g.n_nodes, 0);
  for (int target = limit; !found.fits;) {
    const detail::recompute_search::selection best = search.select(target);
    for (int r = 0; r < search.values.size(); ++r)
      late_from[search.values[r].node] = best.dropped[r] ? search.values[r].late : 0;
    const rewritten_graph after = detail::rewrite(g, f, late_from.data);
    const int arena = detail::arena_of(after.view(g));
    if (arena < found.arena) {
      found.arena = arena;
      found.fits = arena <= limit;
      found.flops = best.flops;
      found.nodes = after.nodes.size();
      found.edges = after.edges.size();
      found.recomputed = 0;
      for (int r = 0; r < best.dropped.size(); ++r) found.recomputed += best.dropped[r];
      for (int i = 0; i < g.n_nodes; ++i) found.late_from[i] = late_from[i];
    }
    if (best.alive > target) break;
    target -= arena - limit > limit / 32 ? arena - limit : limit / 32 + 1;
  }
  return found;
}

/// Elements that a limit in bytes allows, each of four bytes.
constexpr int elements_in(long long bytes) {
  return int(bytes / 4 < std::numeric_limits<int>::max() ? bytes / 4 : std::numeric_limits<int>::max());
}

/// The graph of a step that has a limit on its arena: what `traced_step` is, with what is computed again.
template <class Step> struct recomputed_step {
  using kept = traced_step<Step>;  ///< the graph as it was traced
  static constexpr recompute_choice<kept::size.nodes> choice =
      choose_recomputation<kept::size.nodes>(kept::view(), elements_in(kept::size.arena_limit));
  static constexpr graph_size size = [] {
    graph_size s = kept::size;
    s.nodes = choice.nodes;
    s.edges = choice.edges;
    return s;
  }();
  using graph_type =
      tfx::graph<size.nodes, size.edges, size.geometries, size.leaves, size.names, size.paths, size.regions>;
  static constexpr graph_type graph = [] {
    graph_type g;
    const fusion_lists f = fuse(kept::view());
    const rewritten_graph after = detail::rewrite(kept::view(), detail::view_of(f), choice.late_from);
    for (int i = 0; i < size.nodes; ++i) g.nodes[i] = after.nodes[i];
    for (int i = 0; i < size.edges; ++i) g.edges[i] = after.edges[i];
    for (int i = 0; i < size.regions; ++i) g.regions[i] = after.regions[i];
    for (int i = 0; i < size.geometries; ++i) g.geometries[i] = kept::graph.geometries[i];
    for (int i = 0; i < size.leaves; ++i) g.leaves[i] = kept::graph.leaves[i];
    for (int i = 0; i < size.names; ++i) g.names[i] = kept::graph.names[i];
    for (int i = 0; i < size.paths; ++i) g.paths[i] = kept::graph.paths[i];
    for (int i = 0; i < max_spaces; ++i) g.space_size[i] = kept::graph.space_size[i];
    g.spaces = kept::graph.spaces;
    g.batch_bound = kept::graph.batch_bound;
    return g;
  }();
  static constexpr graph_view view() { return graph.view(); }
  /// Per node: is it a second computation?
  struct marks {
    bool again[size.nodes + 1] = {};
  };
  static constexpr marks second = [] {
    marks m;
    const fusion_lists f = fuse(kept::view());
    const rewritten_graph after = detail::rewrite(kept::view(), detail::view_of(f), choice.late_from);
    for (int i = 0; i < size.nodes; ++i) m.again[i] = after.again[i] != 0;
    return m;
  }();
};

/// The graph that a step is compiled from.
template <class Step> struct compiled_from {
  static constexpr bool limited = traced_step<Step>::size.arena_limit > 0;
  using type = std::conditional_t<limited, recomputed_step<Step>, traced_step<Step>>;
};

/// Does a step stay within the limit on its arena?
template <class Step> struct arena_verdict {
  static constexpr message value() {
    builder b;
    if constexpr (compiled_from<Step>::limited) {
      using made = recomputed_step<Step>;
      if (!made::choice.fits)
        b.complain("the arena needs ", made::choice.arena * 4LL, " bytes at least, fit_in allows ",
                   made::kept::size.arena_limit);
    }
    return b.wrong;
  }
  static constexpr bool right = value().size == 0;
};

}  // namespace tfx
