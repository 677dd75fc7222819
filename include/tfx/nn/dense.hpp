// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/matmul.hpp>

namespace tfx::nn {

namespace detail {
template <class S, int Out> struct dense_shape {
  static constexpr dims value{2, {S::value.rank ? S::value.extent[0] : 1, Out}, S::value.bounded};
};
}  // namespace detail

/// Fully connected layer.
///
///     y = x W + b
///
/// Shape      x: [batch, I]  ->  y: [batch, Out]
/// Variables  weight [I, Out] (Glorot uniform), bias [Out] (zeros)
/// Errors     input that is not [batch, features]
template <int Out> struct dense {
  static constexpr std::string_view name = "dense";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    layer_scope here(x, *this);
    using Y = var<to_shape<detail::dense_shape<S, Out>>, T>;
    if constexpr (S::value.rank != 2) {
      x.h.graph->complain("dense<", Out, ">", at_path{}, " expects [batch, features], got ", S::value, S::value.rank > 2 ? "; put nn::flatten before it" : "");
      return x;
    } else {
      constexpr int in = S::value.cols();
      const Y y{matmul(x.h, param<shape<in, Out>>(x, "weight", weight_init, in, Out).h)};
      return bias ? y + param<shape<Out>>(x, "bias", bias_init) : y;
    }
  }
};

}  // namespace tfx::nn
