// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/depthwise.hpp>
#include <tfx/backend/simd/share.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Which taps of one axis read the source and not padding: tap t of result p, if p * stride + first + t * dilation is
/// from 0 to source - 1.
struct tap_reach {
  int stride = 1, first = 0, dilation = 1, source = 0;

  TFX_INLINE bool has(int result, int tap) const {
    return unsigned(result * stride + first + tap * dilation) < unsigned(source);
  }
  /// Taps of one result, as bits.
  TFX_INLINE unsigned taps(int result, int count) const {
    if (dilation == 1) return pixels(result) & bits_of({0, count});
    unsigned bits = 0;
    for (int tap = 0; tap < count; ++tap) bits |= unsigned(has(result, tap)) << tap;
    return bits;
  }
  /// Pixels from that of the first tap of a result on, as bits.
  TFX_INLINE unsigned pixels(int result) const {
    const int at = result * stride + first;
    return bits_of({-at, source - at});
  }
};

/// Goes on with sums of w over some lines of one image; where a tap reads padding, it is left out:
///
///     w[row][column][c] += sum_(line, pixel) x[line * x_line + row * x_row + pixel * ...][c] * y[line][pixel][c]
///
/// or with x[...] of a single channel.
template <class T> struct depthwise_weights_call {
  const T* x = nullptr;  ///< of the first tap for the result (0, 0), perhaps in front of the image
  const T* y = nullptr;
  T* w = nullptr;
  std::ptrdiff_t x_line = 0, x_pixel = 0, x_row = 0, x_column = 0;
  std::ptrdiff_t y_line = 0, y_pixel = 0, w_row = 0, w_column = 0;
  range lines;  ///< of results
  tap_reach rows, columns;
  int pixels = 0, channels = 0;
};

template <class T> using depthwise_weights_function = void (*)(const depthwise_weights_call<T>&);

/// What one instruction set offers for the gradient of the weights.
template <class T> struct depthwise_weights_set {
  depthwise_weights_function<T> taps[2][2] = {};  ///< of one row or `rows`, of one column or `columns`
  int rows = 1, columns = 1;
};

/// What a launch has in place of tiles.
template <class T> struct depthwise_kernels {
  void (*run)(const call<T>& a, const depthwise_kernels& kernels, T* destination, finish_function<T> finish) = nullptr;
  depthwise_set<T> gather;
  depthwise_weights_set<T> weights;
};

/// Rows and columns of the taps whose sums are held in registers, along with those of the gradient for some pixels of a
/// line, `step` pixels of the source apart; a step of 0 is one that is known only when the program runs.
struct tap_block {
  int rows = 1, columns = 1, pixels = 1, step = 0;
};
constexpr tap_block choose_taps(const conv_axis& down, const conv_axis& across, int registers) {
  const int most = registers == 16 ? 12 : 25;
  tap_block b;
  b.columns = lesser_of(across.taps, most);
  b.rows = lesser_of(down.taps, greater_of(most / b.columns, 1));
  if (across.dilation > 1 || across.stride > 2) return b;
  // As many pixels as leave few over, each of which costs as much as two.
  const int room = lesser_of(registers - b.rows * b.columns - 2, 8);
  int best = 2 * across.results;
  for (int pixels = 2; pixels <= room; ++pixels) {
    const int cost = across.results + across.results % pixels;
    if (pixels > across.results || cost > best) continue;
    best = cost;
    b.pixels = pixels;
    b.step = across.stride;
  }
  return b;
}
/// A block as a number: what template arguments are made of.
constexpr int encode(tap_block b) { return ((b.rows * 100 + b.columns) * 100 + b.pixels) * 10 + b.step; }
constexpr tap_block decode_taps(int code) { return {code / 100000, code / 1000 % 100, code / 10 % 100, code % 10}; }

/// Elements of the sums for a gradient of weights.
constexpr std::size_t depthwise_sums(const conv_shape& s) {
  return std::size_t(s.kernel_height) * std::size_t(s.kernel_width) * std::size_t(round_up(s.channels, 16));
}

/// Pixels a multiple of 4 KB apart share a set of a first-level cache: not even the pixels of one window stay there.
/// Some lines of both operands are copied, a band of channels at a time.
struct depthwise_copies {
  int band = 0, lines = 0;  ///< channels, or 0 where nothing is copied, and lines of results
  int source_lines = 0;     ///< that these read
  std::size_t size = 0;     ///< elements of both

  template <class T> static constexpr depthwise_copies of(const conv_shape& s) {
    depthwise_copies c;
    if (s.channels * int(sizeof(T)) % 4096 != 0) return c;
    c.band = int(256 / sizeof(T));
    for (int lines = 1; lines <= s.out_height; ++lines) {
      const int reach = (lines - 1) * s.stride_height + (s.kernel_height - 1) * s.dilation_height + 1;
      const int source_lines = lesser_of(reach, s.height);
      const std::int64_t size = std::int64_t(source_lines * s.width + lines * s.out_width) * c.band;
      if (lines > 1 && size > 128 * 1024 / std::int64_t(sizeof(T))) break;
      c.lines = lines;
      c.source_lines = source_lines;
      c.size = std::size_t(size);
    }
    return c;
  }
};

