// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/pool.hpp>

namespace tfx {

/// A convolution of which only the maxima of windows are wanted, windows that do not overlap: the results of the
/// convolution are in no memory. Made from a finished graph, so it needs no derivative.
/// Its geometry is cut to what the windows cover.
namespace detail {
struct conv_max_pooling : convolution, finds_maximum {
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}

  template <class T> static TFX_INLINE constexpr lanes::window_maximum<lanes::lane<T>> maximum(const conv2d_geometry& g, const T* const* in,
                                                                                        int row, int col, int cols) {
    lanes::window_maximum<lanes::lane<T>> most;
    const int high = g.window_height, wide = g.window_width, per_line = g.out_width / wide;
    for (int at = 0; at < high * wide; ++at) {
      const int line = row / per_line * high + at / wide, column = row % per_line * wide + at % wide;
      most.see(lanes::lane<T>(conv_op::element(g, in, line * g.out_width + column, col, cols, 0)), at, at == 0);
    }
    return most;
  }
};
}  // namespace detail

struct conv_max_pool_op : detail::conv_max_pooling {
  static constexpr std::string_view name = "conv2d_max_pool2d";
  template <class T, int Result = 0> static TFX_INLINE constexpr T element(const conv2d_geometry& g, const T* const* in, int row, int col,
                                                                           int cols, int) {
    return maximum(g, in, row, col, cols).template result<Result>().v;
  }
};

/// The gradient of a convolution's weights from x, the places of the maxima and their gradient: the gradient of the
/// convolution's result, mostly zeros, is in no memory either.
struct conv_max_pool_to_w_op : detail::convolution {
  static constexpr std::string_view name = "conv2d_max_pool2d_to_w";
  static constexpr int arity = 3;
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}
  template <class T> static TFX_INLINE constexpr T element(const conv2d_geometry& g, const T* const* in, int row, int col, int,
                                                           int present, T total = T(0)) {
    const int high = g.window_height, wide = g.window_width;
    return detail::weight_gradient(g, in[0], row, col, present, total, [&](int n, int oh, int ow) {
      const int window = (n * (g.out_height / high) + oh / high) * (g.out_width / wide) + ow / wide;
      const int at = window * g.out_channels + col;
      return in[1][at] == T(oh % high * wide + ow % wide) ? in[2][at] : T(0);
    });
  }
};

}  // namespace tfx
