// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <string>
#include <vector>

#include <tfx/summary/event_writer.hpp>

namespace tfx::summary {

/// A value between two others: tags of scalars.
struct chart_margin {
  std::string value, lower, upper;
};
/// Scalars in one picture: all whose tags match one of some regular expressions, or values with margins around them.
struct chart {
  std::string title;
  std::vector<std::string> tags = {};
  std::vector<chart_margin> margins = {};
};
struct chart_category {
  std::string title;
  std::vector<chart> charts;
  bool closed = false;
};

/// What the page Custom Scalars shows.
///
///     summary::custom_scalars(log, {{"quality", {{"losses", {"epoch_loss", "batch_loss"}}}}});
inline void custom_scalars(event_writer& log, const std::vector<chart_category>& categories) {
  std::string layout;
  io::protobuf_writer all(layout);
  for (const chart_category& c : categories) {
    all.message(2, [&](io::protobuf_writer& category) {
      category.bytes(1, c.title);
      for (const chart& one : c.charts) {
        category.message(2, [&](io::protobuf_writer& w) {
          w.bytes(1, one.title);
          if (one.margins.empty()) {
            w.message(2, [&](io::protobuf_writer& lines) {
              for (const std::string& tag : one.tags) lines.bytes(1, tag);
            });
          } else {
            w.message(3, [&](io::protobuf_writer& margin) {
              for (const chart_margin& m : one.margins) {
                margin.message(1, [&](io::protobuf_writer& series) {
                  series.bytes(1, m.value);
                  series.bytes(2, m.lower);
                  series.bytes(3, m.upper);
                });
              }
            });
          }
        });
      }
      if (c.closed) category.integer(3, 1);
    });
  }
  log.write([&](std::string& out, double time) {
    append_value(out, time, 0, "custom_scalars__config__", {"custom_scalars"}, [&](io::protobuf_writer& tensor) {
      put_strings(tensor, {});
      tensor.bytes(8, layout);
    });
  }, true);
}

}  // namespace tfx::summary
