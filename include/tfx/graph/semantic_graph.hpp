// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/calls.hpp>
#include <tfx/graph/graph.hpp>

namespace tfx {

/// A graph as it was written, and the calls that made it.
struct semantic_view : graph_view {
  const call_info* calls = nullptr;
  const call_value* values = nullptr;
  const call_attribute* attributes = nullptr;
  const int* call_of = nullptr;   ///< per node: the innermost call that it was recorded in; -1: none
  int n_calls = 0;

  using graph_view::path;
  constexpr std::string_view path(const call_info& c) const {
    return {names + paths[c.path].begin, static_cast<std::size_t>(paths[c.path].size)};
  }
  constexpr const call_value& input(const call_info& c, int k) const { return values[c.first_input + k]; }
  constexpr const call_value& result(const call_info& c, int k) const { return values[c.first_result + k]; }
  constexpr const call_attribute& attribute(const call_info& c, int k) const { return attributes[c.first_attribute + k]; }
  using graph_view::input;
};

namespace detail {

struct semantic_size {
  graph_size graph{};
  int calls = 0, values = 0, attributes = 0;
};
template <int Nodes, int Calls, int Values, int Attributes> struct call_tables {
  call_info calls[Calls + 1] = {};
  call_value values[Values + 1] = {};
  call_attribute attributes[Attributes + 1] = {};
  int call_of[Nodes + 1] = {};
};

/// Records a step as it is.
struct unlowered {
  template <class Step> static constexpr void record(builder& b) {
    scope top(b);
    Step{}(b);
    b.finish();
  }
};
/// Records a step once, and numbers what is there as the graph without dead code does: then `keep(recorder, numbers, calls)`.
template <class Step, class How, class Keep> constexpr auto record_calls(Keep keep) {
  builder b;
  call_list all;
  b.calls = &all;
  How::template record<Step>(b);
  return keep(b, live_numbers(b), all);
}
/// Nodes are found again, so a call's may be few, or none; what nobody needs is -1.
template <class Tables> constexpr void freeze_calls(const call_list& all, const list<int>& number, Tables& t) {
  copy_table(all.calls.data, all.calls.count, t.calls);
  copy_table(all.values.data, all.values.count, t.values);
  copy_table(all.attributes.data, all.attributes.count, t.attributes);
  list<int> innermost(number.size(), -1);
  for (int c = 0; c < all.calls.size(); ++c) {   // those within come later
    for (int i = all.calls[c].first; i < all.calls[c].last; ++i) innermost[i] = c;
    t.calls[c].first = t.calls[c].last = 0;
  }
  for (int i = 0; i < number.size(); ++i) {
    if (number[i] < 0) continue;
    t.call_of[number[i]] = innermost[i];
    for (int c = innermost[i]; c >= 0; c = t.calls[c].parent) {
      call_info& call = t.calls[c];
      if (call.last == 0 || number[i] < call.first) call.first = number[i];
      if (number[i] >= call.last) call.last = number[i] + 1;
    }
  }
  for (int k = 0; k < all.values.size(); ++k)
    if (t.values[k].node >= 0) t.values[k].node = number[t.values[k].node];
}

}  // namespace detail

/// The graph of a step before any pass has changed it, with the calls of layers and of functions with their attributes: what
/// summaries, pictures and exporters read. A constant that costs those alone who ask for it. The step must be right. `How` may
/// lower it: then it is the graph that is planned, with the same calls.
template <class Step, class How = detail::unlowered> struct semantic_graph {
  static constexpr detail::semantic_size size = detail::record_calls<Step, How>([](const builder& b, const list<int>& number, const call_list& all) {
    return detail::semantic_size{detail::measure(b, number), all.calls.size(), all.values.size(), all.attributes.size()};
  });
  struct tables {
    tfx::graph<size.graph.nodes, size.graph.edges, size.graph.geometries, size.graph.leaves, size.graph.names, size.graph.paths, size.graph.regions> graph;
    detail::call_tables<size.graph.nodes, size.calls, size.values, size.attributes> calls;
  };
  static constexpr tables value = detail::record_calls<Step, How>([](const builder& b, const list<int>& number, const call_list& all) {
    tables t;
    detail::freeze(b, number, t.graph);
    detail::freeze_calls(all, number, t.calls);
    return t;
  });
  static constexpr semantic_view view() {
    return {value.graph.view(), value.calls.calls, value.calls.values, value.calls.attributes, value.calls.call_of, size.calls};
  }
};

}  // namespace tfx
