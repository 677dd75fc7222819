// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/summary/graph_dot.hpp>
#include <tfx/train/steps.hpp>

namespace tfx {

namespace detail {
template <const auto& Net, class List, const auto&... Recipe> struct drawn_step {
  using type = predict_step<Net, List>;
};
template <const auto& Net, class List, const auto& Recipe> struct drawn_step<Net, List, Recipe> {
  using type = recipe_step<Net, List, Recipe, false>;
};
template <class Step, drawn_as How> constexpr std::string_view dot_of() {
  [[maybe_unused]] tell<verdict<Step>::right, verdict<Step>> told;
  if constexpr (verdict<Step>::right) return constant_text<dot_text<Step, How>>::value;
  else return {};
}
}  // namespace detail

/// The graph of a network's prediction as it was written, with the calls of its layers and functions; with a recipe also its loss
/// and metrics.
///
///     constexpr semantic_view g = written_graph<net, input<64, 28, 28>>();
template <const auto& Net, class Input, const auto&... Recipe> constexpr semantic_view written_graph() {
  using step = typename detail::drawn_step<Net, detail::list_of_inputs<Input>, Recipe...>::type;
  [[maybe_unused]] tell<verdict<step>::right, verdict<step>> told;
  if constexpr (verdict<step>::right) return semantic_graph<step>::view();
  else return {};
}

/// A network as a picture in Graphviz's language: a node for each layer that calls no others, boxes for those that do, and the
/// functions between them, with attributes, axes and the shapes of results. With a recipe also its loss and metrics.
///
///     std::fputs(graph_dot<net, input<64, 28, 28>>().data(), stdout);   // | dot -Tsvg > net.svg
///
/// One constant text; nothing else of the graph is in the binary.
template <const auto& Net, class Input, const auto&... Recipe> constexpr std::string_view graph_dot() {
  return detail::dot_of<typename detail::drawn_step<Net, detail::list_of_inputs<Input>, Recipe...>::type, drawn_as::layers>();
}
/// The same with all operations that layers are made of, and their parameters.
template <const auto& Net, class Input, const auto&... Recipe> constexpr std::string_view operations_dot() {
  return detail::dot_of<typename detail::drawn_step<Net, detail::list_of_inputs<Input>, Recipe...>::type, drawn_as::operations>();
}

}  // namespace tfx
