// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/exponential.hpp>
#include <tfx/lanes/logarithm.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes {
namespace detail {

/// An unevaluated sum of two numbers, |lo| at most half an ULP of hi: twice the precision.
template <class V> struct pair { V hi, lo; };

template <class V> TFX_HD TFX_INLINE constexpr pair<V> two_sum(V a, V b) {
  using L = traits<V>;
  const V s = L::add(a, b), part = L::sub(s, a);
  return {s, L::add(L::sub(a, L::sub(s, part)), L::sub(b, part))};
}

template <class V> TFX_HD TFX_INLINE constexpr pair<V> two_product(V a, V b) {
  using L = traits<V>;
  const V p = L::mul(a, b);
  return {p, L::fma(a, b, L::neg(p))};
}

template <class V> TFX_HD TFX_INLINE constexpr pair<V> multiply(pair<V> a, pair<V> b) {
  using L = traits<V>;
  const pair<V> p = two_product(a.hi, b.hi);
  return {p.hi, L::fma(a.lo, b.hi, L::fma(a.hi, b.lo, p.lo))};
}

/// log(x) in twice the precision, for a positive, finite x: k ln 2 + 2 s + 2/3 s^3 + ..., s = (m - 1) / (m + 1).
template <class V> TFX_HD TFX_INLINE constexpr pair<V> precise_logarithm(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T least = single<V> ? T(0x1p-126) : T(0x1p-1022), up = single<V> ? T(0x1p23) : T(0x1p52);
  constexpr T ln2_hi = single<V> ? T(0x1.62e4p-1) : T(0x1.62e42fefa38p-1);
  constexpr T ln2_lo = single<V> ? T(0x1.7f7d1cp-20) : T(0x1.ef35793c7673p-45);
  const auto subnormal = L::lt(x, L::splat(least));
  const auto parts = reduce_logarithm(L::select(subnormal, L::mul(x, L::splat(up)), x));
  const V k = L::select(subnormal, L::sub(parts.k, L::splat(T(mantissa_bits<V>))), parts.k);

  const V f = L::sub(parts.m, L::splat(T(1)));
  const pair<V> d = two_sum(parts.m, L::splat(T(1)));
  const V s_hi = L::div(f, d.hi);
  const V rest = L::fma(L::neg(s_hi), d.lo, L::fma(L::neg(s_hi), d.hi, f));
  const pair<V> s = {s_hi, L::div(rest, d.hi)};
  const pair<V> z = multiply(s, s);
  constexpr T third_hi = single<V> ? T(0x1.555556p-1) : T(0x1.5555555555555p-1);
  constexpr T third_lo = single<V> ? T(-0x1.555556p-26) : T(0x1.5555555555555p-55);
  const pair<V> cubic = multiply(multiply(s, z), {L::splat(third_hi), L::splat(third_lo)});
  V series;
  if constexpr (single<V>) {
    series = polynomial(z.hi, T(2) / 13, T(2) / 11, T(2) / 9, T(2) / 7, T(2) / 5);
  } else {
    series = polynomial(z.hi, T(2) / 25, T(2) / 23, T(2) / 21, T(2) / 19, T(2) / 17, T(2) / 15, T(2) / 13, T(2) / 11,
                        T(2) / 9, T(2) / 7, T(2) / 5);
  }
  const V tail = L::mul(L::mul(series, L::mul(z.hi, z.hi)), s.hi);

  const pair<V> a = two_sum(L::mul(k, L::splat(ln2_hi)), L::add(s.hi, s.hi));  // the product is exact
  const pair<V> b = two_sum(a.hi, cubic.hi);
  const V small = L::add(L::add(a.lo, b.lo), L::add(L::add(s.lo, s.lo), cubic.lo));
  return two_sum(b.hi, L::add(L::fma(k, L::splat(ln2_lo), small), tail));
}

}  // namespace detail

namespace math {

/// x^y, as C's pow: a negative x needs an integral y, x^0 and 1^y are 1 whatever the other operand.
///
/// Numerics   at most 1.5 ULP; overflow and underflow as for `exp`
template <floating_lane V> TFX_HD TFX_INLINE constexpr V pow(V x, V y) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T infinity = exact::infinity<T>, largest = std::numeric_limits<T>::max();
  const V zero = L::splat(T(0)), one = L::splat(T(1)), inf = L::splat(infinity);

  // The magnitude, with x and y kept where no intermediate result is infinite or NaN.
  const V magnitude = math::abs(x), exponent = math::abs(y);
  constexpr T tiny = std::numeric_limits<T>::denorm_min();
  constexpr T most = detail::single<V> ? T(0x1p40) : T(0x1p70);
  const V base = L::lesser(L::greater(magnitude, L::splat(tiny)), L::splat(largest));
  const V bounded = L::greater(L::lesser(y, L::splat(most)), L::splat(-most));
  const detail::pair<V> logarithm = detail::precise_logarithm(base);
  const V product = L::mul(bounded, logarithm.hi);
  const V low = L::fma(bounded, logarithm.lo, L::fma(bounded, logarithm.hi, L::neg(product)));
  const V confined = detail::confine_exponent(product);
  auto e = detail::reduce_exponent(confined);
  e.r = L::add(e.r, L::select(L::eq(confined, product), low, zero));
  const V grown = L::add(one, detail::expm1_reduced(e.r));
  V r = L::mul(L::add(grown, grown), e.half_scale);

  // |x| = 0 or infinity, |y| = infinity
  const auto grows = L::mask_or(L::mask_and(L::gt(magnitude, one), L::gt(y, zero)),
                                L::mask_and(L::lt(magnitude, one), L::lt(y, zero)));
  const auto extreme = L::mask_or(L::mask_or(L::eq(x, zero), L::eq(magnitude, inf)), L::eq(exponent, inf));
  r = L::select(extreme, L::select(grows, inf, zero), r);
  r = L::select(L::eq(magnitude, one), one, r);

  // The sign of a negative base; every number from 2^(mantissa + 1) on is even.
  const auto integral = L::eq(math::round(y), y);
  const V half = L::mul(y, L::splat(T(0.5)));
  const auto odd = L::mask_and(integral, L::ne(math::round(half), half));
  r = L::select(L::mask_and(odd, L::lt(math::copysign(one, x), zero)), L::neg(r), r);
  const auto undefined = L::mask_and(L::mask_and(L::lt(x, zero), L::mask_not(integral)), L::lt(magnitude, inf));
  r = L::select(undefined, L::splat(exact::nan<T>), r);
  r = L::select(L::mask_or(L::ne(x, x), L::ne(y, y)), L::splat(exact::nan<T>), r);
  return L::select(L::mask_or(L::eq(y, zero), L::eq(x, one)), one, r);
}

}  // namespace math
}  // namespace tfx::lanes
