// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes {
namespace detail {

/// 2 / pi from its 64th bit before the point on.
inline constexpr std::uint64_t two_over_pi[] = {
    0, 0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561, 0xb7246e3a424dd2e0,
    0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484, 0xe99c7026b45f7e41, 0x3991d639835339f4,
    0x9c845f8bbdf9283b, 0x1ff897ffde05980f, 0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d,
    0x7527bac7ebe5f17b, 0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d};

/// An angle as a number of quarter turns, modulo 4, and a rest of at most pi / 4.
template <class T> struct reduced_angle {
  int quarters;
  T rest;
};

/// For a finite x of at least 2^16, in integers: only those bits of 2 / pi are multiplied that make less than a turn.
///
/// Numerics   the rest is correctly rounded but for about one in 2^30
/// Source     Payne and Hanek 1983
template <class T> TFX_COLD constexpr reduced_angle<T> reduce_large_angle(T x) {
  const exact::parts p = exact::split(x);
  // x 2 / pi modulo 4, in units of 2^-190: 192 bits of 2 / pi from weight 2^(1 - e) on, times the mantissa.
  const int from = p.e + 62, word = from / 64, bit = from % 64;
  const auto bits = [&](int k) {
    const std::uint64_t high = two_over_pi[word + k];
    return bit == 0 ? high : high << bit | two_over_pi[word + k + 1] >> (64 - bit);
  };
  const exact::wide low = exact::multiply(p.m, bits(2)), middle = exact::multiply(p.m, bits(1));
  const std::uint64_t second = middle.lo + low.hi;
  const std::uint64_t first = p.m * bits(0) + middle.hi + std::uint64_t(second < low.hi);
  std::uint64_t hi = first << 2 | second >> 62, lo = second << 2 | low.lo >> 62;
  int quarters = int(first >> 62);
  const bool over = hi >> 63 != 0;   // more than half of a quarter: so much less than the next
  if (over) {
    ++quarters;
    hi = ~hi + std::uint64_t(lo == 0);
    lo = ~lo + 1;
  }
  const int up = hi != 0 ? std::countl_zero(hi) : 64 + std::countl_zero(lo);
  const exact::wide rest = exact::shift({hi, lo}, up);
  constexpr std::uint64_t half_pi = 0xc90fdaa22168c235;   // times 2^-63
  const bool negative = x < 0;
  return {negative ? -quarters : quarters, exact::join<T>(over != negative, exact::multiply(rest.hi, half_pi).hi, -63 - up)};
}

/// sin(x + quarters * pi / 2). The reduction to |r| <= pi / 4 subtracts pi / 2 in three fused parts; of what is too large for
/// that it is made one by one, whatever stands beside it.
template <class V> TFX_HD TFX_INLINE constexpr V sine(V x, int quarters) {
  using L = traits<V>;
  using T = scalar_of<V>;
  using I = traits<integer_of<V>>;
  constexpr T limit = single<V> ? T(0x1p17) : T(0x1p31);
  V shifted = L::fma(x, L::splat(T(0x1.45f306dc9c883p-1)), L::splat(to_integer<V>));
  const V n = L::sub(shifted, L::splat(to_integer<V>));
  V r, s, c;
  if constexpr (single<V>) {
    r = L::fma(n, L::splat(-0x1.921fb6p0f), x);
    r = L::fma(n, L::splat(0x1.777a5cp-25f), r);
    r = L::fma(n, L::splat(0x1.ee59dap-50f), r);
  } else {
    r = L::fma(n, L::splat(-0x1.921fb54442d18p0), x);
    r = L::fma(n, L::splat(-0x1.1a62633145c07p-54), r);
    r = L::fma(n, L::splat(0x1.f1976b7ed8fbcp-110), r);
  }
  if (L::any(L::gt(math::abs(x), L::splat(limit)))) [[unlikely]] {
    T angle[L::width] = {}, rest[L::width] = {}, turned[L::width] = {};
    L::put(angle, x);
    L::put(rest, r);
    L::put(turned, shifted);
    for (int i = 0; i < L::width; ++i) {
      if (!exact::is_finite(angle[i]) || (angle[i] <= limit && angle[i] >= -limit)) continue;   // else r is NaN, or right
      const auto reduced = reduce_large_angle(angle[i]);
      rest[i] = reduced.rest;
      turned[i] = to_integer<V> + T(reduced.quarters);
    }
    r = L::load(rest);
    shifted = L::load(turned);
  }
  const auto quadrant = I::add(L::bits(shifted), I::splat(quarters));
  if constexpr (single<V>) {
    const V z = L::mul(r, r);
    s = L::fma(polynomial(z, -1.9515295891e-4f, 8.3321608736e-3f, -1.6666654611e-1f), L::mul(z, r), r);
    c = L::fma(polynomial(z, 2.443315711809948e-5f, -1.388731625493765e-3f, 4.166664568298827e-2f, -0.5f), z,
               L::splat(1));
  } else {
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
  return L::from_bits(I::bit_xor(L::bits(L::select(odd, c, s)), flip));
}

}  // namespace detail

namespace math {

/// Sine of an angle in radians.
///
/// Numerics   at most 1.6 ULP for every finite x; beyond 2^17 (double 2^31) much slower
template <floating_lane V> TFX_HD TFX_INLINE constexpr V sin(V x) { return detail::sine(x, 0); }

/// Cosine of an angle in radians; accuracy as for `sin`.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V cos(V x) { return detail::sine(x, 1); }

}  // namespace math
}  // namespace tfx::lanes
