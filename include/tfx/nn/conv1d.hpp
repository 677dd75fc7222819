// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/depthwise_conv2d.hpp>
#include <tfx/nn/in_parentheses.hpp>
#include <tfx/ops/causal.hpp>
#include <tfx/ops/conv2d_transpose.hpp>
#include <tfx/ops/pool.hpp>
#include <tfx/ops/slice.hpp>

// Windows over the steps of a sequence: those of images that are one line high.
namespace tfx::nn {

namespace detail {
template <class S, class T> constexpr auto as_line(var<S, T> x) { return expand_dims<1>(x); }
/// [batch, 1, T, C] as [batch, T, C].
template <class S, class T> constexpr auto as_steps(var<S, T> y) {
  if constexpr (S::value.rank == 4) return tfx::reshape<S::value.extent[0], S::value.extent[2], S::value.extent[3]>(y);
  else return y;
}
/// With what a causal window sees before the first step.
template <int Size, auto... Option, class S, class T> constexpr auto with_past(var<S, T> x) {
  if constexpr (tfx::detail::is_causal<Option...>) return pad<1, (Size - 1) * tfx::detail::option<dilation_t<1>, Option...>::width, 0>(x);
  else return x;
}
/// The sentence for what has no steps; gives it back.
template <class S, class T> constexpr auto complain_steps(var<S, T> x, std::string_view called) {
  x.h.graph->complain(called, at_path{}, " expects [batch, steps, channels], got ", S::value);
  return x;
}
/// Windows of steps, each made one.
template <class Op, int Size, auto... Option, class S, class T> constexpr auto pool_steps(var<S, T> x, std::string_view called, int line) {
  using window = tfx::detail::window_options<Size, tfx::detail::as_window_option<Option>()...>;
  if constexpr (S::value.rank != 3) return complain_steps(x, called);
  else return as_steps(tfx::detail::pool<Op, 1, Size, stride_t<1, window::steps::width>, window::keeps>(as_line(x), called, line));
}
}  // namespace detail

/// Convolution over steps.
///
///     nn::conv1d<64, 3, same>{}   nn::conv1d<64, 2, causal, dilation<4>>{}
///
/// Shape      x: [batch, T, C]  ->  y: [batch, OT, Out]
/// Options    valid (default), same or causal (a step sees itself and those before it), stride<N>, dilation<N>, groups<N>
/// Variables  weight [Size, C / groups, Out] (Glorot uniform), bias [Out] (zeros), as in Keras
template <int Out, int Size, auto... Option> struct conv1d {
  static constexpr std::string_view name = "conv1d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"filters", Out}, {"kernel", Size}, {"bias", bias}});
    if constexpr (S::value.rank != 3) {
      return detail::complain_steps(x, name);
    } else {
      constexpr int channels = S::value.extent[2] / tfx::detail::option<groups_t<1>, Option...>::count;
      const auto w = param<shape<Size, channels, Out>>(x, "weight", weight_init, Size * channels, Size * Out);
      const auto y = detail::as_steps(tfx::conv2d<Option...>(detail::as_line(detail::with_past<Size, Option...>(x)), expand_dims<0>(w), line));
      return here.gives(tfx::detail::with_mask_of(x, detail::with_bias(y, bias, bias_init)));
    }
  }
};
template <> struct conv1d<detail::no_size, 1> : detail::in_parentheses<conv1d<detail::no_size, 1>> {
  static constexpr std::string_view name = "conv1d";
  using detail::in_parentheses<conv1d<detail::no_size, 1>>::in_parentheses;
};
conv1d(int, int) -> conv1d<detail::no_size, 1>;

/// Transposed convolution over steps: more of them.
///
/// Shape      x: [batch, T, C]  ->  y: [batch, OT, Out], with OT as OH of `conv2d_transpose`
/// Options    same or valid (default), stride<N>, dilation<N>
/// Variables  weight [Size, Out, C] (Glorot uniform), bias [Out] (zeros), as in Keras
template <int Out, int Size, auto... Option> struct conv1d_transpose {
  static constexpr std::string_view name = "conv1d_transpose";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"filters", Out}, {"kernel", Size}, {"bias", bias}});
    if constexpr (S::value.rank != 3) {
      return detail::complain_steps(x, name);
    } else {
      constexpr int channels = S::value.extent[2];
      using steps = tfx::detail::option<stride_t<1>, Option...>;
      const auto w = param<shape<Size, Out, channels>>(x, "weight", weight_init, Size * Out, Size * channels);
      // One line stays one line.
      const auto y = detail::as_steps(tfx::conv2d_transpose<Option..., stride<1, steps::width>>(detail::as_line(x), expand_dims<0>(w), line));
      return here.gives(tfx::detail::with_mask_of(x, detail::with_bias(y, bias, bias_init)));
    }
  }
};

/// Convolution of each channel over steps by itself: `depthwise_conv2d` of one line. weight [Size, C, multiplier].
template <int Size, auto... Option> struct depthwise_conv1d {
  static constexpr std::string_view name = "depthwise_conv1d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"kernel", Size}, {"bias", bias}});
    if constexpr (S::value.rank != 3) {
      return detail::complain_steps(x, name);
    } else {
      const auto line_of = detail::as_line(detail::with_past<Size, Option...>(x));
      const auto y = detail::as_steps(detail::each_channel<1, Size, Option...>(line_of, "weight", weight_init, line));
      return here.gives(tfx::detail::with_mask_of(x, detail::with_bias(y, bias, bias_init)));
    }
  }
};

/// Depthwise convolution over steps, and a mixture of the channels at each step: `separable_conv2d` of one line.
///
/// Variables  depthwise_weight [Size, C, multiplier], pointwise_weight [1, C * multiplier, Out], bias [Out], as in Keras
template <int Out, int Size, auto... Option> struct separable_conv1d {
  static constexpr std::string_view name = "separable_conv1d";
  bool bias = true;
  initializer depthwise_init = init::glorot_uniform{}, pointwise_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"filters", Out}, {"kernel", Size}, {"bias", bias}});
    if constexpr (S::value.rank != 3) {
      return detail::complain_steps(x, name);
    } else {
      const auto line_of = detail::as_line(detail::with_past<Size, Option...>(x));
      const auto each = detail::each_channel<1, Size, Option...>(line_of, "depthwise_weight", depthwise_init, line);
      const auto y = detail::as_steps(detail::mixed_channels<1, Out>(each, pointwise_init, line));
      return here.gives(tfx::detail::with_mask_of(x, detail::with_bias(y, bias, bias_init)));
    }
  }
};

/// Largest element, or mean, of each window of steps: [batch, T, C] -> [batch, OT, C]. Options as `max_pool`.
template <int Size = 2, auto... Option> struct max_pool1d {
  static constexpr std::string_view name = "max_pool1d";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return detail::pool_steps<max_pool_op, Size, Option...>(x, name, line); }
};
template <int Size = 2, auto... Option> struct average_pool1d {
  static constexpr std::string_view name = "average_pool1d";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return detail::pool_steps<average_pool_op, Size, Option...>(x, name, line); }
};

}  // namespace tfx::nn
