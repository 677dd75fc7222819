// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes {
namespace detail {

/// sin(x + quarters * pi / 2). The reduction to |r| <= pi / 4 subtracts pi / 2 in three fused parts.
template <class V> TFX_HD TFX_INLINE constexpr V sine(V x, int quarters) {
  using L = traits<V>;
  using T = scalar_of<V>;
  using I = traits<integer_of<V>>;
  constexpr T limit = single<V> ? T(0x1p17) : T(0x1p31);
  const V inside = L::lesser(L::splat(limit), L::greater(L::splat(-limit), x));
  const V shifted = L::fma(inside, L::splat(T(0x1.45f306dc9c883p-1)), L::splat(to_integer<V>));
  const V n = L::sub(shifted, L::splat(to_integer<V>));
  const auto quadrant = I::add(L::bits(shifted), I::splat(quarters));
  V r, s, c;
  if constexpr (single<V>) {
    r = L::fma(n, L::splat(-0x1.921fb6p0f), inside);
    r = L::fma(n, L::splat(0x1.777a5cp-25f), r);
    r = L::fma(n, L::splat(0x1.ee59dap-50f), r);
    const V z = L::mul(r, r);
    s = L::fma(polynomial(z, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f), L::mul(z, r), r);
    c = L::fma(polynomial(z, 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f, -0.5f), z,
               L::splat(1));
  } else {
    r = L::fma(n, L::splat(-0x1.921fb54442d18p0), inside);
    r = L::fma(n, L::splat(-0x1.1a62633145c07p-54), r);
    r = L::fma(n, L::splat(0x1.f1976b7ed8fbcp-110), r);
    const V z = L::mul(r, r);
    s = L::fma(polynomial(z, 1.58969099521155010221e-10, -2.50507602534068634195e-8, 2.75573137070700676789e-6,
                          -1.98412698298579493134e-4, 8.33333333332248946124e-3, -1.66666666666666324348e-1),
               L::mul(z, r), r);
    const V half = L::mul(L::splat(0.5), z), w = L::sub(L::splat(1), half);
    const V p = polynomial(z, -1.13596475577881948265e-11, 2.08757232129817482790e-9, -2.75573143513906633035e-7,
                           2.48015872894767294178e-5, -1.38888888888741095749e-3, 4.16666666666666019037e-2);
    c = L::add(w, L::fma(p, L::mul(z, z), L::sub(L::sub(L::splat(1), w), half)));
  }
  // Odd quadrants take the cosine, the upper two change the sign: both bits go where the sign of a number stands.
  const auto one = L::bits(L::splat(T(1)));
  const auto odd = L::lt(L::from_bits(I::bit_or(I::shl(quadrant, sizeof(T) * 8 - 1), one)), L::splat(0));
  const auto flip = I::shl(I::shr(quadrant, 1), sizeof(T) * 8 - 1);
  const V y = L::from_bits(I::bit_xor(L::bits(L::select(odd, c, s)), flip));
  return L::select(L::le(math::abs(x), L::splat(limit)), y, L::splat(exact::nan<T>));
}

}  // namespace detail

namespace math {

/// Sine of an angle in radians.
///
/// Numerics   at most 1.6 ULP for |x| <= 2^17 (double 2^31); NaN beyond, where a float angle means nothing any more
template <floating_lane V> TFX_HD TFX_INLINE constexpr V sin(V x) { return detail::sine(x, 0); }

/// Cosine of an angle in radians; limits as for `sin`.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V cos(V x) { return detail::sine(x, 1); }

}  // namespace math
}  // namespace tfx::lanes
