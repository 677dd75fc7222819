// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/reduce.hpp>

namespace tfx {

/// Extents of a two-dimensional window over NHWC images: what convolutions and pooling put into the geometry table.
struct window2d {
  enum index : int { images, height, width, channels, out_height, out_width, out_channels, kernel_height, kernel_width,
                     stride_height, stride_width, pad_top, pad_left, dilation_height, dilation_width, groups,
                     window_height, window_width };   // of a pooling behind a convolution
};

namespace detail {

/// Convolution is one relation between three tensors,
///
///     y[n, oh, ow, o] ~ x[n, oh * s + kh * d - p, ow * s + kw * d - p, c] * w[kh, kw, c, o],
///
/// and each role makes one of them from the other two. The derivative of each is made of the other two, so gradients of
/// gradients need nothing new.
struct convolution {
  static constexpr op_kind kind = op_kind::contract;
  static constexpr int arity = 2;
  static constexpr bool differentiable = true, by_image = true;
  /// The same for each role, padding included.
  static constexpr long long multiply_adds(const geometry& v, long long) {
    using w = window2d;
    return 1LL * v[w::images] * v[w::out_height] * v[w::out_width] * v[w::out_channels] * v[w::kernel_height] * v[w::kernel_width] *
           (v[w::channels] / v[w::groups]);
  }
};

}  // namespace detail

/// y from x and w. Each result is one chain of fused multiply-adds over kh, kw, c ascending; padding is skipped.
struct conv_op : detail::convolution {
  static constexpr std::string_view name = "conv2d";
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int, int) {
    using w = window2d;
    const int ow = row % v[w::out_width], oh = row / v[w::out_width] % v[w::out_height], n = row / v[w::out_width] / v[w::out_height];
    const int per_group = v[w::channels] / v[w::groups], group = col / (v[w::out_channels] / v[w::groups]);
    T total = T(0);
    for (int kh = 0; kh < v[w::kernel_height]; ++kh)
      for (int kw = 0; kw < v[w::kernel_width]; ++kw) {
        const int h = oh * v[w::stride_height] + kh * v[w::dilation_height] - v[w::pad_top];
        const int x = ow * v[w::stride_width] + kw * v[w::dilation_width] - v[w::pad_left];
        if (h < 0 || x < 0 || h >= v[w::height] || x >= v[w::width]) continue;
        const T* pixel = in[0] + ((n * v[w::height] + h) * v[w::width] + x) * v[w::channels] + group * per_group;
        const T* weight = in[1] + (kh * v[w::kernel_width] + kw) * per_group * v[w::out_channels] + col;
        for (int c = 0; c < per_group; ++c) total = lanes::traits<T>::fma(pixel[c], weight[c * v[w::out_channels]], total);
      }
    return total;
  }
};
/// x from y and w (the gradient of x; also called transposed convolution): a chain over kh, kw, o ascending.
struct conv_to_x_op : detail::convolution {
  static constexpr std::string_view name = "conv2d_to_x";
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int, int) {
    using w = window2d;
    const int x = row % v[w::width], h = row / v[w::width] % v[w::height], n = row / v[w::width] / v[w::height];
    const int per_group = v[w::channels] / v[w::groups], out_per_group = v[w::out_channels] / v[w::groups];
    const int group = col / per_group, c = col % per_group;
    T total = T(0);
    for (int kh = 0; kh < v[w::kernel_height]; ++kh)
      for (int kw = 0; kw < v[w::kernel_width]; ++kw) {
        int oh = h + v[w::pad_top] - kh * v[w::dilation_height], ow = x + v[w::pad_left] - kw * v[w::dilation_width];
        if (oh < 0 || ow < 0 || oh % v[w::stride_height] || ow % v[w::stride_width]) continue;
        oh /= v[w::stride_height];
        ow /= v[w::stride_width];
        if (oh >= v[w::out_height] || ow >= v[w::out_width]) continue;
        const T* dy = in[0] + ((n * v[w::out_height] + oh) * v[w::out_width] + ow) * v[w::out_channels] + group * out_per_group;
        const T* weight = in[1] + ((kh * v[w::kernel_width] + kw) * per_group + c) * v[w::out_channels] + group * out_per_group;
        for (int o = 0; o < out_per_group; ++o) total = lanes::traits<T>::fma(dy[o], weight[o], total);
      }
    return total;
  }
};
namespace detail {
/// The chain of one weight's gradient over images, oh, ow ascending, on from `total`. dy(n, oh, ow) is that of its column.
template <class T, class Dy> TFX_INLINE constexpr T weight_gradient(const int* v, const T* in, int row, int col, int present,
                                                                    T total, Dy dy) {
  using w = window2d;
  const int per_group = v[w::channels] / v[w::groups], group = col / (v[w::out_channels] / v[w::groups]);
  const int c = row % per_group, kw = row / per_group % v[w::kernel_width], kh = row / per_group / v[w::kernel_width];
  for (int n = 0; n < present; ++n)
    for (int oh = 0; oh < v[w::out_height]; ++oh)
      for (int ow = 0; ow < v[w::out_width]; ++ow) {
        const int h = oh * v[w::stride_height] + kh * v[w::dilation_height] - v[w::pad_top];
        const int x = ow * v[w::stride_width] + kw * v[w::dilation_width] - v[w::pad_left];
        if (h < 0 || x < 0 || h >= v[w::height] || x >= v[w::width]) continue;
        const T pixel = in[((n * v[w::height] + h) * v[w::width] + x) * v[w::channels] + group * per_group + c];
        total = lanes::traits<T>::fma(pixel, dy(n, oh, ow), total);
      }
  return total;
}
}  // namespace detail

