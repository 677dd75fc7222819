// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/lanes/exponential.hpp>
#include <tfx/backend/lanes/polynomial.hpp>
#include <tfx/backend/lanes/rounding.hpp>

namespace tfx::lanes::math {

/// The error function, 2 / sqrt(pi) times the integral of e^-t^2 from 0 to x.
///
/// Numerics   float: an odd rational, confined to where the result is not yet 1; double: an odd rational up to 1,
///            1 - e^(-x^2) P(x) / Q(x) above. At most 2.5 ULP
template <floating_lane V> TFX_HD TFX_INLINE constexpr V erf(V x) {
  using L = traits<V>;
  if constexpr (detail::single<V>) {
    const V c = L::lesser(L::splat(3.93f), L::greater(L::splat(-3.93f), x));
    const V z = L::mul(c, c);
    const V p = polynomial(z, -1.28932393e-08f, 4.62722716e-06f, 0.000377418146f, 0.00384017921f, 0.0542578814f,
                           0.185125188f, 1.12837917f);
    const V q = polynomial(z, 6.25689302e-05f, 0.00130272496f, 0.0154354676f, 0.113883075f, 0.497396335f, 1.0f);
    const V y = L::div(L::mul(c, p), q);
    return L::lesser(L::splat(1), L::greater(L::splat(-1), y));
  } else {
    const V z = L::mul(x, x);
    const V a = L::lesser(L::splat(5.95), abs(x));
    const V p = polynomial(z, 7.7639077661390535e-08, 0.00019688273123579775, 0.0018773603459301296, 0.045483429685939519,
                           0.14350529051263594, 1.1283791670955126);
    const V q = polynomial(z, 2.0809729961039036e-05, 0.00069248668610430832, 0.010692966510531121, 0.093812501959793251,
                           0.46051158573055173, 1.0);
    const V small = L::div(L::mul(x, p), q);
    const V tail_p = polynomial(a, 0.00060630419420944172, 0.0090114124016690052, 0.064061779038695699, 0.27820489296849271,
                                0.79346770784383025, 1.491173831326905, 1.731486456038617, 0.99999999983728438);
    const V tail_q = polynomial(a, 0.0010746463728137552, 0.015972304709444288, 0.11408404912676681, 0.50108887453638529,
                                1.4626484769985846, 2.8813791460791696, 3.7181866321360606, 2.8598656210060822, 1.0);
    const V tail = L::div(L::mul(exp(L::neg(L::mul(a, a))), tail_p), tail_q);
    const V big = copysign(L::sub(L::splat(1), tail), x);
    return L::select(L::lt(a, L::splat(1)), small, big);
  }
}

}  // namespace tfx::lanes::math
