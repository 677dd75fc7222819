// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <math.h>
#include <stdlib.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/summary/picture.hpp>

// As in picture.hpp: a copy of its own.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma push_macro("INCLUDE_STB_EASY_FONT_H")
#undef INCLUDE_STB_EASY_FONT_H
namespace tfx::summary::detail::stb {
using ::ceil;   // not tfx::ceil, which is nearer
#if __has_include(<stb/stb_easy_font.h>)
#include <stb/stb_easy_font.h>
#else
#include <stb_easy_font.h>
#endif
}  // namespace tfx::summary::detail::stb
#pragma pop_macro("INCLUDE_STB_EASY_FONT_H")
#pragma GCC diagnostic pop

namespace tfx::summary {

/// A line is this many pixels high at scale 1, gaps included.
inline constexpr int text_height = 12;

namespace detail {
/// The font has ASCII only and trusts its input.
inline std::string printable(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool continues = (static_cast<unsigned char>(c) & 0xc0) == 0x80;
    if (!continues) out += c >= ' ' && c <= '~' ? c : '?';
  }
  return out;
}
}  // namespace detail

inline int text_width(std::string_view text, int scale = 1) {
  std::string line = detail::printable(text);
  return detail::stb::stb_easy_font_width(line.data()) * scale;
}

/// The text, cut so that it is at most `width` pixels wide; a cut is marked by two dots.
inline std::string fitting_text(std::string_view text, int width, int scale = 1) {
  std::string line = detail::printable(text);
  if (text_width(line, scale) <= width) return line;
  while (!line.empty() && text_width(line + "..", scale) > width) line.pop_back();
  return line + "..";
}

/// Draws one line of text whose upper left corner is (x, y).
inline void draw_text(picture& out, int x, int y, std::string_view text, rgb colour, int scale = 1) {
  std::string line = detail::printable(text);
  struct vertex {
    float x, y, z;
    unsigned char colour[4];
  };
  constexpr std::size_t most_strokes = 64;   // of one character
  std::vector<vertex> vertices((line.size() + 1) * most_strokes * 4);
  const int quads = detail::stb::stb_easy_font_print(0, 0, line.data(), nullptr, vertices.data(),
                                                     static_cast<int>(vertices.size() * sizeof(vertex)));
  for (int i = 0; i < quads; ++i) {
    // Every stroke is a rectangle at whole coordinates, with its upper left corner first and its lower right one third.
    const vertex& upper_left = vertices[std::size_t(i) * 4];
    const vertex& lower_right = vertices[std::size_t(i) * 4 + 2];
    const int left = static_cast<int>(upper_left.x);
    const int top = static_cast<int>(upper_left.y);
    out.fill(x + left * scale, y + top * scale, (static_cast<int>(lower_right.x) - left) * scale,
             (static_cast<int>(lower_right.y) - top) * scale, colour);
  }
}

}  // namespace tfx::summary
