// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/depthwise_tables.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Grouped convolutions of few channels per group, whose lanes are groups: the channels of a block of lines are taken
/// apart into planes, one for each channel of a group, with which every product is one of a depthwise convolution.
struct channel_planes {
  int groups = 1, planes = 1;

  /// One channel per group lies as a plane does.
  constexpr bool copies() const { return planes > 1; }
  constexpr int pitch() const { return copies() ? round_up(groups, 16) : groups; }
  constexpr int pixel() const { return planes * pitch(); }

  /// to[p][plane][group] = from[p][group][plane]
  template <class T> __attribute__((noinline)) void split(const T* from, int pixels, T* to) const {
    with_planes([&]<int Planes>() {
      for (int p = 0; p < pixels; ++p) split_pixel<Planes>(from + p * groups * planes, to + p * pixel());
    });
  }
  /// And back, pixels `stride` apart.
  template <class T> __attribute__((noinline)) void join(const T* from, int pixels, T* to, int stride) const {
    with_planes([&]<int Planes>() {
      for (int p = 0; p < pixels; ++p) join_pixel<Planes>(from + p * pixel(), to + p * stride);
    });
  }

 private:
  /// Calls function<planes>(), or function<0>(): where the number is known, compilers use shuffles.
  template <class Function> void with_planes(Function function) const {
    switch (planes) {
      case 2: return function.template operator()<2>();
      case 4: return function.template operator()<4>();
      case 8: return function.template operator()<8>();
      default: return function.template operator()<0>();
    }
  }
  template <int Planes, class T> void split_pixel(const T* __restrict from, T* __restrict to) const {
    const int n = Planes > 0 ? Planes : planes, step = pitch();
    for (int g = 0; g < groups; ++g) {
#pragma GCC unroll 8
      for (int k = 0; k < n; ++k) to[k * step + g] = from[g * n + k];
    }
  }
  template <int Planes, class T> void join_pixel(const T* __restrict from, T* __restrict to) const {
    const int n = Planes > 0 ? Planes : planes, step = pitch();
    for (int g = 0; g < groups; ++g) {
#pragma GCC unroll 8
      for (int k = 0; k < n; ++k) to[g * n + k] = from[k * step + g];
    }
  }
};

/// Results of a block have at most this many elements, if a line is not longer: a line of the source is taken apart for
/// every block that reads it.
template <class T> inline constexpr int grouped_block_elements = int(128 * 1024 / sizeof(T));

/// The sizes of a gather's blocks: some lines of results, and the lines of the source that these read.
struct grouped_blocks {
  conv_axis rows, columns;
  channel_planes source, results;
  int lines = 1, source_lines = 1;

  template <bool Transposed> static constexpr grouped_blocks of(const conv_shape& s, int elements) {
    grouped_blocks b;
    b.rows = Transposed ? s.rows_to_input() : s.rows();
    b.columns = Transposed ? s.columns_to_input() : s.columns();
    b.source = {s.groups, (Transposed ? s.out_channels : s.channels) / s.groups};
    b.results = {s.groups, (Transposed ? s.channels : s.out_channels) / s.groups};
    b.lines = lesser_of(greater_of(elements / (b.columns.results * b.results.pixel()), 1), b.rows.results);
    const int reach = (b.rows.taps - 1) * b.rows.dilation;
    const int read = Transposed ? (b.lines - 1 + reach) / b.rows.stride + 2 : (b.lines - 1) * b.rows.stride + reach + 1;
    b.source_lines = lesser_of(read, b.rows.source);
    return b;
  }

  constexpr std::size_t weights_size() const {
    return std::size_t(rows.taps * columns.taps) * std::size_t(source.planes) * std::size_t(results.pixel());
  }
  constexpr std::size_t source_size() const {
    return source.copies() ? std::size_t(source_lines * columns.source) * std::size_t(source.pixel()) : 0;
  }
  constexpr std::size_t results_size() const {
    return std::size_t(lines * columns.results) * std::size_t(results.pixel());
  }
  constexpr int joined() const { return round_up(results.groups * results.planes, 16); }
  constexpr std::size_t scratch() const {
    return weights_size() + source_size() + results_size() + std::size_t(lines * columns.results * joined());
  }
};

