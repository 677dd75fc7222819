// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/builder.hpp>

namespace tfx {

/// One segment of a parameter's path while it is alive: `conv2d`, `conv2d_1`, ... counted per name within the scope around it.
///
/// A library layer opens its own scope (`self`); a combinator that has already opened one under the layer's name leaves it
/// pending, and the layer takes it over.
struct scope {
  struct root_t {};
  builder& graph;
  const scope* outer;
  int saved_size, saved_path;
  bool taken_over = false, absolute = false;
  int first_segment = 0;   ///< of those within it: the last rows of the builder's table

  /// The outermost scope of a trace.
  constexpr explicit scope(builder& b) : graph(b), outer(b.innermost), saved_size(b.path_size), saved_path(b.path_index) {
    b.innermost = this;
  }
  constexpr scope(builder& b, std::string_view segment, bool self = false)
      : graph(b), outer(b.innermost), saved_size(b.path_size), saved_path(b.path_index) {
    if (self && b.pending == segment) {
      b.pending = {};
      taken_over = true;
      return;
    }
    enter(segment, outer ? outer->count(segment) : 0);
    b.pending = self ? std::string_view{} : segment;
  }
  constexpr scope(builder& b, int index)
      : graph(b), outer(b.innermost), saved_size(b.path_size), saved_path(b.path_index) {
    put(index);
    close_segment();
    b.pending = {};
  }
  /// A path of its own, from the root, where parameters of the same name are shared.
  constexpr scope(builder& b, std::string_view segment, root_t)
      : graph(b), outer(b.innermost), saved_size(b.path_size), saved_path(b.path_index), absolute(true) {
    for (int i = 0; i < saved_size; ++i) outer_path_[i] = b.path[i];
    b.path_size = 0;
    b.shared++;
    enter(segment, 0);
    b.pending = segment;
  }
  scope(const scope&) = delete;
  constexpr ~scope() {
    if (taken_over) return;
    if (absolute) {
      for (int i = 0; i < saved_size; ++i) graph.path[i] = outer_path_[i];
      graph.shared--;
    }
    graph.segments.count = first_segment;
    graph.path_size = saved_size;
    graph.path_index = saved_path;
    graph.innermost = outer;
    graph.pending = {};
  }

private:
  /// How often was there one of this name before, within this scope?
  constexpr int count(std::string_view segment) const {
    for (int i = first_segment; i < graph.segments.size(); ++i)
      if (graph.segments[i].name == segment) return ++graph.segments[i].count;
    graph.segments.push_back({segment, 0});
    return 0;
  }
  constexpr void put(char c) {
    if (graph.path_size < int(sizeof graph.path)) graph.path[graph.path_size++] = c;
    else graph.complain("the path ", std::string_view(graph.path, sizeof graph.path), "... is longer than 96 characters; shorten a name");
  }
  constexpr void put(int number) {
    if (number >= 10) put(number / 10);
    put(char('0' + number % 10));
  }
  constexpr void enter(std::string_view segment, int index) {
    for (char c : segment) put(c);
    if (index > 0) {
      put('_');
      put(index);
    }
    close_segment();
  }
  constexpr void close_segment() {
    put('/');
    graph.innermost = this;
    first_segment = graph.segments.size();
    path_info p{graph.names.size(), graph.path_size - 1};
    graph.names.append(graph.path, p.size);
    graph.path_index = graph.paths.size();
    graph.paths.push_back(p);
  }

  char outer_path_[96] = {};
};

}  // namespace tfx
