// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/conv2d.hpp>

namespace tfx {

namespace detail {
/// What `pixels` spread over; if the convolution keeps extents, a step for each.
constexpr int transposed_extent(int pixels, int kernel, int step, int spread, bool keeps) {
  const int beyond = (kernel - 1) * spread + 1 - step;
  return pixels * step + (!keeps && beyond > 0 ? beyond : 0);
}
/// The image whose convolution has shape S, and the geometry of that convolution.
template <class S, class W, class Stride, class Dilation, bool Keeps> struct transposed_window {
  static constexpr dims in = S::value, k = W::value;
  static constexpr dims value{4, {in.extent[0], transposed_extent(in.extent[1], k.extent[0], Stride::height, Dilation::height, Keeps),
                                  transposed_extent(in.extent[2], k.extent[1], Stride::width, Dilation::width, Keeps), k.extent[2]}, in.bounded};
  using forward = window_geometry<to_shape<transposed_window>, in.extent[3], k.extent[0], k.extent[1], Stride, Dilation, Keeps>;
};
}  // namespace detail

/// Transposed convolution, channels last: each pixel spreads over a window, and what comes together is summed up. It is the
/// gradient of `conv2d` with respect to the image.
///
///     y[n, i * stride + kh * dilation - pad, ..., o] = sum of x[n, i, j, c] * w[kh, kw, o, c] over all that meet there
///
/// Shape      x: [N, H, W, C], w: [KH, KW, O, C]  ->  y: [N, OH, OW, O]; OH is H * stride for `same`, and for `valid` what the last
///            window reaches beyond that in addition
/// Options    stride<N>, dilation<N>, same or valid (default valid)
/// Errors     not an image, channels that do not fit
/// Gradient   the other roles of the same relation
template <auto... Option, class X, class W, class T, class U> constexpr auto conv2d_transpose(var<X, T> x, var<W, U> w, source_line at = {}) {
  constexpr dims s = X::value, k = W::value;
  x.h.graph->line = at.value;
  if constexpr (s.rank == 4 && k.rank == 4 && !k.bounded && s.extent[3] == k.extent[3]) {
    using steps = detail::option<stride_t<1>, Option...>;
    using spread = detail::option<dilation_t<1>, Option...>;
    constexpr bool keeps = detail::option<padding_t<false>, Option...>::keeps_extents;
    using G = detail::transposed_window<X, W, steps, spread, keeps>;
    const call_mark here(*x.h.graph, "conv2d_transpose", {x.h, w.h}, {{"stride", steps::height}, {"dilation", spread::height}, {"same", keeps}});
    return here.gives(var<to_shape<G>>{convolve<conv_to_x_op>(x.h, w.h, G::value, {G::forward::window, s.extent[3], 1})});
  } else {
    x.h.graph->complain("conv2d_transpose", at_path{}, " expects images [N, H, W, C] and weights [KH, KW, O, C], got ", s, " and ", k);
    return x;
  }
}

}  // namespace tfx
