// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/pool.hpp>

namespace tfx::nn {

/// Largest element of each window: [batch, H, W, C] -> [batch, OH, OW, C].
///
///     nn::max_pool<2>{}   nn::max_pool<3, 2, same>{}   nn::max_pool<3, kernel_height<2>, stride<2, 1>>{}
///
/// Options    a stride, N or stride<N> or stride<H, W> (default: the window's size); same or valid (default); kernel_height<N>
template <int Size = 2, auto... Option> struct max_pool {
  static constexpr std::string_view name = "max_pool";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return max_pool2d<Size, Option...>(x, line); }
};
/// Mean of each window. Options as `max_pool`.
template <int Size = 2, auto... Option> struct average_pool {
  static constexpr std::string_view name = "average_pool";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return average_pool2d<Size, Option...>(x, line); }
};
namespace detail {
/// A reduction over all axes between batch and channels: reduce(x, those axes as a sequence).
template <class S, class T, class F> constexpr auto pool_all(var<S, T> x, std::string_view called, F reduce) {
  if constexpr (S::value.rank < 3) {
    x.h.graph->complain(called, at_path{}, " expects [batch, ..., channels], got ", S::value);
    return x;
  } else {
    return reduce(std::make_integer_sequence<int, S::value.rank - 2>{});
  }
}
}  // namespace detail

/// Mean over all but batch and channels: [batch, H, W, C] -> [batch, C], [batch, T, C] -> [batch, C].
///
/// Mask       [batch, T], that of x or a second argument: the mean of the steps at which it is not 0; NaN if there is none
struct global_average_pool {
  static constexpr std::string_view name = "global_average_pool";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (S::value.rank == 3) {
      using M = var<shape<S::value.bounded ? -S::value.extent[0] : S::value.extent[0], S::value.extent[1]>, bool>;
      if (const handle mask = step_mask(x.h); !mask.empty()) return (*this)(x, M{as_type(mask, dtype::boolean)});
    }
    return detail::pool_all(x, name, [&]<int... I>(std::integer_sequence<int, I...>) { return mean<(I + 1)...>(x, line); });
  }
  template <class S, class T, class M, class U> requires(S::value.rank == 3 && M::value.rank == 2)
  constexpr auto operator()(var<S, T> x, var<M, U> mask) const {
    const auto there = expand_dims<2>(cast<real>(mask != 0));
    return sum<1>(where(there, x, 0)) / sum<1>(there);
  }
};
/// Maximum over all but batch and channels.
struct global_max_pool {
  static constexpr std::string_view name = "global_max_pool";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::pool_all(x, name, [&]<int... I>(std::integer_sequence<int, I...>) { return tfx::max<(I + 1)...>(x, line); });
  }
};

}  // namespace tfx::nn
