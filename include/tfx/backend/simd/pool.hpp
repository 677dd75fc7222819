// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>
#include <utility>

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/core/config.hpp>
#include <tfx/graph/results.hpp>
#include <tfx/lanes/lane.hpp>
#include <tfx/lanes/partial.hpp>
#include <tfx/lanes/window_maximum.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// What the poolings share: windows, blocks and parts, over vectors V of T.
template <class T, class V> struct pooling {
  explicit pooling(const call<T>& from)
      : a(from), s(pool2d_geometry(*from.geo)), rows(s.rows()), columns(s.columns()), whole(whole_windows(columns)) {}

  const call<T>& a;
  conv_shape s;
  conv_axis rows, columns;
  range whole;  ///< the columns of results whose windows touch no padding

  /// The pixels of the input that one result reads, without padding.
  struct window {
    axis_taps down, across;

    constexpr int count() const { return down.count * across.count; }
  };

  const T* operand(int index) const { return static_cast<const T*>(a.operand[index]); }
  std::ptrdiff_t input_pixel(int image, int row, int column) const {
    return ((std::ptrdiff_t(image) * s.height + row) * s.width + column) * s.channels;
  }
  std::ptrdiff_t result_pixel(int image, int row, int column) const {
    return ((std::ptrdiff_t(image) * s.out_height + row) * s.out_width + column) * s.channels;
  }

  TFX_PART axis_taps across(int column) const {
    if (column < whole.from || column >= whole.to) return columns.taps_at(column);
    return {0, columns.taps, column * columns.stride - columns.pad};
  }

  using many = lanes::lane<V>;
  static constexpr int width = lanes::traits<V>::width;

  /// Calls function(channel, lanes) for all channels, a vector at a time; the last may have fewer lanes.
  template <class Function> TFX_INLINE static void for_channels(range channels, Function function) {
    for (int c = channels.from; c < channels.to; c += width) function(c, lesser_of(width, channels.to - c));
  }
  TFX_INLINE static many read(const T* from, int count) { return many::wrap(lanes::partial<V>::load(from, count)); }
  TFX_INLINE static void write(const many& x, T* to, int count) { lanes::partial<V>::put(to, x.v, count); }

  /// Calls function(side), side.value being the window's height and width where these are 2 or 3, else 0: loops over
  /// small windows are unrolled.
  template <class Function> TFX_INLINE static void with_side(const window& w, Function function) {
    const int side = w.down.count == w.across.count ? w.down.count : 0;
    if (side == 2) {
      function(std::integral_constant<int, 2>{});
    } else if (side == 3) {
      function(std::integral_constant<int, 3>{});
    } else {
      function(std::integral_constant<int, 0>{});
    }
  }

  /// Calls tap(i, j) for the pixels of a window in row-major order, `Side` as `with_side` gives it.
  template <int Side, class Tap> TFX_INLINE static void for_taps(const window& w, Tap tap) {
    if constexpr (Side > 0) {
#pragma GCC unroll 3
      for (int i = 0; i < Side; ++i) {
#pragma GCC unroll 3
        for (int j = 0; j < Side; ++j) tap(i, j);
      }
    } else {
      for (int i = 0; i < w.down.count; ++i) {
        for (int j = 0; j < w.across.count; ++j) tap(i, j);
      }
    }
  }

  /// Results: calls reduce(window, first pixel of the window, channels, to) for every result pixel of this part, `to`
  /// being where each of the `Wanted` results belongs.
  template <int... Wanted, class Reduce> TFX_INLINE void forward(std::integer_sequence<int, Wanted...>, Reduce reduce) const {
    constexpr int results = sizeof...(Wanted);
    if (a.rows <= 0 || a.cols <= 0) return;
    const bool fused = a.kernel != nullptr;
    const range share = share_of(a.rows, a.part, a.parts);
    const int most = fused ? block_elements<T> / results : a.cols;
    for (int channel = 0; channel < a.cols; channel += most) {
      const range channels = {channel, lesser_of(channel + most, a.cols)};
      const int stride = fused ? round_up(channels.size(), 16) : a.cols;
      const int height = fused ? most / stride : greater_of(share.size(), 1);
      for (int first = share.from; first < share.to; first += height) {
        const int count = lesser_of(height, share.to - first);
        T* to[results];
        const T* blocks[max_results];
        int k = 0;
        ((blocks[Wanted] = a.scratch + k * most,
          to[k++] = fused ? const_cast<T*>(blocks[Wanted]) : a.stored(Wanted) + std::ptrdiff_t(first) * a.cols + channel), ...);
        for (int done = 0; done < count;) {
          const int line = (first + done) / s.out_width, start = (first + done) - line * s.out_width;
          const int end = lesser_of(s.out_width, start + count - done);
          const int image = line / s.out_height;
          window w = {rows.taps_at(line - image * s.out_height), {}};
          for (int column = start; column < end; ++column) {
            w.across = across(column);
            reduce(w, input_pixel(image, w.down.at, w.across.at), channels, to);
            for (T*& each : to) each += stride;
          }
          done += end - start;
        }
        if (fused) hand_over<T>(a, first, count, channel, channels.size(), blocks, stride);
      }
    }
  }

  /// Elements of a gradient's block: some lines, at least one of 16 channels.
  static constexpr std::size_t gradient_block(const pool2d_geometry& g) {
    const int line = conv_shape(g).width * 16;
    return std::size_t(greater_of(block_elements<T>, line));
  }

  /// Where windows that one gradient comes from lie in a block of it.
  struct gradient_window {
    window pixels;
    std::ptrdiff_t input, result;  ///< their first pixel, and their result
    range lines;                   ///< of the image, that the block has
    T* block;                      ///< the place of their first pixel, perhaps outside of the block
    bool alone;                    ///< no other window has one of their pixels, so nothing was given to them yet
    bool inside;                   ///< the block has all of their lines
  };

  /// Adds to pixel (i, j) of a window, if the block has it.
  TFX_INLINE void give(const gradient_window& w, int i, int j, int stride, const many& what, T* block,
                       int count) const {
    const int line = w.pixels.down.at + i * s.dilation_height;
    if (!w.inside && (line < w.lines.from || line >= w.lines.to)) return;
    T* const to = block + (std::ptrdiff_t(i) * s.dilation_height * s.width + j * s.dilation_width) * stride;
    write((w.alone ? many(T(0)) : read(to, count)) + what, to, count);
  }

  /// Gradients: calls spread(gradient_window, channels, stride) for every window that touches a block, in ascending
  /// order. Where windows overlap it adds to the block, which starts at zero.
  template <class Spread> TFX_INLINE void backward(Spread spread) const {
    if (a.rows <= 0 || a.cols <= 0) return;
    const bool fused = a.kernel != nullptr;
    const int budget = fused ? greater_of(block_elements<T>, s.width * 16) : 0;
    const int most = fused ? greater_of(budget / s.width / 16, 1) * 16 : a.cols;
    const range share = share_of(a.rows / s.width, a.part, a.parts);
    for (int channel = 0; channel < a.cols; channel += most) {
      const range channels = {channel, lesser_of(channel + most, a.cols)};
      const int stride = fused ? round_up(channels.size(), 16) : a.cols;
      int height = s.height;
      if (fused) {
        height = greater_of(budget / (stride * s.width), 1);
        if (height > s.stride_height) height -= height % s.stride_height;  // windows seldom lie in two blocks
      }
      for (int line = share.from; line < share.to;) {
        const int image = line / s.height, top = line - image * s.height;
        const range lines = {top, lesser_of(lesser_of(s.height, top + height), top + share.to - line)};
        const int first = line * s.width;
        T* const block = fused ? a.scratch : a.destination() + std::ptrdiff_t(first) * a.cols + channel;
        spread_lines(image, lines, channels, block, stride, spread);
        if (fused) hand_over<T>(a, first, lines.size() * s.width, channel, channels.size(), block, stride);
        line += lines.size();
      }
    }
  }

 private:
  static constexpr range whole_windows(const conv_axis& axis) {
    const int reach = (axis.taps - 1) * axis.dilation, last = axis.source - 1 - reach + axis.pad;
    return {divide_up(axis.pad, axis.stride), last < 0 ? 0 : lesser_of(last / axis.stride + 1, axis.results)};
  }

  static void clear(T* pixel, range pixels, int count, int stride) {
    for (int i = pixels.from; i < pixels.to; ++i) {
      for (int c = 0; c < count; ++c) pixel[std::ptrdiff_t(i) * stride + c] = T(0);
    }
  }

  template <class Spread> TFX_INLINE void spread_lines(int image, range lines, range channels, T* block, int stride,
                                                       Spread spread) const {
    const bool alone = s.stride_height >= s.kernel_height && s.stride_width >= s.kernel_width &&
                       s.dilation_height == 1 && s.dilation_width == 1;
    if (alone) {
      clear_between(lines, channels.size(), block, stride);
    } else {
      clear(block, {0, lines.size() * s.width}, channels.size(), stride);
    }
    const int reach = (s.kernel_height - 1) * s.dilation_height;
    const int lowest = lines.from + s.pad_top - reach;
    const int from = lowest > 0 ? divide_up(lowest, s.stride_height) : 0;
    const int to = lesser_of(s.out_height, (lines.to - 1 + s.pad_top) / s.stride_height + 1);
    for (int row = from; row < to; ++row) {
      gradient_window w = {{rows.taps_at(row), {}}, 0, 0, lines, nullptr, alone, false};
      const window& pixels = w.pixels;
      const int last = pixels.down.at + (pixels.down.count - 1) * s.dilation_height;
      w.inside = pixels.down.at >= lines.from && last < lines.to;
      for (int column = 0; column < s.out_width; ++column) {
        w.pixels.across = across(column);
        w.input = input_pixel(image, pixels.down.at, pixels.across.at);
        w.result = result_pixel(image, row, column);
        w.block = block + (std::ptrdiff_t(pixels.down.at - lines.from) * s.width + pixels.across.at) * stride;
        spread(w, channels, stride);
      }
    }
  }

  /// Zero where no window will write.
  void clear_between(range lines, int count, T* block, int stride) const {
    for (int line = lines.from; line < lines.to; ++line, block += std::ptrdiff_t(s.width) * stride) {
      const int row = line + s.pad_top;
      const bool covered = row % s.stride_height < s.kernel_height && row / s.stride_height < s.out_height;
      int next = 0;
      for (int column = 0; covered && column < s.out_width; ++column) {
        const int left = column * s.stride_width - s.pad_left;
        clear(block, {greater_of(next, 0), left}, count, stride);
        next = left + s.kernel_width;
      }
      clear(block, {greater_of(next, 0), s.width}, count, stride);
    }
  }
};

