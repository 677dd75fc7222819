// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <charconv>
#include <string>
#include <string_view>

#include <tfx/summary/event_writer.hpp>
#include <tfx/summary/graph_table.hpp>
#include <tfx/train/graph_dot.hpp>

namespace tfx {

namespace detail {

/// Calls f for each piece of a text.
template <class F> void each_piece(std::string_view text, char between, F f) {
  while (!text.empty()) {
    const std::size_t end = text.find(between);
    f(text.substr(0, end));
    text = end == text.npos ? std::string_view() : text.substr(end + 1);
  }
}
/// A table of a graph as TensorFlow's GraphDef.
TFX_COLD inline std::string graph_definition(std::string_view table) {
  std::string out;
  io::protobuf_writer graph(out);
  each_piece(table, '\n', [&](std::string_view line) {
    std::string_view column[5];
    for (std::string_view& c : column) {
      const std::size_t end = line.find('\t');
      c = line.substr(0, end);
      line = end == line.npos ? std::string_view() : line.substr(end + 1);
    }
    graph.message(1, [&](io::protobuf_writer& node) {
      node.bytes(1, column[0]);
      node.bytes(2, column[1]);
      each_piece(column[2], ' ', [&](std::string_view input) { node.bytes(3, input); });
      const auto attribute = [&](std::string_view name, auto put) {
        node.message(5, [&](io::protobuf_writer& entry) {
          entry.bytes(1, name);
          entry.message(2, put);
        });
      };
      attribute("_output_shapes", [&](io::protobuf_writer& value) {
        value.message(1, [&](io::protobuf_writer& list) {
          list.message(7, [&](io::protobuf_writer& shape) {
            each_piece(column[3], ' ', [&](std::string_view extent) {
              int n = 0;
              std::from_chars(extent.data(), extent.data() + extent.size(), n);
              shape.message(2, [&](io::protobuf_writer& dim) { dim.integer(1, n); });
            });
          });
        });
      });
      each_piece(column[4], ';', [&](std::string_view pair) {
        const std::size_t is = pair.find('=');
        if (is != pair.npos) attribute(pair.substr(0, is), [&](io::protobuf_writer& value) { value.bytes(2, pair.substr(is + 1)); });
      });
    });
  });
  graph.message(4, [](io::protobuf_writer& versions) { versions.integer(1, 22); });
  return out;
}
TFX_COLD inline void write_graph_table(summary::event_writer& log, std::string_view table) {
  const std::string definition = graph_definition(table);
  log.write([&](std::string& out, double time) { summary::append_event(out, time, 0, [&](io::protobuf_writer& event) { event.bytes(4, definition); }); }, true);
}

}  // namespace detail

/// The graph of a network's prediction as it was written, for TensorBoard's page Graphs: layers and functions are scopes, edges have shapes.
/// With a recipe also its loss and metrics.
///
///     write_graph_event<net, input<64, 28, 28>>(log);
template <const auto& Net, class Input, const auto&... Recipe> void write_graph_event(summary::event_writer& log) {
  using step = typename detail::drawn_step<Net, detail::list_of_inputs<Input>, Recipe...>::type;
  [[maybe_unused]] tell<verdict<step>::right, verdict<step>> told;
  if constexpr (verdict<step>::right) detail::write_graph_table(log, constant_text<detail::graph_table_text<step>>::value);
}

}  // namespace tfx
