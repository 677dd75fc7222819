// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/builder.hpp>
#include <tfx/graph/control.hpp>
#include <tfx/graph/scope.hpp>

namespace tfx {

/// A recorded graph as the passes see it: addresses of flat tables.
struct graph_view {
  const node* nodes = nullptr;
  const int* edges = nullptr;
  const geometry* geometries = nullptr;
  const leaf_info* leaves = nullptr;
  const char* names = nullptr;
  const path_info* paths = nullptr;
  const region_info* regions = nullptr;
  const int* space_size = nullptr;
  int n_nodes = 0, n_leaves = 0, n_regions = 0, spaces = 0, batch_bound = 0;

  constexpr int input(int id, int k) const { return edges[nodes[id].first + k]; }
  constexpr const node& operator[](int id) const { return nodes[id]; }
  constexpr std::string_view name(const leaf_info& l) const { return {names + l.path, static_cast<std::size_t>(l.path_length)}; }
  constexpr std::string_view path(const node& n) const {
    return {names + paths[n.path].begin, static_cast<std::size_t>(paths[n.path].size)};
  }
  /// The node whose memory a chain of views shows.
  constexpr int root(int id) const {
    while (nodes[id].op->kind == op_kind::view) id = input(id, 0);
    return id;
  }
};

/// How large a graph is once dead code is gone, and the first mistake of its trace.
struct graph_size {
  int nodes = 0, edges = 0, geometries = 0, leaves = 0, names = 0, paths = 0, regions = 0;
  long long arena_limit = 0;   ///< bytes; 0: none
  message wrong{};
};

/// A graph as a constant: what `program` and every export hold.
template <int Nodes, int Edges, int Geometries, int Leaves, int Names, int Paths, int Regions> struct graph {
  node nodes[Nodes + 1] = {};
  int edges[Edges + 1] = {};
  geometry geometries[Geometries + 1] = {};
  leaf_info leaves[Leaves + 1] = {};
  char names[Names + 1] = {};
  path_info paths[Paths + 1] = {};
  region_info regions[Regions + 1] = {};
  int space_size[max_spaces] = {};
  int spaces = 0, batch_bound = 0;

  constexpr graph_view view() const {
    return {nodes, edges, geometries, leaves, names, paths, regions, space_size, Nodes, Leaves, Regions, spaces, batch_bound};
  }
};

namespace detail {

/// Dead-code elimination: the new number of every live node, -1 for the dead. In the new order every body is one range of
/// numbers that ends just before its loop node.
constexpr list<int> live_numbers(const builder& b) {
  const int n = b.nodes.size();
  list<int> number(n, -1);
  for (int i = 0; i < n; ++i) {
    const op_kind k = b.nodes[i].op->kind;
    if (k == op_kind::assign || k == op_kind::leaf) number[i] = 0;
  }
  bool again = true;
  auto mark = [&](int id, int from) {
    if (id < 0 || number[id] >= 0) return;
    number[id] = 0;
    if (id > from) again = true;
  };
  while (again) {
    again = false;
    for (int i = n - 1; i >= 0; --i) {
      if (number[i] < 0) continue;
      const node& m = b.nodes[i];
      for (int k = 0; k < m.count; ++k) mark(b.edges[m.first + k], i);
      mark(m.link, i);
      if (m.region > 0) mark(b.regions[m.region].loop, i);
    }
  }
  int next = 0;
  auto place = [&](auto& self, int region) -> void {
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0 || b.nodes[i].region != region) continue;
      if (b.nodes[i].op->kind == op_kind::loop) self(self, b.nodes[i].aux);
      number[i] = next++;
    }
  };
  if (b.regions.size() == 1) {
    for (int i = 0; i < n; ++i)
      if (number[i] >= 0) number[i] = next++;
  } else {
    place(place, 0);
  }
  return number;
}

}  // namespace detail

constexpr graph_size measure(const builder& b) {
  graph_size size;
  if (!b.right()) {
    size.wrong = b.wrong;
    return size;
  }
  const list<int> number = detail::live_numbers(b);
  for (int i = 0; i < number.size(); ++i) {
    if (number[i] < 0) continue;
    size.nodes++;
    size.edges += b.nodes[i].count;
  }
  size.geometries = b.geometries.size();
  size.leaves = b.leaves.size();
  size.names = b.names.size();
  size.paths = b.paths.size();
  size.regions = b.regions.size();
  size.arena_limit = b.arena_limit;
  return size;
}

template <class Graph> constexpr Graph freeze(const builder& b) {
  Graph g;
  const list<int> number = detail::live_numbers(b);
  int edge = 0;
  list<int> order(b.nodes.size(), -1);
  int live = 0;
  for (int i = 0; i < b.nodes.size(); ++i) {
    if (number[i] < 0) continue;
    order[number[i]] = i;
    ++live;
  }
  for (int k = 0; k < live; ++k) {
    const int i = order[k];
    node n = b.nodes[i];
    const int first = edge;
    for (int j = 0; j < n.count; ++j) g.edges[edge++] = number[b.edges[n.first + j]];
    n.first = first;
    if (n.link >= 0) n.link = number[n.link];
    if (n.op->kind == op_kind::assign) n.aux = number[n.aux];
    g.nodes[k] = n;
  }
  for (int i = 0; i < b.geometries.size(); ++i) g.geometries[i] = b.geometries[i];
  for (int i = 0; i < b.leaves.size(); ++i) g.leaves[i] = b.leaves[i];
  for (int i = 0; i < b.names.size(); ++i) g.names[i] = b.names[i];
  for (int i = 0; i < b.paths.size(); ++i) g.paths[i] = b.paths[i];
  for (int i = 0; i < b.regions.size(); ++i) {
    g.regions[i] = b.regions[i];
    if (const int l = b.regions[i].loop; l >= 0) g.regions[i].loop = number[l];
  }
  for (int i = 0; i < max_spaces; ++i) g.space_size[i] = b.space_size[i];
  g.spaces = b.spaces;
  g.batch_bound = b.batch_bound;
  return g;
}

}  // namespace tfx
