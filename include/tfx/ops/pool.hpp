// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/window_maximum.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/kernel_height.hpp>

namespace tfx {

namespace detail {
struct pooling {
  using attributes = pool2d_geometry;
  static constexpr op_kind kind = op_kind::window;
  static constexpr bool differentiable = true, by_image = true;

  /// Calls f(input row) for every element of the window of output pixel (n, oh, ow).
  template <class F> static constexpr void each_place(const pool2d_geometry& g, int n, int oh, int ow, F f) {
    for (int kh = 0; kh < g.kernel_height; ++kh)
      for (int kw = 0; kw < g.kernel_width; ++kw) {
        const int h = oh * g.stride_height + kh * g.dilation_height - g.pad_top;
        const int x = ow * g.stride_width + kw * g.dilation_width - g.pad_left;
        if (h >= 0 && x >= 0 && h < g.height && x < g.width) f((n * g.height + h) * g.width + x);
      }
  }
  /// The place that input pixel `row` has in the window of output pixel (oh, ow).
  static constexpr int place_in(const pool2d_geometry& g, int oh, int ow, int row) {
    const int down = row / g.width % g.height - oh * g.stride_height + g.pad_top;
    const int across = row % g.width - ow * g.stride_width + g.pad_left;
    return down / g.dilation_height * g.kernel_width + across / g.dilation_width;
  }
  /// Calls f(n, oh, ow, output row) for every window that covers input pixel `row`, in ascending order.
  template <class F> static constexpr void each_window(const pool2d_geometry& g, int row, F f) {
    const int x = row % g.width, h = row / g.width % g.height, n = row / g.width / g.height;
    for (int oh = 0; oh < g.out_height; ++oh)
      for (int ow = 0; ow < g.out_width; ++ow) {
        const int down = h + g.pad_top - oh * g.stride_height, across = x + g.pad_left - ow * g.stride_width;
        const int high = g.dilation_height, wide = g.dilation_width;
        if (down < 0 || across < 0 || down % high || across % wide) continue;
        if (down / high >= g.kernel_height || across / wide >= g.kernel_width) continue;
        f(n, oh, ow, (n * g.out_height + oh) * g.out_width + ow);
      }
  }
};
}  // namespace detail

namespace detail {
struct finds_maximum {
  static constexpr int results = 2;
  static constexpr result_info result(int, const auto&, const dims& first, dtype type) { return {"place", first, type}; }
};
struct max_pooling : pooling, finds_maximum {

