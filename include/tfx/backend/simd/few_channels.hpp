// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/depthwise_tables.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// The gradient of a convolution with respect to its weights, where the source has few channels: the sums of all taps
/// of one of them are in registers together, for a vector of the result's channels.
template <class T> struct few_channels_to_w {
  const call<T>& a;
  const depthwise_kernels<T>& kernels;
  const conv_shape& s;
  T* destination = nullptr;
  finish_function<T> finish = nullptr;
  finish_function<T> unpool = nullptr;

  /// Taps enough to hide the latency of a multiply-add, and channels too few for the rows of a tile.
  static constexpr bool fits(const conv_shape& s) {
    return s.groups == 1 && s.channels <= 3 && s.kernel_height * s.kernel_width >= 8;
  }

  static constexpr std::size_t sums(const conv_shape& s) {
    return std::size_t(s.kernel_height * s.kernel_width * s.channels) * std::size_t(round_up(s.out_channels, unit));
  }
  static constexpr std::size_t scratch(const conv_shape& s) {
    const bool unpools = s.window_height * s.window_width > 1;
    return sums(s) + (unpools ? std::size_t(lines_together(s) * s.out_width) * std::size_t(band(s)) : 0);
  }

  void run() const {
    if (a.rows <= 0 || a.cols <= 0) return;
    const int stride = round_up(s.out_channels, unit);
    const range share = share_of(stride / unit, a.part, a.parts);
    const range cols = {share.from * unit, lesser_of(share.to * unit, s.out_channels)};
    if (cols.size() <= 0) return;
    T* const all = a.sums == nullptr ? a.scratch : a.sums;
    for (int row = 0; row < a.rows && a.before == 0; ++row) {
      for (int c = cols.from; c < round_up(cols.to, unit); ++c) all[std::ptrdiff_t(row) * stride + c] = T(0);
    }
    for (int col = cols.from; col < cols.to; col += band(s)) {
      add(col, lesser_of(band(s), cols.to - col), all + col, stride);
    }
    if (a.last) give(a, finish, destination, {0, a.rows}, cols, all + cols.from, stride);
  }

 private:
  static constexpr int unit = 16;  // channels of a part: no two write to one cache line

  /// Channels, and lines, of dy that stay in the first-level cache.
  static constexpr int band(const conv_shape& s) { return lesser_of(round_up(s.out_channels, unit), 64); }
  static constexpr int lines_together(const conv_shape& s) {
    const int lines = block_elements<T> / (s.out_width * band(s));
    return lesser_of(greater_of(lines / s.window_height, 1) * s.window_height, s.out_height);
  }

  void add(int col, int count, T* sums, int stride) const {
    const depthwise_to_w<T> sum = {a, kernels.weights, s};
    const std::ptrdiff_t x_image = std::ptrdiff_t(s.height) * s.width * s.channels;
    const std::ptrdiff_t y_line = std::ptrdiff_t(s.out_width) * s.out_channels;
    for (int image = 0; image < a.contracted; ++image) {
      const T* const x = static_cast<const T*>(a.operand[0]) + image * x_image;
      for (int line = 0; line < s.out_height; line += lines_together(s)) {
        const range lines = {line, lesser_of(line + lines_together(s), s.out_height)};
        const T* y = static_cast<const T*>(a.operand[1]) + image * s.out_height * y_line + col;
        int y_pixel = s.out_channels;
        if (unpool != nullptr) {
          const int window = s.window_height * s.window_width, first = (image * s.out_height + line) * s.out_width;
          y_pixel = round_up(count, unit);
          T* const made = a.scratch + few_channels_to_w::sums(s);
          unpool(a, first / window, lines.size() * s.out_width / window, col, count, made, y_pixel);
          y = made - std::ptrdiff_t(line) * s.out_width * y_pixel;
        }
        for (int c = 0; c < s.channels; ++c) {
          sum.add_lines(x + c, s.channels, y, y_pixel, lines, {0, s.kernel_height}, count,
                        sums + std::ptrdiff_t(c) * stride, s.channels * stride);
        }
      }
    }
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
