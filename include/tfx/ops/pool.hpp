// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/conv2d.hpp>

namespace tfx {

namespace detail {
struct pooling {
  static constexpr op_kind kind = op_kind::window;
  static constexpr bool differentiable = true, by_image = true;

  /// Calls f(input row) for every element of the window of output pixel (n, oh, ow).
  template <class F> static constexpr void each_place(const int* v, int n, int oh, int ow, F f) {
    using w = window2d;
    for (int kh = 0; kh < v[w::kernel_height]; ++kh)
      for (int kw = 0; kw < v[w::kernel_width]; ++kw) {
        const int h = oh * v[w::stride_height] + kh - v[w::pad_top], x = ow * v[w::stride_width] + kw - v[w::pad_left];
        if (h >= 0 && x >= 0 && h < v[w::height] && x < v[w::width]) f((n * v[w::height] + h) * v[w::width] + x);
      }
  }
  /// Calls f(n, oh, ow, output row) for every window that covers input pixel `row`, in ascending order.
  template <class F> static constexpr void each_window(const int* v, int row, F f) {
    using w = window2d;
    const int x = row % v[w::width], h = row / v[w::width] % v[w::height], n = row / v[w::width] / v[w::height];
    for (int oh = 0; oh < v[w::out_height]; ++oh)
      for (int ow = 0; ow < v[w::out_width]; ++ow) {
        const int kh = h + v[w::pad_top] - oh * v[w::stride_height], kw = x + v[w::pad_left] - ow * v[w::stride_width];
        if (kh < 0 || kw < 0 || kh >= v[w::kernel_height] || kw >= v[w::kernel_width]) continue;
        f(n, oh, ow, (n * v[w::out_height] + oh) * v[w::out_width] + ow);
      }
  }
};
}  // namespace detail

struct max_pool_op : detail::pooling {
  static constexpr std::string_view name = "max_pool2d";
  static constexpr int arity = 1;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols, int) {
    using w = window2d;
    lanes::lane<T> best(-__builtin_huge_val());
    each_place(v, row / v[w::out_width] / v[w::out_height], row / v[w::out_width] % v[w::out_height], row % v[w::out_width],
               [&](int at) { best = max(best, lanes::lane<T>(in[0][at * cols + col])); });
    return best.v;
  }
};
/// dx from x, y, dy. The gradient goes to the first maximum of each window in row-major order.
struct max_pool_gradient_op : detail::pooling {
  static constexpr std::string_view name = "max_pool2d_gradient";
  static constexpr int arity = 3;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols, int) {
    T total = T(0);
    each_window(v, row, [&](int n, int oh, int ow, int out) {
      int first = -1;
      each_place(v, n, oh, ow, [&](int at) {
        if (first < 0 && in[0][at * cols + col] == in[1][out * cols + col]) first = at;
      });
      if (first == row) total = total + in[2][out * cols + col];
    });
    return total;
  }
};
/// d(dy) from x, y, d(dx): what each window took; the derivative of the gradient.
struct max_pool_pick_op : detail::pooling {
  static constexpr std::string_view name = "max_pool2d_pick";
  static constexpr int arity = 3;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols, int) {
    using w = window2d;
    T taken = T(0);
    bool found = false;
    each_place(v, row / v[w::out_width] / v[w::out_height], row / v[w::out_width] % v[w::out_height], row % v[w::out_width], [&](int at) {
      if (found || !(in[0][at * cols + col] == in[1][row * cols + col])) return;
      found = true;
      taken = in[2][at * cols + col];
    });
    return taken;
  }
};
/// Mean over the elements of the window that lie in the image.
struct average_pool_op : detail::pooling {
  static constexpr std::string_view name = "average_pool2d";
  static constexpr int arity = 1;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols, int) {
    using w = window2d;
    T total = T(0);
    int count = 0;
    each_place(v, row / v[w::out_width] / v[w::out_height], row / v[w::out_width] % v[w::out_height], row % v[w::out_width], [&](int at) {
      total = total + in[0][at * cols + col];
      ++count;
    });
    return count ? total / T(count) : T(0);
  }
};
struct average_pool_gradient_op : detail::pooling {
  static constexpr std::string_view name = "average_pool2d_gradient";
  static constexpr int arity = 1;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int cols, int) {
    T total = T(0);
    each_window(v, row, [&](int n, int oh, int ow, int out) {
      int count = 0;
      each_place(v, n, oh, ow, [&](int) { ++count; });
      total = total + in[0][out * cols + col] / T(count);
    });
    return total;
  }
};

