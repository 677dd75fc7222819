// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/kernel/producer.hpp>
#include <tfx/backend/simd/conv.hpp>
#include <tfx/backend/simd/conv_to_w.hpp>
#include <tfx/backend/simd/pool.hpp>
#include <tfx/lanes/partial.hpp>
#include <tfx/lanes/window_maximum.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Windows of a block, in whole lines of a cache: what is made beside the maxima lies in front of the scratch memory of the
/// convolution.
template <class T> constexpr int windows_of_block(const conv_shape& s) {
  return round_up(block_size<T>(s.window_height, s.out_width) / (s.window_height * s.window_width), 16);
}

/// The maxima of windows that do not overlap, of blocks of a convolution's results: the `Wanted` results of each, stored or handed over.
template <class T, class V, int... Wanted> struct max_pooling {
  /// The block has whole lines of windows from that of `row` on. What is made of a window may lie where its pixels are, or
  /// those of windows before it.
  static TFX_INLINE void finish(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                                std::ptrdiff_t stride) {
    const conv_shape s{conv2d_geometry(*a.geo)};
    if (s.window_height == 2 && s.window_width == 2) return pool<2>(a, s, row, rows, col, cols, block, stride);
    pool<0>(a, s, row, rows, col, cols, block, stride);
  }
  TFX_FLATTEN static void whole_finish(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                                       std::ptrdiff_t stride) {
    finish(a, row, rows, col, cols, block, stride);
  }

 private:
  using many = lanes::lane<V>;
  static constexpr int width = lanes::traits<V>::width, results = int(sizeof...(Wanted));

  template <int Side> static TFX_INLINE void pool(const call<T>& a, const conv_shape& s, int row, int rows, int col,
                                                  int cols, const T* block, std::ptrdiff_t stride) {
    const int high = Side ? Side : s.window_height, wide = Side ? Side : s.window_width;
    const int in_line = s.out_width / wide;
    const std::ptrdiff_t line = s.out_width * stride;
    const bool fused = a.kernel != nullptr;
    T* const made[] = {const_cast<T*>(block), a.scratch - windows_of_block<T>(s)};
    T* to[results];
    const T* blocks[max_results];
    int k = 0;
    ((blocks[Wanted] = made[k], to[k++] = fused ? const_cast<T*>(blocks[Wanted]) : a.stored(Wanted) + std::ptrdiff_t(row) * a.cols + col), ...);
    const T* lines = block;
    for (int i = 0; i < rows; lines += high * line) {
      const int end = i + in_line;
      for (const T* window = lines; i < end; ++i, window += wide * stride) {
        for (int c = 0; c < cols; c += width) {
          const int n = lesser_of(width, cols - c);
          tfx::lanes::window_maximum<many> most;
          const auto see = [&](int h, int w) __attribute__((always_inline)) {
            const T* const from = window + h * line + w * stride + c;
            most.see(many::wrap(lanes::partial<V>::load(from, n)), h * wide + w, h == 0 && w == 0);
          };
          if constexpr (Side == 2) {
            see(0, 0), see(0, 1), see(1, 0), see(1, 1);
          } else {
            for (int h = 0; h < high; ++h) {
              for (int w = 0; w < wide; ++w) see(h, w);
            }
          }
          int result = 0;
          (lanes::partial<V>::put(to[result++] + c, most.template result<Wanted>().v, n), ...);
        }
        for (T*& each : to) each += fused ? stride : a.cols;
      }
    }
    if (fused) hand_over<T>(a, row, rows, col, cols, blocks, stride);
  }
};

/// A convolution whose blocks go through a pooling of windows that do not overlap.
///
/// Operands   x [n, H, W, C] and w [KH, KW, C, O]
template <class T> struct simd_conv_blocks : simd_conv<T> {
  [[gnu::noinline]] static void run(const call<T>& a, finish_function<T> pool) { simd_conv<T>::run(a, nullptr, pool); }
};

template <class T, class Backend> struct simd_conv_max_pool : simd_conv_blocks<T> {
  static constexpr std::size_t scratch(const conv2d_geometry& g, int rows, int cols) {
    return simd_conv<T>::scratch(g, rows, cols) + std::size_t(windows_of_block<T>(conv_shape(g)));
  }
  template <unsigned Wanted> static TFX_PART void run(const call<T>& a) { make(a, results_in<Wanted>{}); }

 private:
  template <int... Wanted> static TFX_PART void make(const call<T>& a, std::integer_sequence<int, Wanted...>) {
    using pooling = max_pooling<T, typename Backend::template lanes<T>, Wanted...>;
    call<T> behind = a;
    behind.scratch += windows_of_block<T>(conv_shape{conv2d_geometry(*a.geo)});
    simd_conv_blocks<T>::run(behind, tfx::detail::finisher<Backend, pooling, T>());
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
  [[gnu::noinline]] static void run(const call<T>& a, finish_function<T> unpool) {
    const finish_function<T> finish = a.kernel != nullptr ? finish_function<T>(&hand_over<T>) : nullptr;
    simd_conv_to_w<T>::run(a, a.destination(), finish, unpool);
  }
};

template <class T, class Backend> struct simd_conv_max_pool_to_w : simd_conv_to_w_unpooled<T> {
  static TFX_PART void run(const call<T>& a) {
    using unpooling = max_unpooling<T, typename Backend::template lanes<T>>;
    simd_conv_to_w_unpooled<T>::run(a, tfx::detail::finisher<Backend, unpooling, T>());
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