namespace detail {

template <class T, bool Transposed>
void run_grouped(const call<T>& a, const depthwise_kernels<T>& kernels, T* destination, finish_function<T> finish) {
  if (a.rows <= 0) return;
  const conv_shape s{conv2d_geometry(*a.geo)};
  const grouped_blocks b = grouped_blocks::of<Transposed>(s, grouped_block_elements<T>);
  const channel_planes &from = b.source, &to = b.results;
  T* const weights = a.scratch;
  T* const split = weights + b.weights_size();
  T* const block = split + b.source_size();
  T* const joined = block + b.results_size();
  // Weights [tap][plane of the source][plane of the results][group].
  const T* w = static_cast<const T*>(a.operand[1]);
  for (int tap = 0; tap < b.rows.taps * b.columns.taps; ++tap) {
    T* const matrices = weights + std::ptrdiff_t(tap) * from.planes * to.pixel();
    for (int c = 0; c < s.channels / s.groups; ++c) {
      for (int o = 0; o < s.out_channels; ++o) {
        const int group = o / (s.out_channels / s.groups), n = o % (s.out_channels / s.groups);
        const int k = Transposed ? n : c, result = Transposed ? c : n;
        matrices[k * to.pixel() + result * to.pitch() + group] = *w++;
      }
    }
  }
  depthwise_gather<T> gather = {a, kernels.gather, nullptr, nullptr, b.rows, b.columns};
  gather.channels = s.groups;
  gather.pixel = from.pixel();
  gather.tap = std::ptrdiff_t(from.planes) * to.pixel();
  gather.depth = from.planes;
  gather.x_plane = from.pitch();
  gather.w_plane = to.pixel();
  const std::ptrdiff_t source_line = std::ptrdiff_t(b.columns.source) * from.groups * from.planes;
  const range share = share_of(a.rows / b.columns.results, a.part, a.parts);
  for (int line = share.from; line < share.to;) {
    const int image = line / b.rows.results, top = line - image * b.rows.results;
    const range tall = {top, lesser_of(lesser_of(top + b.lines, b.rows.results), top + share.to - line)};
    const T* x = static_cast<const T*>(a.operand[0]) + image * b.rows.source * source_line;
    if (from.copies()) {
      range read = {b.rows.source, 0};
      for (int i = tall.from; i < tall.to; ++i) {
        const axis_taps taps = b.rows.taps_at(i);
        const int last = taps.at + (taps.count - 1) * b.rows.tap_advance();
        if (taps.count == 0) continue;
        read.from = lesser_of(read.from, lesser_of(taps.at, last));
        read.to = greater_of(read.to, greater_of(taps.at, last) + 1);
      }
      if (read.size() > 0) from.split(x + read.from * source_line, read.size() * b.columns.source, split);
      x = split - read.from * std::ptrdiff_t(b.columns.source) * from.pixel();
    }
    const int pixels = tall.size() * b.columns.results, row = line * b.columns.results;
    for (int result = 0; result < to.planes; ++result) {
      gather.weights = weights + result * to.pitch();
      gather.image_lines(x, tall, {0, b.columns.results}, {0, s.groups}, block + result * to.pitch(), to.pixel());
    }
    if (finish != nullptr) {
      to.join(block, pixels, joined, b.joined());
      finish(a, row, pixels, 0, a.cols, joined, b.joined());
    } else {
      to.join(block, pixels, destination + std::ptrdiff_t(row) * a.cols, a.cols);
    }
    line += tall.size();
  }
}

}  // namespace detail

/// The gradient of the weights of such a convolution: lines of both operands are taken apart.
struct grouped_sums {
  channel_planes x, y;
  int lines = 1, source_lines = 1, taps = 1;

  static constexpr grouped_sums of(const conv_shape& s, int elements) {
    grouped_sums b;
    b.x = {s.groups, s.channels / s.groups};
    b.y = {s.groups, s.out_channels / s.groups};
    b.lines = lesser_of(greater_of(elements / (s.out_width * b.y.pixel()), 1), s.out_height);
    const int reach = (s.kernel_height - 1) * s.dilation_height;
    b.source_lines = lesser_of((b.lines - 1) * s.stride_height + reach + 1, s.height);
    b.taps = s.kernel_height * s.kernel_width;
    return b;
  }

