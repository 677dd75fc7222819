// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/bias.hpp>
#include <tfx/nn/in_parentheses.hpp>
#include <tfx/ops/kernel_height.hpp>

namespace tfx::nn {

/// Two-dimensional convolution, with a square window or another.
///
///     nn::conv2d<64, 3, same, stride<2>>{.bias = false}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, Out]
/// Options    same or valid (default), stride<N>, dilation<N>, groups<N>, kernel_height<N>: they decide the shape, so they are template
///            arguments
/// Variables  weight [Size, Size, C / groups, Out] (Glorot uniform), bias [Out] (zeros)
template <int Out, int Size, auto... Option> struct conv2d {
  static constexpr std::string_view name = "conv2d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"filters", Out}, tfx::detail::kernel_attribute<Size, Option...>(), {"bias", bias}});
    constexpr int group_count = tfx::detail::option<groups_t<1>, Option...>::count, height = tfx::detail::height_of_window<Size, Option...>;
    if constexpr (Out < 1 || Size < 1 || height < 1) {
      x.h.graph->complain("conv2d<", Out, ", ", Size, ">", at_path{}, " gives at least one channel, from a window of at least one pixel");
      return x;
    } else if constexpr (S::value.rank != 4 || S::value.extent[3] % group_count != 0 || Out % group_count != 0) {
      if constexpr (S::value.rank != 4) x.h.graph->complain("conv2d<", Out, ", ", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      else x.h.graph->complain("conv2d<", Out, ", ", Size, ">", at_path{}, ": ", group_count, " groups divide neither ", S::value, " nor ", Out, " channels evenly");
      return x;
    } else {
      constexpr int channels = S::value.extent[3] / group_count, places = height * Size;
      const auto w = param<shape<height, Size, channels, Out>>(x, "weight", weight_init, places * channels, places * Out);
      return here.gives(detail::with_bias(tfx::conv2d<Option...>(x, w, line), bias, bias_init));
    }
  }
};
template <> struct conv2d<detail::no_size, 1> : detail::in_parentheses<conv2d<detail::no_size, 1>> {
  static constexpr std::string_view name = "conv2d";
  using detail::in_parentheses<conv2d<detail::no_size, 1>>::in_parentheses;
};
conv2d(int, int) -> conv2d<detail::no_size, 1>;

}  // namespace tfx::nn
