// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/bias.hpp>
#include <tfx/nn/in_parentheses.hpp>
#include <tfx/ops/matmul.hpp>

namespace tfx::nn {

namespace detail {
template <class S, int Out> struct dense_shape {
  static constexpr dims value = [] {
    dims d = S::value;
    if (d.rank == 3) d.extent[2] = Out;
    else d = {2, {d.rank ? d.extent[0] : 1, Out}, d.bounded};
    return d;
  }();
};
}  // namespace detail

/// Fully connected layer.
///
///     y = x W + b
///
/// Shape      x: [batch, I] or [batch, T, I]  ->  y: [batch, Out] or [batch, T, Out]
/// Variables  weight [I, Out] (Glorot uniform), bias [Out] (zeros)
/// Errors     input of another rank
template <int Out> struct dense {
  static constexpr std::string_view name = "dense";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"units", Out}, {"bias", bias}});
    if constexpr (Out < 1) {
      x.h.graph->complain("dense<", Out, ">", at_path{}, " gives at least one feature");
      return x;
    } else if constexpr (S::value.rank != 2 && S::value.rank != 3) {
      x.h.graph->complain("dense<", Out, ">", at_path{}, " expects [batch, features], got ", S::value, S::value.rank > 2 ? "; put nn::flatten before it" : "");
      return x;
    } else {
      using Y = var<to_shape<detail::dense_shape<S, Out>>, T>;
      constexpr int in = S::value.cols();
      const auto weight = param<shape<in, Out>>(x, "weight", weight_init, in, Out);
      const Y y{tfx::detail::product_of<S, shape<in, Out>>(x.h, weight.h)};
      return here.gives(tfx::detail::with_mask_of(x, detail::with_bias(y, bias, bias_init)));
    }
  }
};
template <> struct dense<detail::no_size> : detail::in_parentheses<dense<detail::no_size>> {
  static constexpr std::string_view name = "dense";
  using detail::in_parentheses<dense<detail::no_size>>::in_parentheses;
};
dense(int) -> dense<detail::no_size>;

}  // namespace tfx::nn
