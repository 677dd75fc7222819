// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/builder.hpp>
#include <tfx/graph/control.hpp>
#include <tfx/graph/residuals.hpp>
#include <tfx/graph/scope.hpp>

namespace tfx {

/// A number in a table, and what it is with the lengths of a run.
struct followed_number {
  int row = 0;
  std::int16_t column = 0;
  std::int16_t table = 0;
  length_number number{};
};
/// The tables of a graph that have such numbers: extents of nodes, words of geometries, trip counts of regions.
enum class graph_table : std::int16_t { node, geometry, region };

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
  const followed_number* followed = nullptr;   ///< of its tables: what follows the lengths
  int n_followed = 0;

  constexpr int input(int id, int k) const { return edges[nodes[id].first + k]; }
  constexpr const node& operator[](int id) const { return nodes[id]; }
  constexpr std::string_view name(const leaf_info& l) const { return {names + l.path, static_cast<std::size_t>(l.path_length)}; }
  constexpr std::string_view path(const node& n) const {
    return {names + paths[n.path].begin, static_cast<std::size_t>(paths[n.path].size)};
  }
  /// The node whose operation makes node `id`: itself, or that of the first of several results.
  constexpr int maker(int id) const { return nodes[id].op->kind == op_kind::other ? input(id, 0) : id; }
  constexpr std::string_view operation_name(int id) const { return nodes[maker(id)].op->name; }
  /// The name of a result of several, but for the first one; else empty.
  constexpr std::string_view result_name(int id) const {
    const node& first = nodes[maker(id)];
    return maker(id) == id ? std::string_view() : first.op->result(nodes[id].aux, geometries[first.aux], first.shape, first.type).name;
  }
  /// The node whose memory a chain of views shows.
  constexpr int root(int id) const {
    while (nodes[id].op->kind == op_kind::view) id = input(id, 0);
    return id;
  }
};

/// How large a graph is once dead code is gone, and the first mistake of its trace.
struct graph_size {
  int nodes = 0, edges = 0, geometries = 0, leaves = 0, names = 0, paths = 0, regions = 0, followed = 0;
  long long arena_limit = 0;   ///< bytes; 0: none
  bool evaluates = false;      ///< it minimises nothing, and layers asked whether it trains
  message wrong{};
};

/// A graph as a constant: what `program` and every export hold.
template <int Nodes, int Edges, int Geometries, int Leaves, int Names, int Paths, int Regions, int Followed = 0> struct graph {
  node nodes[Nodes + 1] = {};
  int edges[Edges + 1] = {};
  geometry geometries[Geometries + 1] = {};
  leaf_info leaves[Leaves + 1] = {};
  char names[Names + 1] = {};
  path_info paths[Paths + 1] = {};
  region_info regions[Regions + 1] = {};
  int space_size[max_spaces] = {};
  int spaces = 0, batch_bound = 0;
  length_info lengths[max_lengths] = {};
  int n_lengths = 0;
  followed_number followed[Followed + 1] = {};

  constexpr graph_view view() const {
    return {nodes, edges, geometries, leaves, names, paths, regions, space_size, Nodes, Leaves, Regions, spaces, batch_bound, followed, Followed};
  }
};

namespace detail {

/// Dead-code elimination: the new number of every live node, -1 for the dead. In the new order every body is one range of
/// numbers that ends just before its loop node.
constexpr list<int> live_numbers(const builder& b) {
  const int n = b.nodes.count;
  const node* const nodes = b.nodes.data;
  const int* const edges = b.edges.data;
  list<int> numbers(n, -1);
  int* const number = numbers.data;
  int next = 0;
  if (b.regions.count == 1) {   // every input comes before its reader
    for (int i = n - 1; i >= 0; --i) {
      const node& m = nodes[i];
      if (number[i] < 0 && m.op->kind != op_kind::assign && m.op->kind != op_kind::leaf) continue;
      number[i] = 0;
      for (int e = m.first, end = e + m.count; e < end; ++e) number[edges[e]] = 0;
    }
    for (int i = 0; i < n; ++i)
      if (number[i] == 0) number[i] = next++;
    return numbers;
  }
  for (int i = 0; i < n; ++i) {
    const op_kind k = nodes[i].op->kind;
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
      const node& m = nodes[i];
      for (int k = 0; k < m.count; ++k) mark(edges[m.first + k], i);
      mark(m.link, i);
      if (m.region > 0) mark(b.regions[m.region].loop, i);
    }
  }
  auto place = [&](auto& self, int region) -> void {
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0 || nodes[i].region != region) continue;
      if (nodes[i].op->kind == op_kind::loop) self(self, nodes[i].aux);
      number[i] = next++;
    }
  };
  place(place, 0);
  return numbers;
}

