// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include <tfx/graph/graph.hpp>

namespace tfx::testing {

/// A finished recorder's graph without dead code, in tables of its own size: what a program holds as a constant.
class graph_tables {
 public:
  explicit graph_tables(const builder& b) : numbers_(detail::live_numbers(b)), size(detail::measure(b, numbers_)) {
    nodes = room(nodes_, size.nodes);
    edges = room(edges_, size.edges);
    geometries = room(geometries_, size.geometries);
    leaves = room(leaves_, size.leaves);
    names = room(names_, size.names);
    paths = room(paths_, size.paths);
    regions = room(regions_, size.regions);
    if (b.right()) detail::freeze(b, numbers_, *this);
  }
  graph_tables(const graph_tables&) = delete;

  graph_view view() const {
    return {nodes, edges, geometries, leaves, names, paths, regions, space_size, size.nodes, size.leaves, size.regions, spaces, batch_bound, followed.data, followed.count};
  }

 private:
  template <class T> static T* room(std::vector<T>& rows, int n) {
    rows.resize(std::size_t(n) + 1);
    return rows.data();
  }
  list<int> numbers_;
  std::vector<tfx::node> nodes_;
  std::vector<int> edges_;
  std::vector<geometry> geometries_;
  std::vector<leaf_info> leaves_;
  std::vector<char> names_;
  std::vector<path_info> paths_;
  std::vector<region_info> regions_;

 public:
  graph_size size;
  tfx::node* nodes;
  int* edges;
  geometry* geometries;
  leaf_info* leaves;
  char* names;
  path_info* paths;
  region_info* regions;
  int space_size[max_spaces] = {};
  int spaces = 0, batch_bound = 0;
  length_info lengths[max_lengths] = {};
  int n_lengths = 0;
  list<followed_number> followed;   ///< of a graph whose inputs have lengths
};

}  // namespace tfx::testing