  constexpr int pitch() const { return round_up(x.groups, 16); }
  /// Sums [channel of the source][channel of the results][tap][group].
  constexpr std::size_t size() const { return std::size_t(x.planes * y.planes * taps) * std::size_t(pitch()); }
  constexpr std::size_t x_size(const conv_shape& s) const {
    return x.copies() ? std::size_t(source_lines * s.width) * std::size_t(x.pixel()) : 0;
  }
  constexpr std::size_t y_size(const conv_shape& s) const {
    return y.copies() ? std::size_t(lines * s.out_width) * std::size_t(y.pixel()) : 0;
  }
  /// One line of the gradient for an epilogue.
  constexpr std::size_t scratch(const conv_shape& s) const {
    return size() + x_size(s) + y_size(s) + std::size_t(round_up(s.out_channels, 16));
  }
};

namespace detail {

template <class T> void run_grouped_to_w(const call<T>& a, const depthwise_kernels<T>& kernels, T* destination,
                                         finish_function<T> finish) {
  const conv_shape s{conv2d_geometry(*a.geo)};
  const grouped_sums b = grouped_sums::of(s, grouped_block_elements<T>);
  const range kernel_rows = share_of(s.kernel_height, a.part, a.parts);
  if (a.rows <= 0 || kernel_rows.size() <= 0) return;
  T* const sums = a.sums == nullptr ? a.scratch : a.sums;
  T* const split_x = a.scratch + b.size();
  T* const split_y = split_x + b.x_size(s);
  T* const joined = split_y + b.y_size(s);
  const range taps = {kernel_rows.from * s.kernel_width, kernel_rows.to * s.kernel_width};
  const std::ptrdiff_t matrix = std::ptrdiff_t(b.taps) * b.pitch();
  const int matrices = b.x.planes * b.y.planes;
  for (int m = 0; m < matrices && a.before == 0; ++m) {
    for (int i = taps.from * b.pitch(); i < taps.to * b.pitch(); ++i) sums[m * matrix + i] = T(0);
  }
  const std::ptrdiff_t x_line = std::ptrdiff_t(s.width) * s.channels;
  const std::ptrdiff_t y_line = std::ptrdiff_t(s.out_width) * s.out_channels;
  const depthwise_to_w<T> add = {a, kernels.weights, s};
  for (int image = 0; image < a.contracted; ++image) {
    for (int line = 0; line < s.out_height; line += b.lines) {
      const range lines = {line, lesser_of(line + b.lines, s.out_height)};
      const T* x = static_cast<const T*>(a.operand[0]) + image * s.height * x_line;
      const T* y = static_cast<const T*>(a.operand[1]) + image * s.out_height * y_line;
      if (b.x.copies()) {
        const int top = lines.from * s.stride_height - s.pad_top;
        const int bottom = (lines.to - 1) * s.stride_height - s.pad_top + (s.kernel_height - 1) * s.dilation_height;
        const range read = {lesser_of(greater_of(top, 0), s.height), lesser_of(bottom + 1, s.height)};
        if (read.size() > 0) b.x.split(x + read.from * x_line, read.size() * s.width, split_x);
        x = split_x - std::ptrdiff_t(read.from) * s.width * b.x.pixel();
      }
      if (b.y.copies()) {
        b.y.split(y + lines.from * y_line, lines.size() * s.out_width, split_y);
        y = split_y - std::ptrdiff_t(lines.from) * s.out_width * b.y.pixel();
      }
      for (int m = 0; m < matrices; ++m) {
        const T* const x_plane = x + m / b.y.planes * b.x.pitch();
        const T* const y_plane = y + m % b.y.planes * b.y.pitch();
        add.add_lines(x_plane, b.x.pixel(), y_plane, b.y.pixel(), lines, kernel_rows, s.groups, sums + m * matrix,
                      b.pitch());
      }
    }
  }
  if (!a.last) return;
  for (int row = taps.from * b.x.planes; row < taps.to * b.x.planes; ++row) {
    const int tap = row / b.x.planes, c = row % b.x.planes;
    T* const to = finish != nullptr ? joined : destination + std::ptrdiff_t(row) * a.cols;
    for (int o = 0; o < b.y.planes; ++o) {
      const T* const from = sums + (c * b.y.planes + o) * matrix + std::ptrdiff_t(tap) * b.pitch();
      for (int g = 0; g < s.groups; ++g) to[g * b.y.planes + o] = from[g];
    }
    if (finish != nullptr) finish(a, row, 1, 0, a.cols, joined, round_up(a.cols, 16));
  }
}

}  // namespace detail

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
