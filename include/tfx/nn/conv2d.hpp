// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/bias.hpp>
#include <tfx/ops/conv2d.hpp>

namespace tfx::nn {

/// Two-dimensional convolution with a square window.
///
///     nn::conv2d<64, 3, same, stride<2>>{.bias = false}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, Out]
/// Options    same or valid (default), stride<N>, dilation<N>, groups<N>: they decide the shape, so they are template arguments
/// Variables  weight [Size, Size, C / groups, Out] (Glorot uniform), bias [Out] (zeros)
template <int Out, int Size, auto... Option> struct conv2d {
  static constexpr std::string_view name = "conv2d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"filters", Out}, {"kernel", Size}, {"bias", bias}});
    constexpr int group_count = tfx::detail::option<groups_t<1>, Option...>::count;
    if constexpr (Out < 1 || Size < 1) {
      x.h.graph->complain("conv2d<", Out, ", ", Size, ">", at_path{}, " gives at least one channel, from a window of at least one pixel");
      return x;
    } else if constexpr (S::value.rank != 4 || S::value.extent[3] % group_count != 0 || Out % group_count != 0) {
      if constexpr (S::value.rank != 4) x.h.graph->complain("conv2d<", Out, ", ", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      else x.h.graph->complain("conv2d<", Out, ", ", Size, ">", at_path{}, ": ", group_count, " groups divide neither ", S::value, " nor ", Out, " channels evenly");
      return x;
    } else {
      constexpr int channels = S::value.extent[3] / group_count;
      const auto w = param<shape<Size, Size, channels, Out>>(x, "weight", weight_init, Size * Size * channels, Size * Size * Out);
      return here.gives(detail::with_bias(tfx::conv2d<Option...>(x, w, line), bias, bias_init));
    }
  }
};

}  // namespace tfx::nn
