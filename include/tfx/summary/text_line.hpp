// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <system_error>

#include <tfx/core/config.hpp>

namespace tfx::summary {

/// A line of text being put together in fixed memory. What does not fit is left out; columns are counted for UTF-8, and
/// numbers don't depend on the locale.
class text_line {
 public:
  std::string_view text() const { return {buffer_, size_}; }
  int columns() const { return columns_; }

  /// No more columns than this; colours take none.
  void limit(int columns) { limit_ = columns; }

  void clear() {
    size_ = 0;
    columns_ = 0;
  }

  TFX_COLD text_line& operator<<(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size()) {
      std::size_t next = i + 1;
      while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
      if (columns_ >= limit_ || size_ + (next - i) > sizeof buffer_ - reserve) return *this;
      std::memcpy(buffer_ + size_, text.data() + i, next - i);
      size_ += next - i;
      ++columns_;
      i = next;
    }
    return *this;
  }

  /// An escape sequence.
  TFX_COLD text_line& control(std::string_view sequence) {
    if (size_ + sequence.size() > sizeof buffer_) return *this;
    std::memcpy(buffer_ + size_, sequence.data(), sequence.size());
    size_ += sequence.size();
    return *this;
  }

  TFX_COLD text_line& operator<<(std::int64_t value) {
    char digits[24] = {};
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    return *this << std::string_view(digits, static_cast<std::size_t>(end - digits));
  }

  /// Four decimals, as Keras prints losses and metrics; powers of ten where those would show nothing.
  TFX_COLD text_line& number(double value) {
    const double size = value < 0 ? -value : value;
    const bool plain = value == 0 || (size >= 1e-3 && size < 1e7);
    return formatted(value, plain ? std::chars_format::fixed : std::chars_format::scientific, 4);
  }

  text_line& fixed(double value, int decimals) { return formatted(value, std::chars_format::fixed, decimals); }

  /// 51234 as 51,234.
  TFX_COLD text_line& grouped(std::int64_t value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    for (const char* at = digits; at != end; ++at) {
      if (at != digits && at[-1] != '-' && (end - at) % 3 == 0) *this << ",";
      *this << std::string_view(at, 1);
    }
    return *this;
  }

  /// 2.34s, 12s, 3m05s, 1h02m.
  TFX_COLD text_line& duration(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return *this << "?";
    if (seconds < 10) return fixed(seconds, 1) << "s";
    const auto whole = static_cast<std::int64_t>(seconds + 0.5);
    if (whole < 60) return *this << whole << "s";
    if (whole < 3600) return two_parts(whole / 60, "m", whole % 60, "s");
    return two_parts(whole / 3600, "h", whole / 60 % 60, "m");
  }

  text_line& padding(int columns) {
    for (int i = 0; i < columns; ++i) *this << " ";
    return *this;
  }

 private:
  /// Room that only escape sequences may use, so that a colour is always ended.
  static constexpr std::size_t reserve = 64;

  TFX_COLD text_line& formatted(double value, std::chars_format format, int decimals) {
    char digits[400];
    const auto result = std::to_chars(digits, digits + sizeof digits, value, format, decimals);
    if (result.ec != std::errc{}) return *this << "?";
    return *this << std::string_view(digits, static_cast<std::size_t>(result.ptr - digits));
  }

  TFX_COLD text_line& two_parts(std::int64_t large, std::string_view large_unit, std::int64_t small,
                       std::string_view small_unit) {
    *this << large << large_unit;
    if (small < 10) *this << "0";
    return *this << small << small_unit;
  }

  char buffer_[1024];
  std::size_t size_ = 0;
  int columns_ = 0;
  int limit_ = 1 << 20;
};

}  // namespace tfx::summary
