// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/exponential.hpp>
#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes::math {

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

}  // namespace tfx::lanes::math
