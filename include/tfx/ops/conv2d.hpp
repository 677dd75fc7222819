// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/conv2d.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx {

namespace detail {

/// Convolution is one relation between three tensors,
///
///     y[n, oh, ow, o] ~ x[n, oh * s + kh * d - p, ow * s + kw * d - p, c] * w[kh, kw, c, o],
///
/// and each role makes one of them from the other two. The derivative of each is made of the other two, so gradients of
/// gradients need nothing new.
struct convolution {
  using attributes = conv2d_geometry;
  static constexpr op_kind kind = op_kind::contract;
  static constexpr int arity = 2;
  static constexpr bool differentiable = true, by_image = true;
  /// The same for each role, padding included.
  static constexpr long long multiply_adds(const conv2d_geometry& g, long long) {
    return 1LL * g.images * g.out_height * g.out_width * g.out_channels * g.kernel_height * g.kernel_width *
           (g.channels / g.groups);
  }
};

}  // namespace detail

/// y from x and w. Each result is one chain of fused multiply-adds over kh, kw, c ascending; padding is skipped.
struct conv_op : detail::convolution {
  static constexpr std::string_view name = "conv2d";
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const conv2d_geometry& g, const T* const* in, int row, int col, int, int) {
    const int ow = row % g.out_width, oh = row / g.out_width % g.out_height, n = row / g.out_width / g.out_height;
    const int per_group = g.channels / g.groups, group = col / (g.out_channels / g.groups);
    T total = T(0);
    for (int kh = 0; kh < g.kernel_height; ++kh)
      for (int kw = 0; kw < g.kernel_width; ++kw) {
        const int h = oh * g.stride_height + kh * g.dilation_height - g.pad_top;
        const int x = ow * g.stride_width + kw * g.dilation_width - g.pad_left;
        if (h < 0 || x < 0 || h >= g.height || x >= g.width) continue;
        const T* pixel = in[0] + ((n * g.height + h) * g.width + x) * g.channels + group * per_group;
        const T* weight = in[1] + (kh * g.kernel_width + kw) * per_group * g.out_channels + col;
        for (int c = 0; c < per_group; ++c) total = lanes::traits<T>::fma(pixel[c], weight[c * g.out_channels], total);
      }
    return total;
  }
};
/// x from y and w (the gradient of x; also called transposed convolution): a chain over kh, kw, o ascending.
struct conv_to_x_op : detail::convolution {
  static constexpr std::string_view name = "conv2d_to_x";
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const conv2d_geometry& g, const T* const* in, int row, int col, int, int) {
    const int x = row % g.width, h = row / g.width % g.height, n = row / g.width / g.height;
    const int per_group = g.channels / g.groups, out_per_group = g.out_channels / g.groups;
    const int group = col / per_group, c = col % per_group;
    T total = T(0);
    for (int kh = 0; kh < g.kernel_height; ++kh)
      for (int kw = 0; kw < g.kernel_width; ++kw) {
        int oh = h + g.pad_top - kh * g.dilation_height, ow = x + g.pad_left - kw * g.dilation_width;
        if (oh < 0 || ow < 0 || oh % g.stride_height || ow % g.stride_width) continue;
        oh /= g.stride_height;
        ow /= g.stride_width;
        if (oh >= g.out_height || ow >= g.out_width) continue;
        const T* dy = in[0] + ((n * g.out_height + oh) * g.out_width + ow) * g.out_channels + group * out_per_group;
        const T* weight = in[1] + ((kh * g.kernel_width + kw) * per_group + c) * g.out_channels + group * out_per_group;
        for (int o = 0; o < out_per_group; ++o) total = lanes::traits<T>::fma(dy[o], weight[o], total);
      }
    return total;
  }
};
namespace detail {
/// The chain of one weight's gradient over images, oh, ow ascending, on from `total`. dy(n, oh, ow) is that of its column.
template <class T, class Dy> TFX_INLINE constexpr T weight_gradient(const conv2d_geometry& g, const T* in, int row, int col, int present,
                                                                    T total, Dy dy) {
  const int per_group = g.channels / g.groups, group = col / (g.out_channels / g.groups);
  const int c = row % per_group, kw = row / per_group % g.kernel_width, kh = row / per_group / g.kernel_width;
  for (int n = 0; n < present; ++n)
    for (int oh = 0; oh < g.out_height; ++oh)
      for (int ow = 0; ow < g.out_width; ++ow) {
        const int h = oh * g.stride_height + kh * g.dilation_height - g.pad_top;
        const int x = ow * g.stride_width + kw * g.dilation_width - g.pad_left;
        if (h < 0 || x < 0 || h >= g.height || x >= g.width) continue;
        const T pixel = in[((n * g.height + h) * g.width + x) * g.channels + group * per_group + c];
        total = lanes::traits<T>::fma(pixel, dy(n, oh, ow), total);
      }
  return total;
}
}  // namespace detail

