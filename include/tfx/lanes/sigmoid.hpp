// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/exponential.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes::math {

/// 1 / (1 + e^-x)
///
/// Numerics   at most 2.5 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V sigmoid(V x) {
  using L = traits<V>;
  const V one = L::splat(1);
  return L::div(one, L::add(one, math::exp(L::neg(x))));
}

/// Hyperbolic tangent, as (e^2a - 1) / (e^2a + 1) with a = |x|; the difference is formed without cancellation.
///
/// Numerics   at most 2.5 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V tanh(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T one_from = detail::single<V> ? T(20) : T(40);  // e^-20 vanishes beside 1
  const V a = math::abs(x);
  const auto e = detail::reduce_exponent(L::lesser(L::splat(one_from), L::add(a, a)));
  const V half = L::fma(detail::expm1_reduced(e.r), e.half_scale, L::sub(e.half_scale, L::splat(T(0.5))));
  return math::copysign(L::div(half, L::add(half, L::splat(1))), x);
}

}  // namespace tfx::lanes::math
