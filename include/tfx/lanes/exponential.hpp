// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes {
namespace detail {

/// x = n ln 2 + r with |r| <= ln 2 / 2, for x confined as below.
template <class V> struct reduced_exponent {
  V half_scale;  ///< 2^(n - 1), so that n may exceed the largest exponent by one; 0 at the lower end
  V r;
};

template <class V> TFX_HD TFX_INLINE constexpr reduced_exponent<V> reduce_exponent(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T round_and_bias = to_integer<V> + T(exponent_bias<V> - 1);
  constexpr T ln2_hi = single<V> ? T(0x1.62e430p-1) : T(0x1.62e42fefa39efp-1);
  constexpr T ln2_lo = single<V> ? T(-0x1.05c610p-29) : T(0x1.abc9e3b39803fp-56);
  const V k = L::fma(x, L::splat(T(0x1.71547652b82fep0)), L::splat(round_and_bias));
  const V n = L::sub(k, L::splat(round_and_bias));
  const V half_scale = L::from_bits(traits<integer_of<V>>::shl(L::bits(k), mantissa_bits<V>));
  return {half_scale, L::fma(n, L::splat(-ln2_lo), L::fma(n, L::splat(-ln2_hi), x))};
}

/// e^r - 1 for |r| <= ln 2 / 2. Minimax in r + r^2 p(r), relative error of e^r 2^-28 and 2^-64.
template <class V> TFX_HD TFX_INLINE constexpr V expm1_reduced(V r) {
  using L = traits<V>;
  const V square = L::mul(r, r);
  if constexpr (single<V>) {
    return L::fma(polynomial(r, 0.00138169922f, 0.00836873722f, 0.0416683453f, 0.166665205f, 0.499999936f), square, r);
  } else {
    const V p =
        polynomial(r, 2.0830288315710434e-09, 2.5112136582590013e-08, 2.7557570025527937e-07, 2.7557234581023393e-06,
                   2.4801586940331009e-05, 0.00019841269896656632, 0.0013888888889108852, 0.0083333333333169297,
                   0.041666666666666109, 0.16666666666666682, 0.5);
    return L::fma(p, square, r);
  }
}

/// x confined to where the reduction works; at the upper end e^x is infinite, at the lower end `half_scale` is 0. NaN
/// stays.
template <class V> TFX_HD TFX_INLINE constexpr V confine_exponent(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T lo = single<V> ? T(-87.3) : T(-708.4), hi = single<V> ? T(88.75) : T(709.79);
  return L::lesser(L::splat(hi), L::greater(L::splat(lo), x));
}

/// e^(x + low) for a low that is small against x: twice the precision of x.
template <class V> TFX_HD TFX_INLINE constexpr V exp_of_sum(V x, V low) {
  using L = traits<V>;
  const auto e = detail::reduce_exponent(detail::confine_exponent(x));
  const V y = L::add(L::splat(1), detail::expm1_reduced(L::add(e.r, low)));
  return L::mul(L::add(y, y), e.half_scale);
}

}  // namespace detail

namespace math {

/// e^x
///
/// Numerics   at most 1 ULP; overflows to infinity; results below 1.7e-38 (4.5e-308 in double) are 0
template <floating_lane V> TFX_HD TFX_INLINE constexpr V exp(V x) {
  using L = traits<V>;
  const auto e = detail::reduce_exponent(detail::confine_exponent(x));
  const V y = L::add(L::splat(1), detail::expm1_reduced(e.r));
  return L::mul(L::add(y, y), e.half_scale);
}

/// e^x - 1 without cancellation near 0
///
/// Numerics   at most 2 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V expm1(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const auto e = detail::reduce_exponent(detail::confine_exponent(x));
  const V y = L::fma(detail::expm1_reduced(e.r), e.half_scale, L::sub(e.half_scale, L::splat(T(0.5))));
  constexpr T tiny = detail::single<V> ? T(0x1p-30) : T(0x1p-60);
  return L::select(L::lt(math::abs(x), L::splat(tiny)), x, L::add(y, y));
}

}  // namespace math
}  // namespace tfx::lanes
