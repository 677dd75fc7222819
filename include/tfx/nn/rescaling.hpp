// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/math.hpp>

// Inputs brought to a size that a network likes.
namespace tfx::nn {

/// y = scale x + offset; of integers, such as the bytes of a picture, as well.
///
///     nn::rescaling{.scale = 1 / 127.5, .offset = -1}
struct rescaling {
  static constexpr bool transparent = true;
  double scale = 1, offset = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return scale * cast<real>(x) + offset; }
};

/// The mean of the data taken off, and the rest divided by its deviation, channel by channel. `adapt` finds both.
///
///     y = (x - mean) / max(sqrt(variance), 1e-7)
///
///     nn::normalization{}   ...   adapt(m, "normalization", rows);
///
/// Shape      x: [batch, ..., C]  ->  the same, floating point
/// Variables  states mean [C] (zeros), variance [C] (ones), which training leaves as they are
struct normalization {
  static constexpr std::string_view name = "normalization";
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this);
    using C = shape<S::value.cols()>;
    const auto mean = state<C>(x, "mean").read(), variance = state<C>(x, "variance", init::ones{}).read();
    return here.gives((cast<real>(x) - mean) / tfx::maximum(sqrt(variance), 1e-7));   // not smaller, as in Keras
  }
};

}  // namespace tfx::nn
