// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/bias.hpp>
#include <tfx/ops/kernel_height.hpp>

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

namespace detail {
/// Weights of a window: of images [Height, Width, In, Out], of steps [Width, In, Out].
template <int Axes, int Height, int Width, int In, int Out>
using window_weights = std::conditional_t<Axes == 2, shape<Height, Width, In, Out>, shape<Width, In, Out>>;
template <int Axes, class W> constexpr auto of_image(W w) {
  if constexpr (Axes == 2) return w;
  else return expand_dims<0>(w);
}
/// A convolution of each channel by itself, with weights [window, C, multiplier]; steps come as images of one line.
template <int Axes, int Size, auto... Option, class S, class T>
constexpr auto each_channel(var<S, T> x, std::string_view weight, initializer how, int line) {
  constexpr int channels = S::value.cols(), times = tfx::detail::option<depth_multiplier_t<1>, Option...>::count;
  constexpr int height = Axes == 2 ? tfx::detail::height_of_window<Size, Option...> : 1, places = height * Size;
  const auto w = param<window_weights<Axes, height, Size, channels, times>>(x, weight, how, places * channels, places * times);
  return tfx::detail::conv_each_channel<Option...>(x, of_image<Axes>(w), line);
}
/// A mixture of the channels of each pixel, with weights [1, 1, C, Out] or [1, C, Out].
template <int Axes, int Out, class S, class T> constexpr auto mixed_channels(var<S, T> x, initializer how, int line) {
  constexpr int channels = S::value.cols();
  const auto w = param<window_weights<Axes, 1, 1, channels, Out>>(x, "pointwise_weight", how, channels, Out);
  return tfx::conv2d<>(x, of_image<Axes>(w), line);
}
}  // namespace detail

/// Convolution of each channel by itself.
///
///     nn::depthwise_conv2d<3, same>{}   nn::depthwise_conv2d<3, depth_multiplier<2>>{}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, C * multiplier], the results of a channel side by side
/// Options    same or valid (default), stride<N>, dilation<N>, depth_multiplier<N>, kernel_height<N>
/// Variables  weight [Size, Size, C, multiplier] (Glorot uniform), bias [C * multiplier] (zeros), as in Keras
template <int Size, auto... Option> struct depthwise_conv2d {
  static constexpr std::string_view name = "depthwise_conv2d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    constexpr int times = tfx::detail::option<depth_multiplier_t<1>, Option...>::count;
    const layer_scope here(x, *this, {tfx::detail::kernel_attribute<Size, Option...>(), {"depth_multiplier", times}, {"bias", bias}});
    if constexpr (S::value.rank != 4) {
      x.h.graph->complain("depthwise_conv2d<", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      return x;
    } else {
      const auto y = detail::each_channel<2, Size, Option...>(x, "weight", weight_init, line);
      return here.gives(detail::with_bias(y, bias, bias_init));
    }
  }
};

/// Depthwise convolution, and a 1 x 1 convolution that mixes the channels: far fewer weights than `conv2d` has.
///
///     nn::separable_conv2d<64, 3, same>{}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, Out]
/// Options    same or valid (default), stride<N>, dilation<N>, depth_multiplier<N>, kernel_height<N>, all of the depthwise one
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
    const layer_scope here(x, *this, {{"filters", Out}, tfx::detail::kernel_attribute<Size, Option...>(), {"depth_multiplier", times}, {"bias", bias}});
    if constexpr (S::value.rank != 4) {
      x.h.graph->complain("separable_conv2d<", Out, ", ", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      return x;
    } else {
      const auto each = detail::each_channel<2, Size, Option...>(x, "depthwise_weight", depthwise_init, line);
      const auto y = detail::mixed_channels<2, Out>(each, pointwise_init, line);
      return here.gives(detail::with_bias(y, bias, bias_init));
    }
  }
};

}  // namespace nn
}  // namespace tfx
