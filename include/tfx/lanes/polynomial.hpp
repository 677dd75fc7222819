// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/traits.hpp>

namespace tfx::lanes {

/// c_0 x^n + c_1 x^(n-1) + ... + c_n by Horner's rule, one fused multiply-add per degree. Unrolled by construction.
template <class V, class... Scalar> TFX_HD TFX_INLINE constexpr V polynomial(V x, scalar_of<V> first, Scalar... rest) {
  using L = traits<V>;
  V y = L::splat(first);
  ((y = L::fma(y, x, L::splat(rest))), ...);
  return y;
}

namespace detail {

template <class V> inline constexpr bool single = sizeof(scalar_of<V>) == 4;

/// How the bits of a lane's scalar are laid out.
template <class V> inline constexpr int mantissa_bits = single<V> ? 23 : 52;
template <class V> inline constexpr int exponent_bias = single<V> ? 127 : 1023;

/// 1.5 * 2^mantissa: adding it rounds to an integer (ties to even) that then stands in the low bits.
template <class V> inline constexpr scalar_of<V> to_integer = single<V> ? scalar_of<V>(0x1.8p23)
                                                                        : scalar_of<V>(0x1.8p52);

}  // namespace detail
}  // namespace tfx::lanes
