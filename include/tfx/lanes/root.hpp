// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/traits.hpp>

namespace tfx::lanes::detail {

/// Is every lane of x where `root_of_estimate` works?
template <class V> TFX_INLINE bool has_root_of_estimate(V x) {
  using L = traits<V>;
  return !L::any(L::mask_not(L::mask_and(L::ge(x, L::splat(0x1p-95f)), L::le(x, L::splat(0x1p96f)))));
}

/// The square root of x from y, about 1 / sqrt(x). For an error of y up to 2^-14 of it this is the correctly rounded
/// root of every float for which no product of the algorithm leaves the normal numbers. A processor that gives such
/// an estimate divides and takes roots in one unit, and so makes both at once.
///
/// Source     Markstein 1990
template <class V> TFX_INLINE V root_of_estimate(V x, V y) {
  using L = traits<V>;
  V root = L::mul(x, y), half = L::mul(L::splat(-0.5f), y);  // half is -1 / (2 root)
  const V error = L::fma(root, half, L::splat(0.5f));
  root = L::fma(root, error, root);
  half = L::fma(half, error, half);
  return L::fma(L::fma(root, root, L::neg(x)), half, root);
}

}  // namespace tfx::lanes::detail
