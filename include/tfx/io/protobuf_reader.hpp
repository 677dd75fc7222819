// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

/// Messages of Protocol Buffers: fields with a number each, in any order.
///
///     varint number << 3 | kind, then 0: a varint, 1: 8 bytes, 2: a length and so many bytes, 5: 4 bytes
namespace tfx::io {

/// Reads the fields of a message.
///
///     for (io::protobuf_reader in(bytes); in.next();)
///       if (in.is_bytes(1)) name = in.bytes;
///     if (!in.right) ...
struct protobuf_reader {
  int field = 0, kind = 0;
  std::uint64_t number = 0;     ///< of kinds 0, 1 and 5
  std::string_view bytes{};     ///< of kind 2
  bool right = true;            ///< false: the bytes are no message

  explicit protobuf_reader(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  bool next() {
    if (at_ == end_) return false;
    std::uint64_t key = varint();
    field = int(key >> 3 & 0x1fffffff);
    kind = int(key & 7);
    if (field == 0) right = false;
    if (kind == 0) number = varint();
    else if (kind == 1) number = fixed(8);
    else if (kind == 5) number = fixed(4);
    else if (kind == 2) take(varint());
    else right = false;
    return right;
  }
  /// Is this field number n? It has to be bytes: a string or a message.
  bool is_bytes(int n) {
    if (field != n) return false;
    if (kind != 2) right = false;
    return right;
  }
  bool at_end() const { return at_ == end_; }
  std::size_t left() const { return std::size_t(end_ - at_); }

  /// Of packed numbers.
  std::uint64_t varint() {
    std::uint64_t x = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (at_ == end_) break;
      const auto b = static_cast<unsigned char>(*at_++);
      if (shift < 64) x |= std::uint64_t(b & 0x7f) << shift;
      if (b < 0x80) return x;
    }
    right = false;
    at_ = end_;
    return 0;
  }
  std::uint64_t fixed(std::size_t n) {
    std::uint64_t x = 0;
    if (std::size_t(end_ - at_) < n) {
      right = false;
      at_ = end_;
      return 0;
    }
    for (std::size_t i = 0; i < n; ++i) x |= std::uint64_t(static_cast<unsigned char>(at_[i])) << 8 * i;
    at_ += n;
    return x;
  }

private:
  void take(std::uint64_t n) {
    if (!right || n > std::uint64_t(end_ - at_)) {
      right = false;
      return;
    }
    bytes = {at_, std::size_t(n)};
    at_ += n;
  }
  const char* at_;
  const char* end_;
};

}  // namespace tfx::io
