// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <cstdint>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <tfx/summary/event_writer.hpp>
#include <tfx/summary/picture.hpp>

namespace tfx::summary {

/// Images one after the other, each in rows of pixels: 1 channel is grey, 2 grey and opacity, 3 red, green and blue, 4 and opacity.
struct image_extents {
  int height, width, channels = 1, images = 1;
};

namespace detail {

TFX_COLD inline void append_images(std::string& out, double time, std::string_view tag, std::int64_t step, const image_extents& e, const std::uint8_t* bytes) {
  append_value(out, time, step, tag, {"images"}, [&](io::protobuf_writer& tensor) {
    put_strings(tensor, {2 + e.images});
    tensor.bytes(8, std::to_string(e.width));
    tensor.bytes(8, std::to_string(e.height));
    for (int i = 0; i < e.images; ++i) {
      const std::vector<std::uint8_t> file = png_of(e.width, e.height, e.channels, bytes + std::size_t(i) * std::size_t(e.height * e.width * e.channels));
      tensor.bytes(8, {reinterpret_cast<const char*>(file.data()), file.size()});
    }
  });
}
/// 0 .. 1 as 0 .. 255; what lies outside is cut off, NaN is 0.
template <class T> std::uint8_t pixel_byte(T x) {
  if constexpr (std::is_same_v<T, std::uint8_t>) return x;
  else return std::uint8_t(x > T(0) ? x < T(1) ? double(x) * 255 + 0.5 : 255.0 : 0.0);
}

}  // namespace detail

/// Images, for the page of that name: bytes, or numbers from 0 to 1, in anything with data() and size(). They are copied; the writer's
/// thread makes PNG files of them.
///
///     summary::image(log, "digits", pixels, {.height = 28, .width = 28, .images = 3}, step);
template <class Pixels> void image(event_writer& log, std::string_view tag, const Pixels& pixels, const image_extents& e, std::int64_t step) {
  const std::span all(std::data(pixels), std::size(pixels));
  const std::size_t wanted = std::size_t(e.height) * std::size_t(e.width) * std::size_t(e.channels) * std::size_t(e.images);
  if (e.height < 1 || e.width < 1 || e.images < 0 || e.channels < 1 || e.channels > 4 || all.size() != wanted)
    throw std::invalid_argument("tfx::summary::image: " + std::string(tag) + ": expected " + std::to_string(e.images) + " x " + std::to_string(e.height) + " x " + std::to_string(e.width) + " x " +
                                std::to_string(e.channels) + " pixels, with 1 to 4 channels, found " + std::to_string(all.size()));
  if (!log.due(tag, step)) return;
  using T = std::remove_cv_t<typename decltype(all)::element_type>;
  log.write_later(all.size_bytes(), [tag = std::string(tag), copy = std::vector<T>(all.begin(), all.end()), e, step](std::string& out, double time) {
    if constexpr (std::is_same_v<T, std::uint8_t>) {
      detail::append_images(out, time, tag, step, e, copy.data());
    } else {
      std::vector<std::uint8_t> bytes;
      bytes.reserve(copy.size());
      for (const T x : copy) bytes.push_back(detail::pixel_byte(x));
      detail::append_images(out, time, tag, step, e, bytes.data());
    }
  });
}
/// A picture of one's own, or a grid of images (summary/image_grid.hpp).
///
///     summary::image(log, "answers", summary::image_grid(data.test, predicted), step);
TFX_COLD inline void image(event_writer& log, std::string_view tag, picture what, std::int64_t step) {
  if (!log.due(tag, step)) return;
  const std::size_t size = std::size_t(what.width()) * std::size_t(what.height()) * 3;
  log.write_later(size, [tag = std::string(tag), what = std::move(what), step](std::string& out, double time) {
    append_value(out, time, step, tag, {"images"}, [&](io::protobuf_writer& tensor) {
      const std::vector<std::uint8_t> file = what.png();
      put_strings(tensor, {3});
      tensor.bytes(8, std::to_string(what.width()));
      tensor.bytes(8, std::to_string(what.height()));
      tensor.bytes(8, {reinterpret_cast<const char*>(file.data()), file.size()});
    });
  });
}

}  // namespace tfx::summary
