// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/conv_axis.hpp>
#include <tfx/backend/simd/share.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// What the four poolings share: windows, blocks and parts. The geometry is that of a convolution whose groups are
/// channels.
template <class T> struct pooling {
  explicit pooling(const call<T>& from) : a(from), s(from.geo), rows(s.rows()), columns(s.columns()) {}

  const call<T>& a;
  conv_shape s;
  conv_axis rows, columns;

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

  /// Calls function(lanes, channel) for all channels, 16, 4 or 1 at a time.
  template <class Function> static void for_channels(range channels, Function function) {
    typedef T wide __attribute__((vector_size(16 * sizeof(T))));
    typedef T narrow __attribute__((vector_size(4 * sizeof(T))));
    int c = channels.from;
    for (; c + 16 <= channels.to; c += 16) function.template operator()<wide>(c);
    for (; c + 4 <= channels.to; c += 4) function.template operator()<narrow>(c);
    for (; c < channels.to; ++c) function.template operator()<T>(c);
  }

  /// By reference: passing vectors wider than the build's registers by value is no stable interface.
  template <class Lanes> static void read(const T* from, Lanes& to) { __builtin_memcpy(&to, from, sizeof(Lanes)); }
  template <class Lanes> static void write(const Lanes& from, T* to) { __builtin_memcpy(to, &from, sizeof(Lanes)); }

  /// Results: calls reduce(window, first input pixel of the image, channels, to) for every result pixel of this part.
  template <class Reduce> void forward(T* destination, finish_function<T> finish, Reduce reduce) const {
    if (a.rows <= 0 || a.cols <= 0) return;
    const range share = share_of(a.rows, a.part, a.parts);
    const int most = finish != nullptr ? block_elements<T> : a.cols;
    for (int channel = 0; channel < a.cols; channel += most) {
      const range channels = {channel, lesser_of(channel + most, a.cols)};
      const int stride = finish != nullptr ? round_up(channels.size(), 16) : a.cols;
      const int height = finish != nullptr ? most / stride : greater_of(share.size(), 1);
      for (int first = share.from; first < share.to; first += height) {
        const int count = lesser_of(height, share.to - first);
        T* to = finish != nullptr ? a.scratch : destination + std::ptrdiff_t(first) * a.cols + channel;
        T* const block = to;
        for (int done = 0; done < count;) {
          const int line = (first + done) / s.out_width, start = (first + done) - line * s.out_width;
          const int end = lesser_of(s.out_width, start + count - done);
          const int image = line / s.out_height;
          window w = {rows.taps_at(line - image * s.out_height), {}};
          for (int column = start; column < end; ++column, to += stride) {
            w.across = columns.taps_at(column);
            reduce(w, input_pixel(image, 0, 0), channels, to);
          }
          done += end - start;
        }
        if (finish != nullptr) finish(a, first, count, channel, channels.size(), block, stride);
      }
    }
  }

  /// Elements of a gradient's block: some lines, at least one of 16 channels.
  static constexpr std::size_t gradient_block(const geometry& g) {
    const int line = conv_shape(g.v).width * 16;
    return std::size_t(greater_of(block_elements<T>, line));
  }

  /// Gradients: calls spread(window, first input pixel, result pixel, channels, lines, line `lines.from`, stride) for
  /// every window that touches a block, in ascending order. Adds to the block, which starts at zero.
  template <class Spread> void backward(T* destination, finish_function<T> finish, Spread spread) const {
    if (a.rows <= 0 || a.cols <= 0) return;
    const int budget = finish != nullptr ? greater_of(block_elements<T>, s.width * 16) : 0;
    const int most = finish != nullptr ? greater_of(budget / s.width / 16, 1) * 16 : a.cols;
    const range share = share_of(a.rows / s.width, a.part, a.parts);
    for (int channel = 0; channel < a.cols; channel += most) {
      const range channels = {channel, lesser_of(channel + most, a.cols)};
      const int stride = finish != nullptr ? round_up(channels.size(), 16) : a.cols;
      int height = s.height;
      if (finish != nullptr) {
        height = greater_of(budget / (stride * s.width), 1);
        if (height > s.stride_height) height -= height % s.stride_height;  // windows seldom lie in two blocks
      }
      for (int line = share.from; line < share.to;) {
        const int image = line / s.height, top = line - image * s.height;
        const range lines = {top, lesser_of(lesser_of(s.height, top + height), top + share.to - line)};
        const int first = line * s.width;
        T* const block = finish != nullptr ? a.scratch : destination + std::ptrdiff_t(first) * a.cols + channel;
        for (int i = 0; i < lines.size() * s.width; ++i) {
          for (int c = 0; c < channels.size(); ++c) block[std::ptrdiff_t(i) * stride + c] = T(0);
        }
        const int reach = (s.kernel_height - 1) * s.dilation_height;
        const int lowest = lines.from + s.pad_top - reach;
        const int from = lowest > 0 ? divide_up(lowest, s.stride_height) : 0;
        const int to = lesser_of(s.out_height, (lines.to - 1 + s.pad_top) / s.stride_height + 1);
        for (int row = from; row < to; ++row) {
          window w = {rows.taps_at(row), {}};
          for (int column = 0; column < s.out_width; ++column) {
            w.across = columns.taps_at(column);
            spread(w, input_pixel(image, 0, 0), result_pixel(image, row, column), channels, lines, block, stride);
          }
        }
        if (finish != nullptr) finish(a, first, lines.size() * s.width, channel, channels.size(), block, stride);
        line += lines.size();
      }
    }
  }

  /// Calls tap(row, column) for the pixels of a window in row-major order.
  template <class Tap> void for_taps(const window& w, Tap tap) const {
    for (int i = 0; i < w.down.count; ++i) {
      for (int j = 0; j < w.across.count; ++j)
        tap(w.down.at + i * s.dilation_height, w.across.at + j * s.dilation_width);
    }
  }
};

