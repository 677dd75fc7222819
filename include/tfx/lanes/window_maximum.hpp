// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/lane.hpp>

namespace tfx::lanes {

/// The largest element of a window and the place that it has among kernel height * kernel width: the first one, in
/// row-major order. A NaN is the largest and has no place, -1; nor has that of a window without elements.
template <class L> struct window_maximum {
  L value = L(-__builtin_huge_val()), place = L(-1);

  TFX_INLINE constexpr void see(L x, int at, bool first) {
    if (first) {
      value = x;
      place = L(at);
    } else {
      place = select(x > value, L(at), place);
      value = max(value, x);
    }
  }
  TFX_INLINE constexpr void close() { place = select(value == value, place, L(-1)); }
};

}  // namespace tfx::lanes