/// w from x and y (the gradient of w): a chain over images, oh, ow ascending; `total` is what earlier images have given.
struct conv_to_w_op : detail::convolution {
  static constexpr std::string_view name = "conv2d_to_w";
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const int* v, const T* const* in, int row, int col, int, int present, T total = T(0)) {
    using w = window2d;
    return detail::weight_gradient(v, in[0], row, col, present, total, [&](int n, int oh, int ow) {
      return in[1][((n * v[w::out_height] + oh) * v[w::out_width] + ow) * v[w::out_channels] + col];
    });
  }
};

template <class Role> constexpr handle convolve(handle a, handle b, const dims& shape, geometry g) {
  constexpr bool sums_images = std::is_same_v<Role, conv_to_w_op>;
  g.v[geometry::contracted] = sums_images ? g.v[window2d::images] : 0;
  g.v[geometry::contracts_batch] = sums_images && a.shape().bounded;
  return {a.graph, a.graph->emit<Role>(shape, promote(a.type(), b.type()), a.graph->row_of(g), a.id, b.id)};
}
constexpr void conv_op::backward(gradient_scope& s) {
  const handle x = s.input(0), w = s.input(1);
  if (s.wanted(0)) s.add(0, convolve<conv_to_x_op>(s.dy, w, x.shape(), s.geo()));
  if (s.wanted(1)) s.add(1, convolve<conv_to_w_op>(x, s.dy, w.shape(), s.geo()));
}
constexpr void conv_to_x_op::backward(gradient_scope& s) {
  const handle y = s.input(0), w = s.input(1);
  if (s.wanted(0)) s.add(0, convolve<conv_op>(s.dy, w, y.shape(), s.geo()));
  if (s.wanted(1)) s.add(1, convolve<conv_to_w_op>(s.dy, y, w.shape(), s.geo()));
}
constexpr void conv_to_w_op::backward(gradient_scope& s) {
  const handle x = s.input(0), y = s.input(1);
  if (s.wanted(0)) s.add(0, convolve<conv_to_x_op>(y, s.dy, x.shape(), s.geo()));
  if (s.wanted(1)) s.add(1, convolve<conv_op>(x, s.dy, y.shape(), s.geo()));
}

// ---- options of windows: what decides a shape is a template argument, in any order

template <int Height, int Width = Height> struct stride_t {
  static constexpr int height = Height, width = Width;
};
template <int Height, int Width = Height> struct dilation_t {
  static constexpr int height = Height, width = Width;
};
template <int Count> struct groups_t {
  static constexpr int count = Count;
};
template <bool Same> struct padding_t {
  static constexpr bool keeps_extents = Same;
};
template <int... N> inline constexpr stride_t<N...> stride{};
template <int... N> inline constexpr dilation_t<N...> dilation{};
template <int N> inline constexpr groups_t<N> groups{};
/// Only whole windows: the result shrinks.
inline constexpr padding_t<false> valid{};
/// Zeros around the image so that with stride 1 the extents stay; an odd one goes to the end, as in TensorFlow.
inline constexpr padding_t<true> same{};

