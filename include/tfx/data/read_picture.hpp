// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif
#if defined(__ARM_NEON)
#include <arm_neon.h>
#endif

#include <memory>
#include <vector>

#include <tfx/io/input_file.hpp>

// The library's own copy of stb_image: in a namespace, after the headers that it includes, and with nothing left defined.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#pragma GCC diagnostic ignored "-Wunused-function"
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma push_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma push_macro("STB_IMAGE_IMPLEMENTATION")
#pragma push_macro("STB_IMAGE_STATIC")
#pragma push_macro("STBI_NO_STDIO")
#pragma push_macro("STBI_NO_LINEAR")
#pragma push_macro("STBI_NO_HDR")
#pragma push_macro("STBI_ONLY_PNG")
#pragma push_macro("STBI_ONLY_JPEG")
#pragma push_macro("STBI_ONLY_BMP")
#pragma push_macro("STBIDEF")
#undef STBI_INCLUDE_STB_IMAGE_H
#undef STB_IMAGE_IMPLEMENTATION
#undef STB_IMAGE_STATIC
#undef STBI_NO_STDIO
#undef STBI_NO_LINEAR
#undef STBI_NO_HDR
#undef STBI_ONLY_PNG
#undef STBI_ONLY_JPEG
#undef STBI_ONLY_BMP
#undef STBIDEF
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STBI_NO_HDR
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
namespace tfx::data::detail::stb {
using ::abs;   // not tfx::abs, which is nearer
#if __has_include(<stb/stb_image.h>)
#include <stb/stb_image.h>
#else
#include <stb_image.h>
#endif
}  // namespace tfx::data::detail::stb
#pragma pop_macro("STBI_INCLUDE_STB_IMAGE_H")
#pragma pop_macro("STB_IMAGE_IMPLEMENTATION")
#pragma pop_macro("STB_IMAGE_STATIC")
#pragma pop_macro("STBI_NO_STDIO")
#pragma pop_macro("STBI_NO_LINEAR")
#pragma pop_macro("STBI_NO_HDR")
#pragma pop_macro("STBI_ONLY_PNG")
#pragma pop_macro("STBI_ONLY_JPEG")
#pragma pop_macro("STBI_ONLY_BMP")
#pragma pop_macro("STBIDEF")
#pragma GCC diagnostic pop

namespace tfx::data {

/// Pixels of 8 bits, row by row from the upper left corner, channels last.
struct picture {
  int height = 0, width = 0, channels = 0;
  std::unique_ptr<unsigned char, void (*)(void*)> bytes{nullptr, detail::stb::stbi_image_free};
};

/// A picture from the bytes of a PNG, JPEG or BMP file: 1 channel (grey), 3 (red, green, blue) or 4 (and opacity), converted where
/// the file has others; 0: as many as it has. Without pixels where the bytes are none.
inline picture decode_picture(const void* file, std::size_t size, int channels = 0) {
  picture p;
  int given = 0;
  if (size > std::size_t(INT_MAX)) return p;
  p.bytes.reset(detail::stb::stbi_load_from_memory(static_cast<const unsigned char*>(file), int(size), &p.width, &p.height, &given, channels));
  p.channels = channels == 0 ? given : channels;
  return p;
}
/// A picture file.
///
/// Errors     io::file_error: no such file; no PNG, JPEG or BMP, or a damaged one
inline picture read_picture(const std::filesystem::path& path, int channels = 0) {
  io::input_file file(path, io::packing::none);
  std::vector<unsigned char> bytes(std::size_t(file.most()));
  file.read(bytes.data(), bytes.size(), "a picture");
  picture p = decode_picture(bytes.data(), bytes.size(), channels);
  if (!p.bytes) throw io::file_error(path, io::file_error::nowhere, "a picture as PNG, JPEG or BMP", detail::stb::stbi_failure_reason());
  return p;
}

enum class resizing : std::uint8_t { bilinear, nearest };

/// The pixels of a picture of another size, as numbers from 0 to 255: [height, width, channels].
///
/// The centre of pixel i is at i + 1/2. `bilinear` weighs the four pixels around a place, `nearest` takes the one that it lies in;
/// neither looks further where a picture gets smaller.
/// Source     what tf.image.resize computes, without antialiasing
inline void resize(const picture& p, float* to, int height, int width, resizing method = resizing::bilinear) {
  struct place {
    std::size_t low, high;
    float share;   // of the high one
  };
  const auto places = [&](int from, int count, std::size_t stride) {
    std::vector<place> all(static_cast<std::size_t>(count));
    const float scale = float(from) / float(count);
    for (int i = 0; i < count; ++i) {
      const float at = method == resizing::nearest ? (float(i) + 0.5f) * scale : (float(i) + 0.5f) * scale - 0.5f;
      const float low = ::floorf(at), high = method == resizing::nearest ? low : ::ceilf(at);
      const auto inside = [&](float x) { return static_cast<std::size_t>(x < 0 ? 0 : x > float(from - 1) ? float(from - 1) : x) * stride; };
      all[std::size_t(i)] = {inside(low), inside(high), at - low};
    }
    return all;
  };
  const auto channels = std::size_t(p.channels);
  const std::vector<place> y = places(p.height, height, std::size_t(p.width) * channels), x = places(p.width, width, channels);
  const unsigned char* const from = p.bytes.get();
  for (const place& row : y)
    for (const place& column : x)
      for (std::size_t c = 0; c < channels; ++c) {
        const auto at = [&](std::size_t r, std::size_t k) { return float(from[r + k + c]); };
        if (method == resizing::nearest) {
          *to++ = at(row.low, column.low);
          continue;
        }
        const float top = at(row.low, column.low) + (at(row.low, column.high) - at(row.low, column.low)) * column.share;
        const float bottom = at(row.high, column.low) + (at(row.high, column.high) - at(row.high, column.low)) * column.share;
        *to++ = top + (bottom - top) * row.share;
      }
}

}  // namespace tfx::data