namespace detail {
template <class Op, class... H> constexpr handle pooled(const dims& shape, const geometry& g, handle a, H... more) {
  return {a.graph, a.graph->emit<Op>(shape, a.type(), a.graph->row_of(g), a.id, more.id...)};
}
}  // namespace detail
constexpr void max_pool_op::backward(gradient_scope& s) {
  s.add(0, detail::pooled<max_pool_gradient_op>(s.input(0).shape(), s.geo(), s.input(0), s.output(), s.dy));
}
constexpr void max_pool_gradient_op::backward(gradient_scope& s) {
  s.add(2, detail::pooled<max_pool_pick_op>(s.input(1).shape(), s.geo(), s.input(0), s.input(1), s.dy));
}
constexpr void max_pool_pick_op::backward(gradient_scope& s) {
  s.add(2, detail::pooled<max_pool_gradient_op>(s.input(2).shape(), s.geo(), s.input(0), s.input(1), s.dy));
}
constexpr void average_pool_op::backward(gradient_scope& s) {
  s.add(0, detail::pooled<average_pool_gradient_op>(s.input(0).shape(), s.geo(), s.dy));
}
constexpr void average_pool_gradient_op::backward(gradient_scope& s) {
  s.add(0, detail::pooled<average_pool_op>(s.input(0).shape(), s.geo(), s.dy));
}

namespace detail {
template <class Op, int Size, int Step, bool Keeps, class S, class T> constexpr auto pool(var<S, T> x, std::string_view called, source_line at) {
  x.h.graph->line = at.value;
  if constexpr (S::value.rank == 4) {
    using G = window_geometry<S, S::value.extent[3], Size, Size, stride_t<Step>, dilation_t<1>, Keeps, 1>;
    using Y = var<to_shape<G>, T>;
    if constexpr (G::fits) {
      return Y{pooled<Op>(G::value, G::table, x.h)};
    } else {
      x.h.graph->complain(called, at_path{}, ": the window [", Size, ", ", Size, "] is larger than the image ", S::value);
      return Y{x.h.graph->stand_in(G::value, x.h.type())};
    }
  } else {
    x.h.graph->complain(called, at_path{}, " expects images [batch, height, width, channels], got ", S::value);
    return x;
  }
}
}  // namespace detail

/// Largest element, or mean, of each window of Size x Size pixels, every `Step` pixels (default Size).
///
/// Shape      x: [N, H, W, C]  ->  y: [N, OH, OW, C]; `same` pads so that only the stride shrinks it; padding never counts
/// Gradient   max: to the first maximum of each window; mean: in equal parts
template <int Size, int Step = Size, auto Padding = valid, class S, class T> constexpr auto max_pool2d(var<S, T> x, source_line at = {}) {
  return detail::pool<max_pool_op, Size, Step, std::remove_cvref_t<decltype(Padding)>::keeps_extents>(x, "max_pool2d", at);
}
template <int Size, int Step = Size, auto Padding = valid, class S, class T> constexpr auto average_pool2d(var<S, T> x, source_line at = {}) {
  return detail::pool<average_pool_op, Size, Step, std::remove_cvref_t<decltype(Padding)>::keeps_extents>(x, "average_pool2d", at);
}

}  // namespace tfx