namespace detail {

constexpr int pool_useful_parts(const geometry& g, int rows, int cols) {
  const std::int64_t parts = std::int64_t(rows) * cols * g.v[7] * g.v[8] / 32768;
  return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
}

}  // namespace detail

/// The maximum of each window. Padding never wins; a NaN does.
///
/// Geometry   that of a convolution, with as many output channels as input channels; operand x [n, H, W, C]
template <class T> struct simd_max_pool {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const geometry&, int, int) { return std::size_t(block_elements<T>); }
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const pooling<T> p(a);
    using window = typename pooling<T>::window;
    p.forward(destination, finish, [&](const window& w, std::ptrdiff_t image, range channels, T* to) {
      const T* const x = p.operand(0) + image;
      p.for_channels(channels, [&]<class Lanes>(int c) {
        Lanes most = Lanes{} - std::numeric_limits<T>::infinity();
        p.for_taps(w, [&](int row, int column) {
          Lanes value;
          p.read(x + p.input_pixel(0, row, column) + c, value);
          most = value <= most ? most : most != most ? most : value;
        });
        p.write(most, to + (c - channels.from));
      });
    });
  }
};

/// The mean of each window over what is not padding: the sum in row-major order, divided by the count.
template <class T> struct simd_avg_pool {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const geometry&, int, int) { return std::size_t(block_elements<T>); }
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const pooling<T> p(a);
    using window = typename pooling<T>::window;
    p.forward(destination, finish, [&](const window& w, std::ptrdiff_t image, range channels, T* to) {
      const T* const x = p.operand(0) + image;
      const T count = T(greater_of(w.count(), 1));
      p.for_channels(channels, [&]<class Lanes>(int c) {
        Lanes sum = {};
        p.for_taps(w, [&](int row, int column) {
          Lanes value;
          p.read(x + p.input_pixel(0, row, column) + c, value);
          sum += value;
        });
        sum /= count;
        p.write(sum, to + (c - channels.from));
      });
    });
  }
};

/// The gradient of the maximum: the first maximum of a window in row-major order takes it all.
///
/// Operands   x, y, dy
/// Order      windows ascending
template <class T> struct simd_max_pool_grad {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const geometry& g, int, int) { return pooling<T>::gradient_block(g); }
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const pooling<T> p(a);
    using window = typename pooling<T>::window;
    p.backward(destination, finish,
               [&](const window& w, std::ptrdiff_t image, std::ptrdiff_t result, range channels, range lines, T* block,
                   int stride) {
                 const T* const x = p.operand(0) + image;
                 p.for_channels(channels, [&]<class Lanes>(int c) {
                   Lanes most, left;
                   p.read(p.operand(1) + result + c, most);
                   p.read(p.operand(2) + result + c, left);
                   p.for_taps(w, [&](int row, int column) {
                     Lanes value;
                     p.read(x + p.input_pixel(0, row, column) + c, value);
                     if (row >= lines.from && row < lines.to) {
                       T* const to = block + (std::ptrdiff_t(row - lines.from) * p.s.width + column) * stride +
                                     (c - channels.from);
                       Lanes sum;
                       p.read(to, sum);
                       sum += value == most ? left : Lanes{};
                       p.write(sum, to);
                     }
                     left = value == most ? Lanes{} : left;
                   });
                 });
               });
  }
};

/// The gradient of the mean: every pixel of a window gets the window's gradient divided by its count.
///
/// Operands   dy
/// Order      windows ascending
template <class T> struct simd_avg_pool_grad {
  template <class Launch> static constexpr const void* tiles() { return nullptr; }
  static constexpr std::size_t scratch(const geometry& g, int, int) { return pooling<T>::gradient_block(g); }
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    return detail::pool_useful_parts(g, rows, cols);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const pooling<T> p(a);
    using window = typename pooling<T>::window;
    p.backward(
        destination, finish,
        [&](const window& w, std::ptrdiff_t, std::ptrdiff_t result, range channels, range lines, T* block, int stride) {
          const T count = T(greater_of(w.count(), 1));
          p.for_channels(channels, [&]<class Lanes>(int c) {
            Lanes each;
            p.read(p.operand(0) + result + c, each);
            each /= count;
            p.for_taps(w, [&](int row, int column) {
              if (row < lines.from || row >= lines.to) return;
              T* const to =
                  block + (std::ptrdiff_t(row - lines.from) * p.s.width + column) * stride + (c - channels.from);
              Lanes sum;
              p.read(to, sum);
              sum += each;
              p.write(sum, to);
            });
          });
        });
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
