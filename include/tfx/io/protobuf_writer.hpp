// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: strings

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace tfx::io {

/// Writes a message in Protocol Buffers' wire format, field by field, at the end of a string.
///
///     protobuf_writer event(bytes);
///     event.integer(2, step);
///     event.message(5, [&](protobuf_writer& summary) { summary.bytes(1, "loss"); });
///
/// There are only four forms on the wire, and nothing foreign is read here: these few lines spare who writes logs another library.
///
/// Source     https://protobuf.dev/programming-guides/encoding
class protobuf_writer {
public:
  explicit protobuf_writer(std::string& out) : out_(out) {}

  /// int32, int64, uint32, uint64, bool, enum.
  [[gnu::noinline]] void integer(int field, std::int64_t value) {
    key(field, 0);
    varint(std::uint64_t(value));
  }
  [[gnu::noinline]] void number(int field, double value) {
    key(field, 1);
    append(&value, 8);
  }
  [[gnu::noinline]] void number(int field, float value) {
    key(field, 5);
    append(&value, 4);
  }
  /// fixed32.
  [[gnu::noinline]] void fixed(int field, std::uint32_t value) {
    key(field, 5);
    append(&value, 4);
  }
  /// string and bytes, and messages that are encoded already.
  [[gnu::noinline]] void bytes(int field, std::string_view value) {
    key(field, 2);
    varint(value.size());
    out_.append(value);
  }
  /// A repeated field of numbers.
  template <class T> void packed(int field, std::span<const T> values) { bytes(field, {reinterpret_cast<const char*>(values.data()), values.size_bytes()}); }
  /// A repeated field of int64, uint64 and the like.
  void packed_integers(int field, std::span<const std::int64_t> values) {
    message(field, [&](protobuf_writer& to) { for (const std::int64_t x : values) to.varint(std::uint64_t(x)); });
  }
  /// `write(*this)` writes the fields of a message that is one itself.
  template <class F> void message(int field, F write) {
    key(field, 2);
    const std::size_t at = out_.size();
    out_.push_back('\0');
    write(*this);
    close(at);
  }

private:
  [[gnu::noinline]] void key(int field, int form) { varint(std::uint64_t(field) << 3 | std::uint64_t(form)); }
  void varint(std::uint64_t value) {
    for (; value > 127; value >>= 7) out_.push_back(char(value | 128));
    out_.push_back(char(value));
  }
  void append(const void* value, std::size_t size) { out_.append(static_cast<const char*>(value), size); }
  /// The length, of which one byte is there, goes before the bytes.
  [[gnu::noinline]] void close(std::size_t at) {
    std::uint64_t size = out_.size() - at - 1;
    if (size > 127) out_.insert(at, std::size_t(std::bit_width(size) - 1) / 7, '\0');
    for (; size > 127; size >>= 7) out_[at++] = char(size | 128);
    out_[at] = char(size);
  }

  std::string& out_;
};

}  // namespace tfx::io
