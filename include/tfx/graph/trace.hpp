// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>

namespace tfx {

/// Runs `Step{}(builder&)` once on a recorder. A step is a default-constructible callable type; it declares inputs, calls the
/// user's code and declares outputs.
template <class Step> constexpr void record(builder& b) {
  scope top(b);
  Step{}(b);
  b.finish();
}

namespace detail {
template <class Step> constexpr graph_size trace_size() {
  builder b;
  record<Step>(b);
  return measure(b);
}
template <class Step, class Graph> constexpr Graph trace_graph() {
  builder b;
  record<Step>(b);
  return freeze<Graph>(b);
}
}  // namespace detail

/// The graph of a step as constants: traced twice, once for its size, since memory can't leave a constant evaluation.
template <class Step> struct traced_step {
  static constexpr graph_size size = detail::trace_size<Step>();
  using graph_type = tfx::graph<size.nodes, size.edges, size.geometries, size.leaves, size.names, size.paths, size.regions>;
  static constexpr graph_type graph = detail::trace_graph<Step, graph_type>();
  static constexpr graph_view view() { return graph.view(); }
};

/// Records nothing: takes the place of a step with a mistake, so that one mistake gives one error.
struct empty_step {
  constexpr void operator()(builder&) const {}
};

/// The verdict on a step: is it right, and if not, the sentence.
template <class Step> struct verdict {
  static constexpr message value() { return traced_step<Step>::size.wrong; }
  static constexpr bool right = traced_step<Step>::size.wrong.size == 0;
};

}  // namespace tfx
