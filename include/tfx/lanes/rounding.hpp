// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/polynomial.hpp>

namespace tfx::lanes::math {

/// |x|, also of a NaN; of the least integer itself.
template <lane_value V> TFX_HD TFX_INLINE constexpr V abs(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  if constexpr (floating_lane<V>) {
    using I = traits<integer_of<V>>;
    return L::from_bits(I::bit_and(L::bits(x), I::splat(exact::magnitude_bits<T>)));
  } else {
    return L::greater(x, L::neg(x));
  }
}

/// The magnitude of the first with the sign of the second operand.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V copysign(V x, V y) {
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  constexpr auto magnitude = exact::magnitude_bits<scalar_of<V>>;
  return L::from_bits(
      I::bit_or(I::bit_and(L::bits(x), I::splat(magnitude)), I::bit_and(L::bits(y), I::splat(~magnitude))));
}

/// -1, 0 or 1; zeros and NaN return themselves.
template <lane_value V> TFX_HD TFX_INLINE constexpr V sign(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const V zero = L::splat(T(0));
  return L::select(L::gt(x, zero), L::splat(T(1)), L::select(L::lt(x, zero), L::splat(T(-1)), x));
}

/// The nearest integer, ties to even; the sign of zero is kept.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V round(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T big = detail::single<V> ? T(0x1p23) : T(0x1p52);
  const V magnitude = math::abs(x);
  const V rounded = L::sub(L::add(magnitude, L::splat(big)), L::splat(big));
  return L::select(L::lt(magnitude, L::splat(big)), math::copysign(rounded, x), x);
}

/// The greatest integer not above x; the sign of zero is kept.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V floor(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const V nearest = math::round(x);
  return L::select(L::gt(nearest, x), L::sub(nearest, L::splat(T(1))), nearest);
}

}  // namespace tfx::lanes::math
