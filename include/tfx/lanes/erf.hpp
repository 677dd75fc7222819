// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/exponential.hpp>
#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes {
namespace detail {

/// e^(a^2) erfc(a) for a from 0 to 10 (double 27): a polynomial in (a - 3) / (a + 3) (double 4), divided by 1 + 2 a.
///
/// Source     Shepherd and Laframboise 1981
template <class V> TFX_HD TFX_INLINE constexpr V scaled_erfc(V a) {
  using L = traits<V>;
  using T = scalar_of<V>;
  constexpr T middle = single<V> ? T(3) : T(4);
  const V t = L::div(L::sub(a, L::splat(middle)), L::add(a, L::splat(middle)));
  V p;
  if constexpr (single<V>) {
    p = polynomial(t, -0.00027826571f, -0.000800951791f, 0.00199252111f, 0.00257998426f, -0.0237891171f, 0.0682936683f,
                   -0.119272828f, 0.12964654f, -0.0475622714f, -0.135621205f, 1.25300801f);
  } else {
    p = polynomial(t, -8.791338540915347e-09, -9.122432641818368e-09, 1.0182310939611469e-07, 5.8048265766627736e-08,
                   -8.192379625773451e-07, 3.1069099723587845e-07, 5.707503149095396e-06, -1.123245041907427e-05,
                   -2.4399062228211182e-05, 0.00015062576331303587, -0.00019925652396391021, -0.0007577743151013204,
                   0.005031969913248749, -0.016197733896764707, 0.037167515547607895, -0.06633036582703292,
                   0.09373283499761037, -0.1010390660356004, 0.06809705425471449, 0.015379652102606604,
                   -0.13962111684056266, 1.2329951186255526);
  }
  return L::div(p, L::add(L::splat(T(1)), L::add(a, a)));
}

/// The standard normal distribution at x: the probability to lie below it, and e^(-x^2 / 2), sqrt(2 pi) times the density.
template <class V> struct normal_terms { V below, bell; };

template <class V> TFX_HD TFX_INLINE constexpr normal_terms<V> normal_distribution(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const V a = L::lesser(L::splat(T(single<V> ? 14 : 38)), math::abs(x));   // both are 0 beyond
  const V square = L::mul(a, a), low = L::fma(a, a, L::neg(square));
  const V bell = exp_of_sum(L::mul(L::splat(T(-0.5)), square), L::mul(L::splat(T(-0.5)), low));
  const V beyond = L::mul(L::mul(L::splat(T(0.5)), bell), scaled_erfc(L::mul(a, L::splat(T(0.70710678118654752)))));
  return {L::select(L::gt(x, L::splat(T(0))), L::sub(L::splat(T(1)), beyond), beyond), bell};
}

}  // namespace detail

namespace math {

/// 1 - erf(x), to its own digits also where that is small.
///
/// Numerics   at most 6 ULP; results below 1.7e-38 (4.5e-308 in double) are 0
template <floating_lane V> TFX_HD TFX_INLINE constexpr V erfc(V x) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const V a = L::lesser(L::splat(T(detail::single<V> ? 10 : 27)), math::abs(x));
  const V square = L::mul(a, a), low = L::fma(a, a, L::neg(square));
  const V beyond = L::mul(detail::exp_of_sum(L::neg(square), L::neg(low)), detail::scaled_erfc(a));
  return L::select(L::lt(x, L::splat(T(0))), L::sub(L::splat(T(2)), beyond), beyond);
}

/// The error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x.
///
/// Numerics   near 0: x + x P(x^2), in double x + x P / Q; beyond 0.8 (double 1), a = |x|: 1 - e^(-a P(a)), in double
///            1 - e^(-a^2) P(a) / Q(a). At most 1.5 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V erf(V x) {
  using L = traits<V>;
  const V z = L::mul(x, x);
  if constexpr (detail::single<V>) {
    const V a = L::lesser(L::splat(3.95f), math::abs(x));
    const V p =
        polynomial(z, -0.000653520328f, 0.00508512297f, -0.0268207996f, 0.112831125f, -0.376126013f, 0.128379164f);
    const V t = polynomial(a, -0.000215917696f, 0.0032309131f, -0.0229411535f, 0.105341604f, 0.635657926f, 1.12853214f);
    const V big = math::copysign(L::sub(L::splat(1), math::exp(L::mul(L::neg(a), t))), x);
    return L::select(L::lt(a, L::splat(0.8f)), L::fma(x, p, x), big);
  } else {
    const V a = L::lesser(L::splat(5.95), math::abs(x));
    const V p = polynomial(z, -2.0732090883377644e-05, -0.00049560395486851049, -0.008815606164600991,
                           -0.048329072273853732, -0.31700629521791579, 0.12837916709551259);
    const V q = polynomial(z, 2.0809729961039036e-05, 0.00069248668610430832, 0.010692966510531121,
                           0.093812501959793251, 0.46051158573055173, 1.0);
    const V tail_p = polynomial(a, 0.0088913847155651805, 0.084091216761516679, 0.3727929009550362, 0.94817369970387655,
                                1.3894968253409938, 0.99999989245438214);
    const V tail_q = polynomial(a, 0.015759693425016739, 0.14904384431497522, 0.66869817502890649, 1.7545369695769726,
                                2.7892969719142782, 2.5178748543526384, 1.0);
    const auto near_zero = L::lt(a, L::splat(1));
    // One division for both: only one of the two quotients is wanted.
    const V quotient = L::div(L::select(near_zero, p, tail_p), L::select(near_zero, q, tail_q));
    const V tail = L::mul(math::exp(L::neg(L::mul(a, a))), quotient);
    return L::select(near_zero, L::fma(x, quotient, x), math::copysign(L::sub(L::splat(1), tail), x));
  }
}

}  // namespace math
}  // namespace tfx::lanes
