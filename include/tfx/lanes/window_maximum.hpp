// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/lane.hpp>

namespace tfx::lanes {

/// The largest element of a window and the place that it has among kernel height * kernel width: the first one, in
/// row-major order. A NaN is larger than every number. A window without elements has no place, -1.
template <class L> struct window_maximum {
  L value = L(-__builtin_huge_val()), place = L(-1);

  /// The value or the place.
  template <int Result> TFX_INLINE constexpr L result() const {
    if constexpr (Result == 0) return value;
    else return place;
  }
  TFX_INLINE constexpr void see(L x, int at, bool first) {
    if (first) {
      value = x;
      place = L(at);
    } else {
      place = select(!(x <= value) && value == value, L(at), place);
      value = max(value, x);
    }
  }
};

}  // namespace tfx::lanes
