// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/bias.hpp>
#include <tfx/ops/kernel_height.hpp>
#include <tfx/ops/conv2d_transpose.hpp>

namespace tfx::nn {

/// Transposed convolution, with a square window or another: an image becomes larger.
///
///     nn::conv2d_transpose<32, 3, same, stride<2>>{}
///
/// Shape      x: [batch, H, W, C]  ->  y: [batch, OH, OW, Out]; OH is H * stride for `same`, and for `valid` what a window reaches
///            beyond that in addition
/// Options    same or valid (default), stride<N>, dilation<N>, kernel_height<N>
/// Variables  weight [Size, Size, Out, C] (Glorot uniform), bias [Out] (zeros), as in Keras (PyTorch: [C, Out, Size, Size])
template <int Out, int Size, auto... Option> struct conv2d_transpose {
  static constexpr std::string_view name = "conv2d_transpose";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"filters", Out}, tfx::detail::kernel_attribute<Size, Option...>(), {"bias", bias}});
    if constexpr (S::value.rank != 4) {
      x.h.graph->complain("conv2d_transpose<", Out, ", ", Size, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      return x;
    } else {
      constexpr int channels = S::value.extent[3], height = tfx::detail::height_of_window<Size, Option...>, places = height * Size;
      const auto w = param<shape<height, Size, Out, channels>>(x, "weight", weight_init, places * Out, places * channels);
      const auto y = tfx::conv2d_transpose<Option...>(x, w, line);
      return here.gives(detail::with_bias(y, bias, bias_init));
    }
  }
};

}  // namespace tfx::nn
