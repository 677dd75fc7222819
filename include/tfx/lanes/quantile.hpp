// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/logarithm.hpp>
#include <tfx/lanes/polynomial.hpp>
#include <tfx/lanes/rounding.hpp>

namespace tfx::lanes::math {

/// The number below which a standard normal variable lies with probability p, 0 < p < 1.
///
/// Numerics   relative error about 2e-7 in float, 1e-15 in double
/// Source     Wichura 1988, algorithm AS 241 (PPND7 and PPND16)
template <floating_lane V> TFX_HD TFX_INLINE constexpr V normal_quantile(V p) {
  using L = traits<V>;
  using T = scalar_of<V>;
  const V q = L::sub(p, L::splat(T(0.5)));
  const V tail = L::sub(L::splat(T(0.5)), math::abs(q));  // the smaller of p and 1 - p, exact where it matters
  const V central = L::fma(L::neg(q), q, L::splat(T(0.180625)));
  const V r = L::sqrt(L::neg(math::log(tail)));
  const auto is_central = L::le(math::abs(q), L::splat(T(0.425)));
  const auto is_near = L::le(r, L::splat(T(5)));
  V a, b, numerator, denominator;
  if constexpr (detail::single<V>) {
    a = polynomial(central, 59.109374720f, 159.29113202f, 50.434271938f, 3.3871327179f);
    b = polynomial(central, 67.187563600f, 78.757757664f, 17.895169469f, 1.0f);
    // Words of 23 bits never reach r = 5.
    const V near = L::sub(r, L::splat(1.6f)), far = L::sub(r, L::splat(5.0f));
    numerator = L::select(is_near, polynomial(near, 0.17023821103f, 1.3067284816f, 2.7568153900f, 1.4234372777f),
                          polynomial(far, 0.017337203997f, 0.42868294337f, 3.0812263860f, 6.6579051150f));
    denominator = L::select(is_near, polynomial(near, 0.12021132975f, 0.73700164250f, 1.0f),
                            polynomial(far, 0.012258202635f, 0.24197894225f, 1.0f));
  } else {
    a = polynomial(central, 2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4,
                   4.5921953931549871457e+4, 1.3731693765509461125e+4, 1.9715909503065514427e+3,
                   1.3314166789178437745e+2, 3.3871328727963666080e0);
    b = polynomial(central, 5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4,
                   2.1213794301586595867e+4, 5.3941960214247511077e+3, 6.8718700749205790830e+2,
                   4.2313330701600911252e+1, 1.0);
    const V near = L::sub(r, L::splat(1.6)), far = L::sub(r, L::splat(5.0));
    numerator = L::select(is_near,
                          polynomial(near, 7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                     2.41780725177450611770e-1, 1.27045825245236838258e0, 3.64784832476320460504e0,
                                     5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
                          polynomial(far, 2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                     1.24266094738807843860e-3, 2.65321895265761230930e-2, 2.96560571828504891230e-1,
                                     1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0));
    denominator = L::select(is_near,
                            polynomial(near, 1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                       1.51986665636164571966e-2, 1.48103976427480074590e-1, 6.89767334985100004550e-1,
                                       1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
                            polynomial(far, 2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                       1.84631831751005468180e-5, 7.86869131145613259100e-4, 1.48753612908506148525e-2,
                                       1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0));
  }
  const V quotient = L::div(L::select(is_central, a, numerator), L::select(is_central, b, denominator));
  return L::select(is_central, L::mul(q, quotient), math::copysign(quotient, q));
}

}  // namespace tfx::lanes::math
