// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/arithmetic.hpp>

namespace tfx::nn {

namespace detail {
/// One slope for each element of an example; along the axes `Shared...` one for all.
template <class S, int... Shared> struct slopes {
  static constexpr dims value = [] {
    dims d{S::value.rank - 1, {}, false};
    for (int i = 0; i < d.rank; ++i) d.extent[i] = S::value.extent[i + 1];
    (..., (d.extent[Shared - 1] = 1));
    return d;
  }();
};
}  // namespace detail

/// Rectified linear unit with slopes that are learned.
///
///     y = x where x > 0, else slope * x
///
///     nn::prelu<>{}         a slope for each element of an example
///     nn::prelu<1, 2>{}     of an image: a slope for each channel
///
/// Shape      x: [batch, ...]  ->  the same
/// Options    the axes along which the elements of an example share a slope, counted as those of x
/// Variables  slope: an example's shape, 1 along the shared axes (zeros, as in Keras)
/// Source     He et al. 2015, section 2
template <int... Shared> struct prelu {
  static constexpr std::string_view name = "prelu";
  initializer slope_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr var<S, T> operator()(var<S, T> x) const {
    const layer_scope here(x, *this);
    if constexpr (S::value.rank < 2 || !(true && ... && (Shared > 0 && Shared < S::value.rank))) {
      x.h.graph->complain("prelu", at_path{}, " expects [batch, ...] and shared axes of an example, got ", S::value);
      return x;
    } else {
      const auto slope = param<to_shape<detail::slopes<S, Shared...>>>(x, "slope", slope_init);
      return here.gives(var<S, T>{where(x.h > 0, x.h, slope.h * x.h)});
    }
  }
};

}  // namespace tfx::nn
