// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: strings

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include <tfx/io/protobuf_writer.hpp>
#include <tfx/io/record_frame.hpp>

/// Records of TensorBoard's event files. What is written has the form of TensorFlow 2: a value is a tensor, and says which page
/// shows it.
namespace tfx::summary {

/// The page that shows a value, and what that page wants to know.
struct event_kind {
  std::string_view page;
  std::string_view content = {};
};

/// Appends an event. `put(event)` writes what it is about.
template <class F> void append_event(std::string& out, double wall_time, std::int64_t step, F put) {
  io::append_record(out, [&](std::string& bytes) {
    io::protobuf_writer event(bytes);
    event.number(1, wall_time);
    if (step) event.integer(2, step);
    put(event);
  });
}

/// Appends a value. `put(tensor)` writes a tensor, with one of the functions below.
template <class F> void append_value(std::string& out, double wall_time, std::int64_t step, std::string_view tag, const event_kind& kind, F put) {
  append_event(out, wall_time, step, [&](io::protobuf_writer& event) {
    event.message(5, [&](io::protobuf_writer& summary) {
      summary.message(1, [&](io::protobuf_writer& value) {
        value.bytes(1, tag);
        value.message(8, put);
        value.message(9, [&](io::protobuf_writer& metadata) {
          metadata.message(1, [&](io::protobuf_writer& plugin) {
            plugin.bytes(1, kind.page);
            if (!kind.content.empty()) plugin.bytes(2, kind.content);
          });
        });
      });
    });
  });
}

inline void put_extents(io::protobuf_writer& tensor, std::initializer_list<std::int64_t> extents) {
  tensor.message(2, [&](io::protobuf_writer& shape) {
    for (const std::int64_t extent : extents) shape.message(2, [&](io::protobuf_writer& dim) { dim.integer(1, extent); });
  });
}
/// A tensor of float, double, std::int32_t or std::uint8_t.
template <class T> void put_numbers(io::protobuf_writer& tensor, std::initializer_list<std::int64_t> extents, std::span<const T> numbers) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::uint8_t>);
  tensor.integer(1, std::is_same_v<T, float> ? 1 : std::is_same_v<T, double> ? 2 : std::is_same_v<T, std::int32_t> ? 3 : 4);
  put_extents(tensor, extents);
  tensor.packed(4, numbers);
}
/// A tensor of strings; they are written after it with `tensor.bytes(8, text)`, one by one.
inline void put_strings(io::protobuf_writer& tensor, std::initializer_list<std::int64_t> extents) {
  tensor.integer(1, 7);
  put_extents(tensor, extents);
}

}  // namespace tfx::summary
