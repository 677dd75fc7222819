// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>
#include <tfx/backend/simd/pool.hpp>
#include <tfx/lanes/partial.hpp>
#include <tfx/lanes/window_maximum.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// A convolution whose blocks go through a pooling of windows that do not overlap, on the way to their epilogue.
///
/// Operands   x [n, H, W, C] and w [KH, KW, C, O]
template <class T> struct simd_conv_blocks : simd_conv<T> {
  [[gnu::noinline]] static void run(const call<T>& a, T*, finish_function<T> finish) {
    simd_conv<T>::run(a, nullptr, finish);
  }
};

template <class T, class V> struct simd_conv_max_pool : simd_conv_blocks<T> {
  /// The block has the convolution's results, whole lines of windows from that of `row` on.
  template <class Kernel> TFX_INLINE static void finish_in(const call<T>& a, int row, int rows, int col, int cols,
                                                           const T* block, std::ptrdiff_t stride) {
    const conv_shape s{conv2d_geometry(*a.geo)};
    const int in_line = s.out_width / s.window_width;
    const std::ptrdiff_t line = s.out_width * stride;
    for (int i = 0; i < rows; block += s.window_height * line) {
      for (const T* window = block; window < block + in_line * s.window_width * stride; ++i) {
        if (s.window_height == 2 && s.window_width == 2) {
          finish_window<Kernel, 2>(a, row + i, col, cols, s, window, line, stride);
        } else {
          finish_window<Kernel, 0>(a, row + i, col, cols, s, window, line, stride);
        }
        window += s.window_width * stride;
      }
    }
  }

 private:
  template <class Kernel, int Side>
  TFX_INLINE static void finish_window(const call<T>& a, int row, int col, int cols, const conv_shape& s,
                                       const T* window, std::ptrdiff_t line, std::ptrdiff_t stride) {
    Kernel::finish_row(a, row, col, cols, [&](auto* reg, auto place) __attribute__((always_inline)) {
      const int high = Side ? Side : s.window_height, wide = Side ? Side : s.window_width;
      tfx::lanes::window_maximum<lanes::lane<V>> most;
      const auto see = [&](int i, int j) __attribute__((always_inline)) {
        const T* const from = window + i * line + j * stride + (place.c - col);
        most.see(lanes::lane<V>::wrap(lanes::partial<V>::load(from, place.n)), i * wide + j, i == 0 && j == 0);
      };
      if constexpr (Side == 2) {
        see(0, 0), see(0, 1), see(1, 0), see(1, 1);
      } else {
        for (int i = 0; i < high; ++i) {
          for (int j = 0; j < wide; ++j) see(i, j);
        }
      }
      Kernel::set_maximum(reg, most);
    });
  }
};

/// Makes the gradient of a convolution's result from the places of the maxima and their gradient: whole lines, `stride`
/// columns apart, zero from `cols` on.
template <class T, class V> struct max_unpooling {
  static TFX_INLINE void finish(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                                std::ptrdiff_t stride) {
    const conv_shape s{conv2d_geometry(*a.geo)};
    T* const to = const_cast<T*>(block);
    if (s.window_height == 2 && s.window_width == 2) return unpool<2>(a, s, row, rows, col, cols, to, stride);
    unpool<0>(a, s, row, rows, col, cols, to, stride);
  }
  TFX_FLATTEN static void whole_finish(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                                       std::ptrdiff_t stride) {
    finish(a, row, rows, col, cols, block, stride);
  }

 private:
  using many = lanes::lane<V>;
  using partial = lanes::partial<V>;
  static constexpr int width = lanes::traits<V>::width;

  template <int Side> static TFX_INLINE void unpool(const call<T>& a, const conv_shape& s, int row, int rows, int col,
                                                    int cols, T* to, std::ptrdiff_t stride) {
    const int high = Side ? Side : s.window_height, wide = Side ? Side : s.window_width;
    const int in_line = s.out_width / wide;
    const std::ptrdiff_t line = s.out_width * stride, from = std::ptrdiff_t(row) * s.out_channels + col;
    const T* place = static_cast<const T*>(a.operand[1]) + from;
    const T* dy = static_cast<const T*>(a.operand[2]) + from;
    for (int i = 0; i < rows;) {
      const int end = i + in_line;
      for (T* window = to; i < end; ++i, window += wide * stride, place += s.out_channels, dy += s.out_channels) {
        for (int c = 0; c < stride; c += width) {
          const int n = lesser_of(width, cols - c);
          many at = -1, given = 0;
          if (n > 0) {
            __builtin_prefetch(place + c + places_ahead<T>);
            at = many::wrap(partial::load(place + c, n));
            given = many::wrap(partial::load(dy + c, n));
          }
          const auto take = [&](int h, int w) __attribute__((always_inline)) {
            select(at == many(h * wide + w), given, many(0)).put(window + h * line + w * stride + c);
          };
          if constexpr (Side == 2) {
            take(0, 0), take(0, 1), take(1, 0), take(1, 1);
          } else {
            for (int h = 0; h < high; ++h) {
              for (int w = 0; w < wide; ++w) take(h, w);
            }
          }
        }
      }
      to += high * line;
    }
  }
};

template <class T> struct simd_conv_to_w_unpooled : simd_conv_to_w<T> {
  [[gnu::noinline]] static void run(const call<T>& a, T* to, finish_function<T> finish, finish_function<T> unpool) {
    simd_conv_to_w<T>::run(a, to, finish, unpool);
  }
};

template <class T, class Backend> struct simd_conv_max_pool_to_w : simd_conv_to_w_unpooled<T> {
  static void run(const call<T>& a, T* to, finish_function<T> finish) {
    using unpooling = max_unpooling<T, typename Backend::template lanes<T>>;
    simd_conv_to_w_unpooled<T>::run(a, to, finish, tfx::detail::finisher<Backend, unpooling, T>());
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