namespace detail {

constexpr int pool_useful_parts(const pool2d_geometry& g, int rows, int cols) {
  const std::int64_t parts = std::int64_t(rows) * cols * g.kernel_height * g.kernel_width / 32768;
  return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
}

}  // namespace detail

/// The numbers of the bits in a set of results, in their order.
template <unsigned Wanted> using results_in =
    std::conditional_t<Wanted == 1, std::integer_sequence<int, 0>,
                       std::conditional_t<Wanted == 2, std::integer_sequence<int, 1>, std::integer_sequence<int, 0, 1>>>;

/// The maximum of each window, or its place, or both. Padding never wins; a NaN does.
///
/// Operands   x [n, H, W, C]
template <class T, class V> struct simd_max_pool {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const pool2d_geometry&, int, int) { return std::size_t(block_elements<T>); }
  static constexpr int useful_parts(const pool2d_geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }

  template <unsigned Wanted> static TFX_INLINE void run(const call<T>& a) { make(a, results_in<Wanted>{}); }

 private:
  template <int... Wanted> static TFX_INLINE void make(const call<T>& a, std::integer_sequence<int, Wanted...> wanted) {
    const pooling<T, V> p(a);
    using window = typename pooling<T, V>::window;
    const std::ptrdiff_t down = p.input_pixel(0, p.s.dilation_height, 0);
    const std::ptrdiff_t across = p.input_pixel(0, 0, p.s.dilation_width);
    p.forward(wanted, [&](const window& w, std::ptrdiff_t pixel, range channels, T* const* to) __attribute__((always_inline)) {
      const int first = w.down.first * p.s.kernel_width + w.across.first;
      p.with_side(w, [&]<class Side>(Side) __attribute__((always_inline)) {
        p.for_channels(channels, [&](int c, int n) __attribute__((always_inline)) {
          const T* const x = p.operand(0) + pixel + c;
          tfx::lanes::window_maximum<lanes::lane<V>> most;
          p.template for_taps<Side::value>(w, [&](int i, int j) __attribute__((always_inline)) {
            most.see(p.read(x + i * down + j * across, n), first + i * p.s.kernel_width + j, i == 0 && j == 0);
          });
          int result = 0;
          (p.write(most.template result<Wanted>(), to[result++] + (c - channels.from), n), ...);
        });
      });
    });
  }
};