/// w from x and y (the gradient of w): a chain over images, oh, ow ascending; `total` is what earlier images have given.
struct conv_to_w_op : detail::convolution {
  static constexpr std::string_view name = "conv2d_to_w";
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const conv2d_geometry& g, const T* const* in, int row, int col, int, int present, T total = T(0)) {
    return detail::weight_gradient(g, in[0], row, col, present, total, [&](int n, int oh, int ow) {
      return in[1][((n * g.out_height + oh) * g.out_width + ow) * g.out_channels + col];
    });
  }
};

template <class Role> constexpr handle convolve(handle a, handle b, const dims& shape, const conv2d_geometry& known) {
  geometry g = geometry::of(known);
  if constexpr (std::is_same_v<Role, conv_to_w_op>) {
    g.contracted = known.images;
    g.contracts_batch = a.shape().bounded;
  }
  a = detail::in_precision(a);
  b = detail::in_precision(b);
  return {a.graph, a.graph->emit<Role>(shape, dtype::real_type, g, detail::as_number(a).id, detail::as_number(b).id)};
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
template <class S, int Out, int KernelHeight, int KernelWidth, class Stride, class Dilation, bool Keeps> struct window_geometry {
  static constexpr dims in = S::value;
  static constexpr extent_rule rows = window_extent(in.extent[1], KernelHeight, Stride::height, Dilation::height, Keeps);
  static constexpr extent_rule columns = window_extent(in.extent[2], KernelWidth, Stride::width, Dilation::width, Keeps);
  static constexpr bool fits = rows.out > 0 && columns.out > 0;
  static constexpr dims value{4, {in.extent[0], fits ? rows.out : 1, fits ? columns.out : 1, Out}, in.bounded};
  static constexpr pool2d_geometry window{in.extent[0], in.extent[1], in.extent[2], in.extent[3], rows.out, columns.out, KernelHeight, KernelWidth,
                                          Stride::height, Stride::width, rows.before, columns.before, Dilation::height, Dilation::width};
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
template <auto... Option, class X, class W, class T, class U> constexpr auto conv2d(var<X, T> x, var<W, U> w, source_line at = {}) {
  using padding = detail::option<padding_t<false>, Option...>;
  using steps = detail::option<stride_t<1>, Option...>;
  using spread = detail::option<dilation_t<1>, Option...>;
  constexpr int group_count = detail::option<groups_t<1>, Option...>::count;
  constexpr dims s = X::value, k = W::value;
  x.h.graph->line = at.value;
  if constexpr (s.rank == 4 && k.rank == 4 && !k.bounded && s.extent[3] == k.extent[2] * group_count && k.extent[3] % group_count == 0) {
    using G = detail::window_geometry<X, k.extent[3], k.extent[0], k.extent[1], steps, spread, padding::keeps_extents>;
    using Y = var<to_shape<G>>;
    if constexpr (G::fits) {
      const call_mark here(*x.h.graph, "conv2d", {x.h, w.h},
                           {{"stride", steps::height}, {"dilation", spread::height}, {"groups", group_count}, {"same", padding::keeps_extents}});
      return here.gives(Y{convolve<conv_op>(x.h, w.h, G::value, {G::window, k.extent[3], group_count})});
    } else {
      x.h.graph->complain("conv2d", at_path{}, ": the window ", k, " is larger than the image ", s);
      return Y{x.h.graph->stand_in(G::value, dtype::real_type)};
    }
  } else {
    x.h.graph->complain("conv2d", at_path{}, " expects images [N, H, W, C] and weights [KH, KW, C / groups, O], got ", s, " and ", k);
    return x;
  }
}

}  // namespace tfx
