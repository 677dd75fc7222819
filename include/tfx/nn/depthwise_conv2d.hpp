// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/bias.hpp>
#include <tfx/ops/conv2d.hpp>

namespace tfx {

/// Option of depthwise and separable convolutions: how many results each channel has of its own.
template <int Count> struct depth_multiplier_t {
  static constexpr int count = Count;
};
template <int Count> inline constexpr depth_multiplier_t<Count> depth_multiplier{};

namespace detail {
template <int A, int B> inline constexpr bool same_option<depth_multiplier_t<A>, depth_multiplier_t<B>> = true;

/// A convolution of each channel by itself: x [N, H, W, C], w [KH, KW, C, multiplier]  ->  [N, OH, OW, C * multiplier].
template <auto... Option, class S, class T, class W> constexpr auto conv_each_channel(var<S, T> x, var<W> w, int line) {
  constexpr dims k = W::value;
  return conv2d<groups<k.extent[2]>, Option...>(x, reshape<k.extent[0], k.extent[1], 1, k.extent[2] * k.extent[3]>(w), line);
}
}  // namespace detail

namespace nn {

/// Convolution of each channel by itself.
///
///     nn::depthwise_conv2d<3, same>{}   nn::depthwise_conv2d<3, depth_multiplier<2>>{}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, C * multiplier], the results of a channel side by side
/// Options    same or valid (default), stride<N>, dilation<N>, depth_multiplier<N>
/// Variables  weight [Size, Size, C, multiplier] (Glorot uniform), bias [C * multiplier] (zeros), as in Keras
template <int Size, auto... Option> struct depthwise_conv2d {
  static constexpr std::string_view name = "depthwise_conv2d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    constexpr int times = tfx::detail::option<depth_multiplier_t<1>, Option...>::count;
    const layer_scope here(x, *this, {{"kernel", Size}, {"depth_multiplier", times}, {"bias", bias}});
    if constexpr (S::value.rank != 4) {
      x.h.graph->complain("depthwise_conv2d<", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      return x;
    } else {
      constexpr int channels = S::value.extent[3];
      const auto w = param<shape<Size, Size, channels, times>>(x, "weight", weight_init, Size * Size * channels, Size * Size * times);
      const auto y = tfx::detail::conv_each_channel<Option...>(x, w, line);
      return here.gives(detail::with_bias(y, bias, bias_init));
    }
  }
};

/// Depthwise convolution, and a 1 x 1 convolution that mixes the channels: far fewer weights than `conv2d` has.
///
///     nn::separable_conv2d<64, 3, same>{}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, Out]
/// Options    same or valid (default), stride<N>, dilation<N>, depth_multiplier<N>, all of the depthwise one
/// Variables  depthwise_weight [Size, Size, C, multiplier], pointwise_weight [1, 1, C * multiplier, Out] (Glorot uniform),
///            bias [Out] (zeros), as in Keras
/// Source     Chollet 2017
template <int Out, int Size, auto... Option> struct separable_conv2d {
  static constexpr std::string_view name = "separable_conv2d";
  bool bias = true;
  initializer depthwise_init = init::glorot_uniform{}, pointwise_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    constexpr int times = tfx::detail::option<depth_multiplier_t<1>, Option...>::count;
    const layer_scope here(x, *this, {{"filters", Out}, {"kernel", Size}, {"depth_multiplier", times}, {"bias", bias}});
    if constexpr (S::value.rank != 4) {
      x.h.graph->complain("separable_conv2d<", Out, ", ", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      return x;
    } else {
      constexpr int channels = S::value.extent[3], between = channels * times;
      const auto w = param<shape<Size, Size, channels, times>>(x, "depthwise_weight", depthwise_init, Size * Size * channels, Size * Size * times);
      const auto p = param<shape<1, 1, between, Out>>(x, "pointwise_weight", pointwise_init, between, Out);
      const auto y = tfx::conv2d<>(tfx::detail::conv_each_channel<Option...>(x, w, line), p, line);
      return here.gives(detail::with_bias(y, bias, bias_init));
    }
  }
};

}  // namespace nn
}  // namespace tfx
