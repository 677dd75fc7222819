// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include <tfx/core/config.hpp>
#include <tfx/io/atomic_file.hpp>

// The library's own copy of stb_image_write: in a namespace, after the headers that it includes, and with nothing left
// defined, so that a program can use stb as it likes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma push_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma push_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_WRITE_STATIC")
#pragma push_macro("STBI_WRITE_NO_STDIO")
#pragma push_macro("STBIWDEF")
#undef INCLUDE_STB_IMAGE_WRITE_H
#undef STB_IMAGE_WRITE_IMPLEMENTATION
#undef STB_IMAGE_WRITE_STATIC
#undef STBI_WRITE_NO_STDIO
#undef STBIWDEF
#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
namespace tfx::summary::detail::stb {
using ::abs;   // not tfx::abs, which is nearer
#if __has_include(<stb/stb_image_write.h>)
#include <stb/stb_image_write.h>
#else
#include <stb_image_write.h>
#endif
}  // namespace tfx::summary::detail::stb
#pragma pop_macro("INCLUDE_STB_IMAGE_WRITE_H")
#pragma pop_macro("STB_IMAGE_WRITE_IMPLEMENTATION")
#pragma pop_macro("STB_IMAGE_WRITE_STATIC")
#pragma pop_macro("STBI_WRITE_NO_STDIO")
#pragma pop_macro("STBIWDEF")
#pragma GCC diagnostic pop

namespace tfx::summary {

namespace detail {
/// Rows of bytes as a PNG file: 1 grey, 2 grey and opacity, 3 red, green, blue, 4 and opacity.
TFX_COLD inline std::vector<std::uint8_t> png_of(int width, int height, int channels, const void* bytes) {
  std::vector<std::uint8_t> file;
  const auto append = [](void* context, void* data, int size) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    auto* out = static_cast<std::vector<std::uint8_t>*>(context);
    out->insert(out->end(), from, from + size);
  };
  if (detail::stb::stbi_write_png_to_func(append, &file, width, height, channels, bytes, width * channels) == 0) {
    throw std::runtime_error("tfx::summary::picture: no memory for the PNG file");
  }
  return file;
}
}  // namespace detail

struct rgb {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  constexpr bool operator==(const rgb&) const = default;
};

/// A picture in memory; (0, 0) is the upper left corner. Drawing outside of it does nothing.
class picture {
 public:
  picture(int width, int height, rgb background = {255, 255, 255}) : width_(width), height_(height) {
    if (width < 1 || height < 1) throw std::invalid_argument("tfx::summary::picture: a width and height of at least 1");
    pixels_.assign(std::size_t(width) * std::size_t(height), background);
  }

  int width() const { return width_; }
  int height() const { return height_; }
  rgb at(int x, int y) const { return pixels_[std::size_t(y) * std::size_t(width_) + std::size_t(x)]; }

  void set(int x, int y, rgb colour) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    pixels_[std::size_t(y) * std::size_t(width_) + std::size_t(x)] = colour;
  }

  void fill(int x, int y, int width, int height, rgb colour) {
    for (int row = y; row < y + height; ++row) {
      for (int column = x; column < x + width; ++column) set(column, row, colour);
    }
  }

  /// The border of a rectangle, drawn inwards.
  void frame(int x, int y, int width, int height, int thickness, rgb colour) {
    fill(x, y, width, thickness, colour);
    fill(x, y + height - thickness, width, thickness, colour);
    fill(x, y, thickness, height, colour);
    fill(x + width - thickness, y, thickness, height, colour);
  }

  /// The picture as the bytes of a PNG file.
  std::vector<std::uint8_t> png() const {
    static_assert(sizeof(rgb) == 3);
    return detail::png_of(width_, height_, 3, pixels_.data());
  }

 private:
  int width_;
  int height_;
  std::vector<rgb> pixels_;
};

/// Writes a PNG file; a file of that name is replaced as a whole or stays as it was.
///
/// Errors     io::file_error
inline void write_png(const std::filesystem::path& path, const picture& what) {
  const std::vector<std::uint8_t> bytes = what.png();
  io::atomic_file file(path);
  file.write(bytes.data(), bytes.size());
  file.commit();
}

}  // namespace tfx::summary