/// The gradient of the weights: a chain per tap and channel over all pixels, in their order.
template <class T> struct depthwise_to_w {
  const call<T>& a;
  const depthwise_weights_set<T>& set;
  const conv_shape& s;
  T* destination = nullptr;
  finish_function<T> finish = nullptr;

  void run() const {
    if (a.rows <= 0 || a.cols <= 0) return;
    constexpr int unit = 16;
    const int stride = round_up(s.channels, unit);
    const grid_share share = share_grid(s.kernel_height, stride / unit, a.part, a.parts);
    const range channels = {share.cols.from * unit, lesser_of(share.cols.to * unit, s.channels)};
    T* const sums = (a.sums == nullptr ? a.scratch : a.sums) + channels.from;
    const range taps = {share.rows.from * s.kernel_width, share.rows.to * s.kernel_width};
    if (taps.size() <= 0 || channels.size() <= 0) return;
    if (a.before == 0) {
      for (int tap = taps.from; tap < taps.to; ++tap) {
        for (int c = 0; c < channels.size(); ++c) sums[std::ptrdiff_t(tap) * stride + c] = T(0);
      }
    }
    add(share.rows, channels, sums, stride);
    if (!a.last) return;
    give(a, finish, destination, taps, channels, sums + std::ptrdiff_t(taps.from) * stride, stride);
  }

  /// Lines of results of one image, whose first pixels are x and y.
  void add_lines(const T* x, int x_pixel, const T* y, int y_pixel, range lines, range kernel_rows, int channels,
                 T* sums, int stride) const {
    depthwise_weights_call<T> call;
    call.x_pixel = std::ptrdiff_t(s.stride_width) * x_pixel;
    call.x_row = std::ptrdiff_t(s.dilation_height) * s.width * x_pixel;
    call.x_line = std::ptrdiff_t(s.stride_height) * s.width * x_pixel;
    call.x_column = std::ptrdiff_t(s.dilation_width) * x_pixel;
    call.y = y;
    call.y_pixel = y_pixel;
    call.y_line = std::ptrdiff_t(s.out_width) * y_pixel;
    call.w_row = std::ptrdiff_t(s.kernel_width) * stride;
    call.w_column = stride;
    call.lines = lines;
    call.pixels = s.out_width;
    call.channels = channels;
    for (int row = kernel_rows.from; row < kernel_rows.to;) {
      const bool tall = row + set.rows <= kernel_rows.to;
      const int height = tall ? set.rows : 1;
      const int top = row * s.dilation_height - s.pad_top;
      call.rows = {s.stride_height, top, s.dilation_height, s.height};
      for (int column = 0; column < s.kernel_width;) {
        const bool wide = column + set.columns <= s.kernel_width;
        const int width = wide ? set.columns : 1;
        const int left = column * s.dilation_width - s.pad_left;
        call.columns = {s.stride_width, left, s.dilation_width, s.width};
        call.x = x + (std::ptrdiff_t(top) * s.width + left) * x_pixel;
        call.w = sums + row * call.w_row + column * call.w_column;
        set.taps[tall][wide](call);
        column += width;
      }
      row += height;
    }
  }

 private:
  void add(range kernel_rows, range channels, T* sums, int stride) const {
    const std::ptrdiff_t x_image = std::ptrdiff_t(s.height) * s.width * s.channels;
    const std::ptrdiff_t y_line = std::ptrdiff_t(s.out_width) * s.channels;
    const depthwise_copies copies = depthwise_copies::of<T>(s);
    // A block of dy that stays in the first-level cache, and pixels enough for a call.
    const int few = greater_of(int(block_elements<T> / y_line), divide_up(14, s.out_width));
    const int together = copies.band > 0 ? copies.lines : few, band = copies.band > 0 ? copies.band : channels.size();
    for (int channel = channels.from; channel < channels.to; channel += band) {
      const int count = lesser_of(band, channels.to - channel);
      const T* x = static_cast<const T*>(a.operand[0]) + channel;
      const T* y = static_cast<const T*>(a.operand[1]) + channel;
      for (int image = 0; image < a.contracted; ++image, x += x_image, y += s.out_height * y_line) {
        for (int line = 0; line < s.out_height; line += together) {
          const range lines = {line, lesser_of(line + together, s.out_height)};
          T* const to = sums + (channel - channels.from);
          if (copies.band > 0) add_copied(x, y, lines, kernel_rows, count, to, stride);
          else add_lines(x, s.channels, y, s.channels, lines, kernel_rows, count, to, stride);
        }
      }
    }
  }

  void add_copied(const T* x, const T* y, range lines, range kernel_rows, int count, T* sums, int stride) const {
    const depthwise_copies copies = depthwise_copies::of<T>(s);
    const int top = lines.from * s.stride_height - s.pad_top;
    const int bottom = (lines.to - 1) * s.stride_height - s.pad_top + (s.kernel_height - 1) * s.dilation_height;
    const range read = {lesser_of(greater_of(top, 0), s.height), lesser_of(bottom + 1, s.height)};
    T* const x_copy = a.scratch + depthwise_sums(s);
    T* const y_copy = x_copy + std::ptrdiff_t(copies.source_lines) * s.width * copies.band;
    const auto copy = [&](const T* from, range rows, int width, T* to) {
      const int pixels = greater_of(rows.size(), 0) * width;
      pack_rows(from + std::ptrdiff_t(rows.from) * width * s.channels, s.channels, pixels, count, to, copies.band);
    };
    copy(x, read, s.width, x_copy);
    copy(y, lines, s.out_width, y_copy);
    add_lines(x_copy - std::ptrdiff_t(read.from) * s.width * copies.band, copies.band,
              y_copy - std::ptrdiff_t(lines.from) * s.out_width * copies.band, copies.band, lines, kernel_rows, count, sums,
              stride);
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