/// The mean of each window over what is not padding: the sum in row-major order, divided by the count.
template <class T, class V> struct simd_avg_pool {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const pool2d_geometry&, int, int) { return std::size_t(block_elements<T>); }
  static constexpr int useful_parts(const pool2d_geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }

  TFX_INLINE static void run(const call<T>& a) {
    const pooling<T, V> p(a);
    using window = typename pooling<T, V>::window;
    p.forward(results_in<1>{}, [&](const window& w, std::ptrdiff_t first, range channels, T* const* to)
                                   __attribute__((always_inline)) {
      const std::ptrdiff_t down = p.input_pixel(0, p.s.dilation_height, 0);
      const std::ptrdiff_t across = p.input_pixel(0, 0, p.s.dilation_width);
      const T count = T(greater_of(w.count(), 1));
      p.with_side(w, [&]<class Side>(Side) __attribute__((always_inline)) {
        p.for_channels(channels, [&](int c, int n) __attribute__((always_inline)) {
          const T* const x = p.operand(0) + first + c;
          lanes::lane<V> sum = T(0);
          p.template for_taps<Side::value>(w, [&](int i, int j) __attribute__((always_inline)) {
            sum += p.read(x + i * down + j * across, n);
          });
          p.write(sum / lanes::lane<V>(count), to[0] + (c - channels.from), n);
        });
      });
    });
  }
};