constexpr graph_size measure(const builder& b, const list<int>& numbers) {
  graph_size size;
  if (!b.right()) {
    size.wrong = b.wrong;
    return size;
  }
  const int* const number = numbers.data;
  const node* const nodes = b.nodes.data;
  for (int i = 0; i < numbers.count; ++i) {
    if (number[i] < 0) continue;
    size.nodes++;
    size.edges += nodes[i].count;
  }
  size.geometries = b.geometries.size();
  size.leaves = b.leaves.size();
  size.names = b.names.size();
  size.paths = b.paths.size();
  size.regions = b.regions.size();
  size.arena_limit = b.arena_limit;
  size.evaluates = b.mode_asked && !b.minimizes;
  return size;
}

template <class T> constexpr void copy_table(const T* from, int n, T* to) {
  for (int i = 0; i < n; ++i) to[i] = from[i];
}

template <class Graph> constexpr void freeze(const builder& b, const list<int>& numbers, Graph& g) {
  const int n = numbers.count;
  const int* const number = numbers.data;
  const node* const nodes = b.nodes.data;
  const int* const edges = b.edges.data;
  list<int> in_order = list<int>::unset(n);
  int* const order = in_order.data;
  int live = 0, edge = 0;
  for (int i = 0; i < n; ++i) {
    if (number[i] < 0) continue;
    order[number[i]] = i;
    ++live;
  }
  for (int k = 0; k < live; ++k) {
    node m = nodes[order[k]];
    const int from = m.first, to = from + m.count;
    m.first = edge;
    for (int e = from; e < to; ++e) g.edges[edge++] = number[edges[e]];
    if (m.link >= 0) m.link = number[m.link];
    if (m.op->kind == op_kind::assign) m.aux = number[m.aux];
    g.nodes[k] = m;
  }
  copy_table(b.geometries.data, b.geometries.count, g.geometries);
  copy_table(b.leaves.data, b.leaves.count, g.leaves);
  copy_table(b.names.data, b.names.count, g.names);
  copy_table(b.paths.data, b.paths.count, g.paths);
  copy_table(b.regions.data, b.regions.count, g.regions);
  for (int i = 0; i < b.regions.count; ++i)
    if (const int l = b.regions.data[i].loop; l >= 0) g.regions[i].loop = number[l];
  copy_table(b.space_size, max_spaces, g.space_size);
  g.spaces = b.spaces;
  g.batch_bound = b.batch_bound;
  g.n_lengths = b.n_lengths;
  copy_table(b.lengths, b.n_lengths, g.lengths);
}

}  // namespace detail

constexpr graph_size measure(const builder& b) { return detail::measure(b, detail::live_numbers(b)); }

template <class Graph> constexpr Graph freeze(const builder& b) {
  Graph g;
  detail::freeze(b, detail::live_numbers(b), g);
  return g;
}

/// The first rows of larger tables.
template <class Graph, class Larger> constexpr Graph cut(const Larger& from, const graph_size& size) {
  Graph g;
  detail::copy_table(from.nodes, size.nodes, g.nodes);
  detail::copy_table(from.edges, size.edges, g.edges);
  detail::copy_table(from.geometries, size.geometries, g.geometries);
  detail::copy_table(from.leaves, size.leaves, g.leaves);
  detail::copy_table(from.names, size.names, g.names);
  detail::copy_table(from.paths, size.paths, g.paths);
  detail::copy_table(from.regions, size.regions, g.regions);
  detail::copy_table(from.space_size, max_spaces, g.space_size);
  detail::copy_table(from.followed, size.followed, g.followed);
  g.spaces = from.spaces;
  g.batch_bound = from.batch_bound;
  g.n_lengths = from.n_lengths;
  detail::copy_table(from.lengths, from.n_lengths, g.lengths);
  return g;
}

}  // namespace tfx