  template <class T> static TFX_INLINE constexpr lanes::window_maximum<lanes::lane<T>> maximum(const pool2d_geometry& g, const T* x, int row, int col, int cols) {
    lanes::window_maximum<lanes::lane<T>> most;
    const int ow = row % g.out_width, oh = row / g.out_width % g.out_height;
    const int n = row / g.out_width / g.out_height;
    bool first = true;
    each_place(g, n, oh, ow, [&](int at) {
      most.see(lanes::lane<T>(x[at * cols + col]), place_in(g, oh, ow, at), first);
      first = false;
    });
    return most;
  }
};
}  // namespace detail

/// The largest element of each window, and which place of its window it has: what the gradient needs to know of x.
struct max_pool_op : detail::max_pooling {
  static constexpr std::string_view name = "max_pool2d";
  static constexpr int arity = 1;
  static constexpr void backward(gradient_scope& s);
  template <class T, int Result = 0> static TFX_INLINE constexpr T element(const pool2d_geometry& g, const T* const* in, int row, int col, int cols, int) {
    return maximum(g, in[0], row, col, cols).template result<Result>().v;
  }
};
/// dx from the places and dy. The gradient goes to the first maximum of each window in row-major order.
struct max_pool_gradient_op : detail::pooling {
  static constexpr std::string_view name = "max_pool2d_gradient";
  static constexpr int arity = 2;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const pool2d_geometry& g, const T* const* in, int row, int col, int cols, int) {
    T total = T(0);
    each_window(g, row, [&](int, int oh, int ow, int out) {
      if (in[0][out * cols + col] == T(place_in(g, oh, ow, row))) total = total + in[1][out * cols + col];
    });
    return total;
  }
};
/// d(dy) from the places and d(dx): what each window took; the derivative of the gradient.
struct max_pool_pick_op : detail::pooling {
  static constexpr std::string_view name = "max_pool2d_pick";
  static constexpr int arity = 2;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const pool2d_geometry& g, const T* const* in, int row, int col, int cols, int) {
    T taken = T(0);
    const int ow = row % g.out_width, oh = row / g.out_width % g.out_height;
    each_place(g, row / g.out_width / g.out_height, oh, ow, [&](int at) {
      if (in[0][row * cols + col] == T(place_in(g, oh, ow, at))) taken = in[1][at * cols + col];
    });
    return taken;
  }
};
/// Mean over the elements of the window that lie in the image.
struct average_pool_op : detail::pooling {
  static constexpr std::string_view name = "average_pool2d";
  static constexpr int arity = 1;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const pool2d_geometry& g, const T* const* in, int row, int col, int cols, int) {
    T total = T(0);
    int count = 0;
    each_place(g, row / g.out_width / g.out_height, row / g.out_width % g.out_height, row % g.out_width, [&](int at) {
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
  template <class T> static TFX_INLINE constexpr T element(const pool2d_geometry& g, const T* const* in, int row, int col, int cols, int) {
    T total = T(0);
    each_window(g, row, [&](int n, int oh, int ow, int out) {
      int count = 0;
      each_place(g, n, oh, ow, [&](int) { ++count; });
      total = total + in[0][out * cols + col] / T(count);
    });
    return total;
  }
};

namespace detail {
template <class Op, class... H> constexpr handle pooled(const dims& shape, const pool2d_geometry& g, handle a, H... more) {
  return {a.graph, a.graph->emit<Op>(shape, dtype::real_type, g, detail::as_number(a).id, more.id...)};
}
}  // namespace detail
constexpr void max_pool_op::backward(gradient_scope& s) {
  s.add(0, detail::pooled<max_pool_gradient_op>(s.input(0).shape(), s.geo(), s.result(1), s.dy));
}
constexpr void max_pool_gradient_op::backward(gradient_scope& s) {
  s.add(1, detail::pooled<max_pool_pick_op>(s.input(0).shape(), s.geo(), s.input(0), s.dy));
}
constexpr void max_pool_pick_op::backward(gradient_scope& s) {
  s.add(1, detail::pooled<max_pool_gradient_op>(s.input(1).shape(), s.geo(), s.input(0), s.dy));
}
constexpr void average_pool_op::backward(gradient_scope& s) {
  s.add(0, detail::pooled<average_pool_gradient_op>(s.input(0).shape(), s.geo(), s.dy));
}
constexpr void average_pool_gradient_op::backward(gradient_scope& s) {
  s.add(0, detail::pooled<average_pool_op>(s.input(0).shape(), s.geo(), s.dy));
}

namespace detail {
/// The maximum of what never decreases is what the maximum becomes: relu, and the bias of a convolution, are left to the
/// fewer elements behind the pooling. Where sums with the bias are equal because they were rounded, the gradient goes to
/// what was largest before.
template <class Op> constexpr handle pooled_first(const dims& shape, const pool2d_geometry& g, handle x) {
  if constexpr (std::is_same_v<Op, max_pool_op>) {
    const node n = x.graph->nodes[x.id];
    const auto input = [&](int k) { return handle{x.graph, x.graph->input(x.id, k)}; };
    const auto as_before = [&](handle y) {   // whose work it is, and where it was written
      x.graph->nodes[y.id].path = n.path;
      x.graph->nodes[y.id].line = n.line;
      return y;
    };
    if (n.op->id == op_of<relu_op>.id) return as_before(apply_map<relu_op>(pooled_first<Op>(shape, g, input(0))));
    if (n.op->id == op_of<add_op>.id && node_of(input(0)).op->id == op_of<conv_op>.id &&
        input(1).shape().rows() == 1 && input(1).shape().cols() == x.shape().cols())
      return as_before(apply_map<add_op>(pooled_first<Op>(shape, g, input(0)), input(1)));
  }
  return pooled<Op>(shape, g, x);
}

/// Windows of Height x Width; a window of steps is one line high.
template <class Op, int Height, int Width, class Step, bool Keeps, class S, class T> constexpr auto pool(var<S, T> x, std::string_view called, source_line at) {
  x.h.graph->line = at.value;
  if constexpr (S::value.rank == 4) {
    using G = window_geometry<S, S::value.extent[3], Height, Width, Step, dilation_t<1>, Keeps>;
    using Y = var<to_shape<G>>;
    if constexpr (G::fits) {
      const call_mark here(*x.h.graph, called, {x.h}, {window_attribute<Height, Width>("size"), window_attribute<Step::height, Step::width>("stride"), {"same", Keeps}});
      return here.gives(Y{pooled_first<Op>(G::value, G::window, x.h)});
    } else {
      x.h.graph->complain(called, at_path{}, ": the window [", Height, ", ", Width, "] is larger than the image ", S::value);
      return Y{x.h.graph->stand_in(G::value, dtype::real_type)};
    }
  } else {
    x.h.graph->complain(called, at_path{}, " expects images [batch, height, width, channels], got ", S::value);
    return x;
  }
}

/// An option of windows; a number is a stride.
template <auto Option> constexpr auto as_window_option() {
  if constexpr (std::is_integral_v<decltype(Option)>) return stride_t<Option>{};
  else return Option;
}
template <int Size, auto... Option> struct window_options {
  static constexpr int height = height_of_window<Size, Option...>;
  using steps = option<stride_t<height, Size>, Option...>;
  static constexpr bool keeps = option<padding_t<false>, Option...>::keeps_extents;
};
template <class Op, int Size, auto... Option, class S, class T> constexpr auto pool_images(var<S, T> x, std::string_view called, source_line at) {
  using window = window_options<Size, as_window_option<Option>()...>;
  return pool<Op, window::height, Size, typename window::steps, window::keeps>(x, called, at);
}
}  // namespace detail

/// Largest element, or mean, of each window of Size x Size pixels, one beside the other.
///
///     max_pool2d<3>(x)   max_pool2d<3, 2, same>(x)   max_pool2d<3, kernel_height<2>, stride<2, 1>>(x)
///
/// Shape      x: [N, H, W, C]  ->  y: [N, OH, OW, C]; padding never counts
/// Options    a stride, N or stride<N> or stride<H, W>; same (only the stride shrinks it) or valid (default); kernel_height<N>
/// Gradient   max: to the first maximum of each window; mean: in equal parts
template <int Size, auto... Option, class S, class T> constexpr auto max_pool2d(var<S, T> x, source_line at = {}) {
  return detail::pool_images<max_pool_op, Size, Option...>(x, "max_pool2d", at);
}
template <int Size, auto... Option, class S, class T> constexpr auto average_pool2d(var<S, T> x, source_line at = {}) {
  return detail::pool_images<average_pool_op, Size, Option...>(x, "average_pool2d", at);
}

}  // namespace tfx
