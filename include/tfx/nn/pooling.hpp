// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/pool.hpp>

namespace tfx::nn {

/// Largest element of each window: [batch, H, W, C] -> [batch, OH, OW, C].
template <int Size = 2, int Step = Size, auto Padding = valid> struct max_pool {
  static constexpr std::string_view name = "max_pool";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return max_pool2d<Size, Step, Padding>(x, line); }
};
/// Mean of each window.
template <int Size = 2, int Step = Size, auto Padding = valid> struct average_pool {
  static constexpr std::string_view name = "average_pool";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return average_pool2d<Size, Step, Padding>(x, line); }
};
/// Mean over height and width: [batch, H, W, C] -> [batch, C].
struct global_average_pool {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return mean<1, 2>(x, line); }
};
/// Maximum over height and width: [batch, H, W, C] -> [batch, C].
struct global_max_pool {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::max<1, 2>(x, line); }
};

}  // namespace tfx::nn