namespace detail {

template <class A, class B> inline constexpr bool same_option = false;
template <int... A, int... B> inline constexpr bool same_option<stride_t<A...>, stride_t<B...>> = true;
template <int... A, int... B> inline constexpr bool same_option<dilation_t<A...>, dilation_t<B...>> = true;
template <int A, int B> inline constexpr bool same_option<groups_t<A>, groups_t<B>> = true;
template <bool A, bool B> inline constexpr bool same_option<padding_t<A>, padding_t<B>> = true;

template <class Default, class... Option> struct pick_option {
  using type = Default;
};
template <class Default, class First, class... Rest> struct pick_option<Default, First, Rest...> {
  using type = typename pick_option<std::conditional_t<same_option<Default, First>, First, Default>, Rest...>::type;
};
template <class Default, auto... Option> using option = typename pick_option<Default, std::remove_cvref_t<decltype(Option)>...>::type;

struct extent_rule {
  int out, before;
};
constexpr extent_rule window_extent(int in, int kernel, int step, int spread, bool keeps) {
  const int reach = (kernel - 1) * spread + 1;
  if (!keeps) return {in >= reach ? (in - reach) / step + 1 : 0, 0};
  const int out = (in + step - 1) / step, missing = (out - 1) * step + reach - in;
  return {out, missing > 0 ? missing / 2 : 0};
}

/// The geometry of a window over image shape S.
template <class S, int Out, int KernelHeight, int KernelWidth, class Stride, class Dilation, bool Keeps, int Groups> struct window_geometry {
  static constexpr dims in = S::value;
  static constexpr extent_rule rows = window_extent(in.extent[1], KernelHeight, Stride::height, Dilation::height, Keeps);
  static constexpr extent_rule columns = window_extent(in.extent[2], KernelWidth, Stride::width, Dilation::width, Keeps);
  static constexpr bool fits = rows.out > 0 && columns.out > 0;
  static constexpr dims value{4, {in.extent[0], fits ? rows.out : 1, fits ? columns.out : 1, Out}, in.bounded};
  static constexpr geometry table{{in.extent[0], in.extent[1], in.extent[2], in.extent[3], rows.out, columns.out, Out, KernelHeight, KernelWidth,
                                   Stride::height, Stride::width, rows.before, columns.before, Dilation::height, Dilation::width, Groups}};
};

}  // namespace detail

/// Two-dimensional convolution (cross-correlation), channels last.
///
///     y[n, i, j, o] = sum_{kh, kw, c} x[n, i * stride + kh * dilation - pad, ..., c] * w[kh, kw, c, o]
///
/// Shape      x: [N, H, W, C], w: [KH, KW, C / groups, O]  ->  y: [N, OH, OW, O]
/// Options    stride<N>, dilation<N>, groups<N>, same or valid (default valid)
/// Errors     not an image, channels that do not fit, a window larger than the image
/// Gradient   the two other roles of the same relation
template <auto... Option, class X, class W, class T> constexpr auto conv2d(var<X, T> x, var<W, T> w, source_line at = {}) {
  using padding = detail::option<padding_t<false>, Option...>;
  using steps = detail::option<stride_t<1>, Option...>;
  using spread = detail::option<dilation_t<1>, Option...>;
  constexpr int group_count = detail::option<groups_t<1>, Option...>::count;
  constexpr dims s = X::value, k = W::value;
  x.h.graph->line = at.value;
  if constexpr (s.rank == 4 && k.rank == 4 && s.extent[3] == k.extent[2] * group_count && k.extent[3] % group_count == 0) {
    using G = detail::window_geometry<X, k.extent[3], k.extent[0], k.extent[1], steps, spread, padding::keeps_extents, group_count>;
    using Y = var<to_shape<G>, T>;
    if constexpr (G::fits) {
      return Y{convolve<conv_op>(x.h, w.h, G::value, G::table)};
    } else {
      x.h.graph->complain("conv2d", at_path{}, ": the window ", k, " is larger than the image ", s);
      return Y{x.h.graph->stand_in(G::value, x.h.type())};
    }
  } else {
    x.h.graph->complain("conv2d", at_path{}, " expects images [N, H, W, C] and weights [KH, KW, C / groups, O], got ", s, " and ", k);
    return x;
  }
}

}  // namespace tfx
