// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes {
namespace detail {

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), for a positive, finite, normal x.
template <class V> struct reduced_logarithm {
  V k, m;
  V inverse_scale;  ///< 2^-k
};

template <class V> TFX_HD TFX_INLINE constexpr reduced_logarithm<V> reduce_logarithm(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  using I = traits<integer_of<V>>;
  constexpr int mantissa = mantissa_bits<V>;
  const auto word = L::bits(x);
  const auto e = I::shr(I::sub(word, L::bits(L::splat(T(0x1.6a09e667f3bcdp-1)))), mantissa);
  // The integer as a number without a conversion instruction, which 64-bit lanes lack before AVX-512.
  const V k = L::sub(L::from_bits(I::add(e, L::bits(L::splat(to_integer<V>)))), L::splat(to_integer<V>));
  const V m = L::from_bits(I::sub(word, I::shl(e, mantissa)));
  return {k, m, L::from_bits(I::shl(I::sub(I::splat(exponent_bias<V>), e), mantissa))};
}

/// k ln 2 + log(1 + f) for f in [sqrt(1/2) - 1, sqrt(2) - 1).
template <class V> TFX_HD TFX_INLINE constexpr V join_logarithm(V k, V f) {
  using L = traits<V>;
  const V square = L::mul(f, f);
  if constexpr (single<V>) {
    const V p = polynomial(f, 0.0673667775f, -0.116676832f, 0.118885353f, -0.124070109f, 0.142196699f, -0.166679151f,
                           0.200021114f, -0.25000011f, 0.333333127f);
    V y = L::fma(k, L::splat(-2.12194440e-4f), L::mul(L::mul(p, f), square));
    y = L::fma(square, L::splat(-0.5f), y);
    return L::fma(k, L::splat(0.693359375f), L::add(f, y));
  } else {
    // fdlibm: log(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + R(s^2))), s = f / (2 + f)
    const V s = L::div(f, L::add(f, L::splat(2.0)));
    const V z = L::mul(s, s);
    const V r = L::mul(z, polynomial(z, 1.479819860511658591e-1, 1.531383769920937332e-1, 1.818357216161805012e-1,
                                     2.222219843214978396e-1, 2.857142874366239149e-1, 3.999999999940941908e-1,
                                     6.666666666666735130e-1));
    const V half = L::mul(L::splat(0.5), square);
    const V low = L::fma(s, L::add(half, r), L::mul(k, L::splat(1.90821492927058770002e-10)));
    return L::fma(k, L::splat(6.93147180369123816490e-1), L::sub(f, L::sub(half, low)));
  }
}

/// The logarithm's values outside the positive finite numbers: x is what the logarithm is taken of.
template <class V> TFX_HD TFX_INLINE constexpr V finish_logarithm(V x, V y) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T infinity = exact::infinity<T>;
  const V at_most_zero = L::select(L::eq(x, L::splat(T(0))), L::splat(-infinity), L::splat(exact::nan<T>));
  const V ordered = L::select(L::gt(x, L::splat(T(0))), y, at_most_zero);
  return L::select(L::lt(x, L::splat(infinity)), ordered, x);
}

}  // namespace detail

namespace math {

/// Natural logarithm: -infinity at 0, NaN below.
///
/// Numerics   at most 1 ULP, subnormal arguments included
template <floating_lane V> TFX_HD TFX_INLINE constexpr V log(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T least = detail::single<V> ? T(0x1p-126) : T(0x1p-1022), up = detail::single<V> ? T(0x1p23) : T(0x1p52);
  const auto subnormal = L::lt(x, L::splat(least));
  const auto parts = detail::reduce_logarithm(L::select(subnormal, L::mul(x, L::splat(up)), x));
  const V k = L::select(subnormal, L::sub(parts.k, L::splat(T(detail::mantissa_bits<V>))), parts.k);
  return detail::finish_logarithm(x, detail::join_logarithm(k, L::sub(parts.m, L::splat(T(1)))));
}

/// log(1 + x) without cancellation near 0: -infinity at -1, NaN below.
///
/// Numerics   at most 2 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V log1p(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const V one = L::splat(T(1));
  const V finite = L::lesser(L::splat(std::numeric_limits<T>::max()), x);
  const V u = L::add(finite, one);
  const V x_part = L::sub(u, one);
  const V lost = L::add(L::sub(one, L::sub(u, x_part)), L::sub(finite, x_part));  // Knuth: u + lost = 1 + x
  const auto parts = detail::reduce_logarithm(u);
  const V scale = L::greater(parts.inverse_scale, L::splat(T(0)));   // its exponent is out of range for the largest k
  const V f = L::fma(lost, scale, L::sub(parts.m, one));
  const V y = detail::join_logarithm(parts.k, f);
  constexpr T tiny = detail::single<V> ? T(0x1p-30) : T(0x1p-60);
  const V near_zero = L::select(L::lt(math::abs(x), L::splat(tiny)), x, y);
  const V at_most = L::select(L::eq(x, L::splat(T(-1))), L::splat(-exact::infinity<T>), L::splat(exact::nan<T>));
  const V ordered = L::select(L::gt(x, L::splat(T(-1))), near_zero, at_most);
  return L::select(L::lt(x, L::splat(exact::infinity<T>)), ordered, x);
}

}  // namespace math
}  // namespace tfx::lanes
