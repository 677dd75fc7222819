// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <tfx/summary/bitmap_text.hpp>
#include <tfx/summary/picture.hpp>

namespace tfx::summary {

struct grid_options {
  int columns = 8;
  int scale = 3;                  ///< one number becomes scale x scale pixels
  std::string_view title = {};
  bool invert = false;            ///< dark on white paper rather than light on black
};

/// What is written below an image. Where the second line says something else than the first, it is red.
struct grid_label {
  std::string truth;
  std::string predicted;
};

namespace detail {
inline constexpr rgb grid_paper = {255, 255, 255};
inline constexpr rgb grid_ink = {36, 41, 47};
inline constexpr rgb grid_faint = {208, 215, 222};
inline constexpr rgb grid_right = {26, 127, 55};
inline constexpr rgb grid_wrong = {207, 34, 46};

inline std::uint8_t grey_level(float value, bool invert) {
  const float inside = value > 0 ? (value < 1 ? value : 1.0f) : 0.0f;   // NaN is black
  return static_cast<std::uint8_t>((invert ? 1 - inside : inside) * 255 + 0.5f);
}

/// How an example's axes are read: height x width, height x width x 1, or height x width x 3 colours.
template <class Example> struct grid_image {
  static constexpr auto extents = Example::shape_type::value;
  static_assert(extents.rank == 2 || (extents.rank == 3 && (extents[2] == 1 || extents[2] == 3)),
                "tfx: image_grid draws [height, width], [height, width, 1] and [height, width, 3]");
  static constexpr int height = extents[0];
  static constexpr int width = extents[1];
  static constexpr int channels = extents.rank == 3 ? extents[2] : 1;

  static void draw(picture& out, int x, int y, const Example& image, const grid_options& options) {
    for (int row = 0; row < height; ++row) {
      for (int column = 0; column < width; ++column) {
        std::uint8_t level[3];
        for (int c = 0; c < 3; ++c) {
          const int channel = channels == 3 ? c : 0;
          level[c] = grey_level(static_cast<float>(image[(row * width + column) * channels + channel]), options.invert);
        }
        out.fill(x + column * options.scale, y + row * options.scale, options.scale, options.scale,
                 {level[0], level[1], level[2]});
      }
    }
  }
};
}  // namespace detail

/// Images in rows, with what they are and what they were taken for.
///
/// `image(i)` is image i of `count`, numbers from 0 to 1 with their shape as `shape_type`; `label(i)` is a `grid_label`.
template <class Image, class Label>
picture image_grid(int count, Image image, Label label, const grid_options& options = {}) {
  using drawn = detail::grid_image<std::remove_cvref_t<decltype(image(0))>>;
  constexpr int gap = 10;
  constexpr int margin = 16;
  constexpr int border = 3;
  const int columns = std::max(1, std::min(options.columns, count));
  const int rows = std::max(1, (count + columns - 1) / columns);
  const int cell_width = drawn::width * options.scale + 2 * border;
  const int image_height = drawn::height * options.scale + 2 * border;
  const int cell_height = image_height + 2 * text_height + 6;
  const int title_height = options.title.empty() ? 0 : 2 * text_height + 12;

  picture out(2 * margin + columns * (cell_width + gap) - gap,
              2 * margin + title_height + rows * (cell_height + gap) - gap, detail::grid_paper);
  draw_text(out, margin, margin, fitting_text(options.title, out.width() - 2 * margin, 2), detail::grid_ink, 2);
  for (int i = 0; i < count; ++i) {
    const int x = margin + i % columns * (cell_width + gap);
    const int y = margin + title_height + i / columns * (cell_height + gap);
    const grid_label text = label(i);
    const bool wrong = text.predicted != text.truth;
    drawn::draw(out, x + border, y + border, image(i), options);
    out.frame(x, y, cell_width, image_height, wrong ? border : 1, wrong ? detail::grid_wrong : detail::grid_faint);
    const auto centred = [&](const std::string& line, int top, rgb colour) {
      const std::string fitted = fitting_text(line, cell_width);
      draw_text(out, x + (cell_width - text_width(fitted)) / 2, top, fitted, colour);
    };
    centred(text.truth, y + image_height + 5, detail::grid_ink);
    centred(text.predicted, y + image_height + 5 + text_height, wrong ? detail::grid_wrong : detail::grid_right);
  }
  return out;
}

/// The first examples of a data set with the classes predicted for them, one for each image drawn.
///
///     auto seen = summary::image_grid(data.test, predicted, {.columns = 8, .title = "Fashion-MNIST"});
///     summary::write_png("predictions.png", seen);
template <class Dataset, class Predicted>
  requires requires(const Dataset& data, const Predicted& predicted) {
    data.images[0];
    data.class_name(0);
    predicted[0];
  }
picture image_grid(const Dataset& data, const Predicted& predicted, const grid_options& options = {}) {
  const auto name = [&](int which) {
    const std::string_view known = data.class_name(which);
    return known.empty() ? std::to_string(which) : std::string(known);
  };
  const std::size_t count = std::min(std::size_t(predicted.size()), std::size_t(data.size()));
  return image_grid(
      static_cast<int>(count), [&](int i) { return data.images[std::size_t(i)]; },
      [&](int i) {
        return grid_label{name(static_cast<int>(data.labels[std::size_t(i)])),
                          name(static_cast<int>(predicted[std::size_t(i)]))};
      },
      options);
}

}  // namespace tfx::summary
