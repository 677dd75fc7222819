// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/lanes/exponential.hpp>
#include <tfx/backend/lanes/polynomial.hpp>
#include <tfx/backend/lanes/rounding.hpp>

namespace tfx::lanes::math {

/// 1 / (1 + e^-x)
///
/// Numerics   at most 2 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V sigmoid(V x) {
  using L = traits<V>;
  const V one = L::splat(1);
  return L::div(one, L::add(one, exp(L::neg(x))));
}

/// Hyperbolic tangent.
///
/// Numerics   float: an odd rational x P(x^2) / Q(x^2), without an exponential, confined to where the result is not yet 1;
///            double: x + x^3 P(x^2) / Q(x^2) below 0.625 (Cephes), 1 - 2 / (1 + e^2x) above. At most 2 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V tanh(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  if constexpr (detail::single<V>) {
    const V c = L::lesser(L::splat(9.02f), L::greater(L::splat(-9.02f), x));
    const V z = L::mul(c, c);
    const V p = polynomial(z, -1.2264162e-11f, 3.06747545e-08f, 2.80474803e-05f, 0.00387039196f, 0.136815839f, 1.0f);
    const V q = polynomial(z, 1.29007596e-06f, 0.000394221257f, 0.0272534629f, 0.470149164f, 1.0f);
    const V y = L::div(L::mul(c, p), q);
    return L::lesser(L::splat(1), L::greater(L::splat(-1), y));
  } else {
    const V a = abs(x);
    const V z = L::mul(x, x);
    const V p = polynomial(z, -9.64399179425052238628e-1, -9.92877231001918586564e1, -1.61468768441708447952e3);
    const V q = polynomial(z, 1.0, 1.12811678491632931402e2, 2.23548839060100448583e3, 4.84406305325125486048e3);
    const V small = L::fma(L::mul(x, z), L::div(p, q), x);
    const V big = L::sub(L::splat(1), L::div(L::splat(2), L::add(exp(L::add(a, a)), L::splat(1))));
    return L::select(L::lt(a, L::splat(T(0.625))), small, copysign(big, x));
  }
}

}  // namespace tfx::lanes::math
