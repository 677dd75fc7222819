// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string_view>

#include <tfx/core/put_shape.hpp>

namespace tfx {

/// Text written while compiling. Without a destination it only counts.
struct text_writer {
  char* to = nullptr;
  int size = 0;
  int column = 0;   ///< of the current line

  constexpr void put(char c) {
    if (to) to[size] = c;
    ++size;
    const bool continues = (static_cast<unsigned char>(c) & 0xC0) == 0x80;   // all bytes of a character are one column
    column = c == '\n' ? 0 : column + (continues ? 0 : 1);
  }
  constexpr void put(std::string_view s) {
    for (char c : s) put(c);
  }
  /// Digits in groups of three: 101,770.
  constexpr void put(long long v) {
    if (v < 0) {
      put('-');
      v = -v;
    }
    put_group(v, 0);
  }
  constexpr void put(int v) { put(static_cast<long long>(v)); }
  /// A number that is not negative, with one decimal.
  struct tenths {
    double value;
  };
  constexpr void put(tenths v) {
    const auto rounded = static_cast<long long>(v.value * 10 + 0.5);
    put(rounded / 10);
    put('.');
    put(char('0' + rounded % 10));
  }
  /// 1 launch, 2 launches.
  constexpr void counted(int n, std::string_view one, std::string_view more) {
    put(n);
    put(' ');
    put(n == 1 ? one : more);
  }
  constexpr void put(const dims& d, std::string_view bound = "<=") { put_shape(*this, d, bound); }
  template <class... Piece> constexpr void line(const Piece&... piece) {
    (put(piece), ...);
    put('\n');
  }
  constexpr void pad_to(int end) {
    while (column < end) put(' ');
  }
  /// Flush right, ending before column `end`.
  template <class Piece> constexpr void right(const Piece& piece, int end) {
    text_writer probe;
    probe.put(piece);
    pad_to(end - probe.column);
    put(piece);
  }
  template <class Piece> static constexpr int width(const Piece& piece) {
    text_writer probe;
    probe.put(piece);
    return probe.column;
  }

private:
  constexpr void put_group(long long v, int digits) {
    if (v >= 10) put_group(v / 10, digits + 1);
    put(char('0' + v % 10));
    if (digits > 0 && digits % 3 == 0) put(',');
  }
};

/// `Text::write(text_writer&)` as a constant: written twice, once for its size. Nothing that it was made from reaches
/// the program.
template <class Text> struct constant_text {
  static constexpr int size = [] {
    text_writer w;
    Text::write(w);
    return w.size;
  }();
  struct storage {
    char characters[size + 1] = {};
  };
  static constexpr storage written = [] {
    storage s;
    text_writer w{s.characters};
    Text::write(w);
    return s;
  }();
  static constexpr std::string_view value{written.characters, std::size_t(size)};
};

}  // namespace tfx
