// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// A text, in Markdown.
///
///     summary::text(log, "notes", "The **second** attempt, with dropout.", 0);
inline void text(event_writer& log, std::string_view tag, std::string_view markdown, std::int64_t step) {
  if (!log.due(tag, step)) return;
  log.write([&](std::string& out, double time) {
    append_value(out, time, step, tag, {"text"}, [&](io::protobuf_writer& tensor) {
      put_strings(tensor, {});
      tensor.bytes(8, markdown);
    });
  });
}
/// A table of texts, row by row.
inline void text(event_writer& log, std::string_view tag, std::span<const std::string> cells, int columns, std::int64_t step) {
  if (columns < 1 || cells.size() % std::size_t(columns) != 0)
    throw std::invalid_argument("tfx::summary::text: " + std::string(tag) + ": expected rows of " + std::to_string(columns) + " cells, found " + std::to_string(cells.size()) + " cells");
  if (!log.due(tag, step)) return;
  log.write([&](std::string& out, double time) {
    append_value(out, time, step, tag, {"text"}, [&](io::protobuf_writer& tensor) {
      put_strings(tensor, {std::int64_t(cells.size()) / columns, columns});
      for (const std::string& cell : cells) tensor.bytes(8, cell);
    });
  });
}

}  // namespace tfx::summary