/// Places are as old as the forward pass: they are asked for so many elements before they are read.
template <class T> inline constexpr std::ptrdiff_t places_ahead = 4096 / sizeof(T);

/// What a gradient of pooling asks for while compiling.
template <class T, class V> struct pool_gradient {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const pool2d_geometry& g, int, int) { return pooling<T, V>::gradient_block(g); }
  static constexpr int useful_parts(const pool2d_geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }
};

/// The gradient of the maximum: the place of a window that had it takes it all.
///
/// Operands   places, dy
/// Order      windows ascending
template <class T, class V> struct simd_max_pool_grad : pool_gradient<T, V> {
  TFX_INLINE static void run(const call<T>& a) {
    const pooling<T, V> p(a);
    using window = typename pooling<T, V>::gradient_window;
    p.backward([&](const window& w, range channels, int stride) __attribute__((always_inline)) {
      const int first = w.pixels.down.first * p.s.kernel_width + w.pixels.across.first;
      p.with_side(w.pixels, [&]<class Side>(Side) __attribute__((always_inline)) {
        p.for_channels(channels, [&](int c, int n) __attribute__((always_inline)) {
          const auto place = p.read(p.operand(0) + w.result + c, n), dy = p.read(p.operand(1) + w.result + c, n);
          __builtin_prefetch(p.operand(0) + w.result + c + places_ahead<T>);
          p.template for_taps<Side::value>(w.pixels, [&](int i, int j) __attribute__((always_inline)) {
            const lanes::lane<V> here = first + i * p.s.kernel_width + j;
            p.give(w, i, j, stride, select(place == here, dy, lanes::lane<V>(0)), w.block + (c - channels.from), n);
          });
        });
      });
    });
  }
};

/// The gradient of the mean: every pixel of a window gets the window's gradient divided by its count.
///
/// Operands   dy
/// Order      windows ascending
template <class T, class V> struct simd_avg_pool_grad : pool_gradient<T, V> {
  TFX_INLINE static void run(const call<T>& a) {
    const pooling<T, V> p(a);
    using window = typename pooling<T, V>::gradient_window;
    p.backward([&](const window& w, range channels, int stride) __attribute__((always_inline)) {
      const T count = T(greater_of(w.pixels.count(), 1));
      p.with_side(w.pixels, [&]<class Side>(Side) __attribute__((always_inline)) {
        p.for_channels(channels, [&](int c, int n) __attribute__((always_inline)) {
          const auto each = p.read(p.operand(0) + w.result + c, n) / lanes::lane<V>(count);
          p.template for_taps<Side::value>(w.pixels, [&](int i, int j) __attribute__((always_inline)) {
            p.give(w, i, j, stride, each, w.block + (c - channels.from), n);
          });
        });
      });
    });
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
