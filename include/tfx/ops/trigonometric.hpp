// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>

namespace tfx {

// Trigonometric functions besides sine and cosine, their inverses, and hyperbolic ones. Angles in radians.

namespace detail {

/// atan of t in [-1, 1], twice the part of it that is not t; `offset` is added in two parts, so that it is not rounded.
template <class L> constexpr L arctangent(L t, L offset, L offset_rest) {
  const L z = t * t;
  if constexpr (sizeof(typename L::scalar) == 4) {
    L p(8.05374449538e-2f);
    p = fma(p, z, L(-1.38776856032e-1f));
    p = fma(p, z, L(1.99777106478e-1f));
    p = fma(p, z, L(-3.33329491539e-1f));
    return offset + (fma(p * z, t, t) + offset_rest);
  } else {
    L p(-8.750608600031904122785e-1), q = z + L(2.485846490142306297962e1);
    p = fma(p, z, L(-1.615753718733365076637e1));
    p = fma(p, z, L(-7.500855792314704667340e1));
    p = fma(p, z, L(-1.228866684490136173410e2));
    p = fma(p, z, L(-6.485021904942025371773e1));
    q = fma(q, z, L(1.650270098316988542046e2));
    q = fma(q, z, L(4.328810604912902668951e2));
    q = fma(q, z, L(4.853903996359136964868e2));
    q = fma(q, z, L(1.945506571482613964425e2));
    return offset + (fma(p / q * z, t, t) + offset_rest);
  }
}
/// atan of numerator / denominator >= 0 with one division for all ranges. Source: Moshier, Cephes.
template <class L> constexpr L arctangent_of_ratio(L numerator, L denominator) {
  constexpr double quarter = 0.78539816339744831, quarter_rest = 3.061616997868383e-17;
  const auto large = numerator > L(2.414213562373095) * denominator;
  const auto middle = numerator > L(sizeof(typename L::scalar) == 4 ? 0.4142135623730950 : 0.66) * denominator;
  const L n = select(large, -denominator, select(middle, numerator - denominator, numerator));
  const L d = select(large, numerator, select(middle, numerator + denominator, denominator));
  const L times = select(large, L(2), select(middle, L(1), L(0)));
  return arctangent(n / d, times * L(quarter), times * L(quarter_rest));
}

}  // namespace detail

/// Angle of the point (x, y), between -pi and pi.
///
/// Gradient   dy_in = d * x / (x^2 + y^2), dx = -d * y / (x^2 + y^2); NaN at the origin
/// Numerics   at most 3 ULP; the signs of zeros count and infinite arguments have their limits, as in C
struct atan2_op : elementwise<atan2_op> {
  static constexpr auto apply(auto y, auto x) {
    using L = decltype(x);
    constexpr double half = 1.5707963267948966, half_rest = 6.123233995736766e-17;
    const L ay = abs(y), ax = abs(x);
    const auto steep = ay > ax;
    // Scaled, because the numerator and the denominator are added.
    const L scale = select(max(ax, ay) > L(0x1p100), L(0x1p-4), L(1));
    const L n = select(steep, ax, ay) * scale, d = select(steep, ay, ax) * scale;
    // Equal magnitudes need no division: it would be 0 / 0 or infinite / infinite.
    const auto equal = n == d;
    const L flat = detail::arctangent_of_ratio(select(equal, select(n == L(0), L(0), L(1)), n), select(equal, L(1), d));
    const L upper = select(steep, (L(half) - flat) + L(half_rest), flat);
    const auto left = copysign(L(1), x) < L(0);
    return copysign(select(left, (L(2 * half) - upper) + L(2 * half_rest), upper), y);
  }
  static constexpr auto derivative(auto y, auto x, auto, auto d) {
    // From the ratio of the smaller to the larger: x^2 + y^2 may overflow, or vanish.
    const auto steep = abs(y) > abs(x);
    const auto large = where(steep, y, x), ratio = where(steep, x, y) / large;
    const auto by_large = d / (large * (1 + ratio * ratio)), by_small = by_large * ratio;
    return parts(where(steep, by_small, by_large), -where(steep, by_large, by_small));
  }
};
/// 1 / (1 + x^2), with a derivative that does not meet 0 times infinity at the ends.
struct atan_slope_op : elementwise<atan_slope_op> {
  static constexpr auto apply(auto x) { return decltype(x)(1) / (decltype(x)(1) + x * x); }
  static constexpr auto derivative(auto x, auto y, auto dy) {
    const auto finite = minimum(maximum(x, -__FLT_MAX__), __FLT_MAX__);
    return -2 * (dy * (finite * y * y));
  }
};
/// Gradient   dx = dy / (1 + x^2)
/// Numerics   at most 3 ULP
struct atan_op : elementwise<atan_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    const L a = abs(x);
    const auto infinite = a == L(__builtin_huge_val());
    return copysign(detail::arctangent_of_ratio(select(infinite, L(1), a), select(infinite, L(0), L(1))), x);
  }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * detail::apply_map<atan_slope_op>(x); }
};
/// 1 - x^2 with the digits of 1 - |x|, and a derivative that does not meet 0 times infinity at the ends.
struct one_minus_square_op : elementwise<one_minus_square_op> {
  static constexpr auto apply(auto x) { return (decltype(x)(1) - x) * (decltype(x)(1) + x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return -2 * (dy * x); }
};
/// Gradient   dx = dy / sqrt(1 - x^2)
/// Numerics   at most 4 ULP; NaN for |x| > 1
struct asin_op : elementwise<asin_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    return atan2_op::apply(x, sqrt((L(1) - x) * (L(1) + x)));
  }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy / sqrt(detail::apply_map<one_minus_square_op>(x)); }
};
/// Gradient   dx = -dy / sqrt(1 - x^2)
/// Numerics   at most 4 ULP; NaN for |x| > 1
struct acos_op : elementwise<acos_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    return atan2_op::apply(sqrt((L(1) - x) * (L(1) + x)), x);
  }
  static constexpr auto derivative(auto x, auto, auto dy) { return -(dy / sqrt(detail::apply_map<one_minus_square_op>(x))); }
};
/// Gradient   dx = dy * (1 + y^2)
struct tan_op : elementwise<tan_op> {
  static constexpr auto apply(auto x) { return sin(x) / cos(x); }
  static constexpr auto derivative(auto, auto y, auto dy) { return dy * (1 + y * y); }
};
/// Gradient   dx = dy * cosh(x)
/// Numerics   at most 4 ULP, also near 0; infinite only where the result is
struct sinh_op : elementwise<sinh_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    const L a = abs(x), e = expm1(at_most(a, L(30))), half = exp(L(0.5) * a);
    return copysign(select(a > L(30), (L(0.5) * half) * half, L(0.5) * (e + e / (e + L(1)))), x);
  }
  static constexpr auto derivative(auto x, auto, auto dy);
};
/// Gradient   dx = dy * sinh(x)
/// Numerics   at most 4 ULP; infinite only where the result is
struct cosh_op : elementwise<cosh_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    const L a = abs(x), e = exp(at_most(a, L(30))), half = exp(L(0.5) * a);
    return select(a > L(30), (L(0.5) * half) * half, L(0.5) * (e + L(1) / e));
  }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * detail::apply_map<sinh_op>(x); }
};
constexpr auto sinh_op::derivative(auto x, auto, auto dy) { return dy * detail::apply_map<cosh_op>(x); }

template <class A, class B> requires some_traced<A, B>
constexpr detail::map_result<atan2_op, A, B> atan2(A y, B x) {
  return detail::apply_map<atan2_op>(y, x);
}
template <traced X> constexpr detail::map_result<atan_op, X> atan(X x) { return detail::apply_map<atan_op>(x); }
template <traced X> constexpr detail::map_result<asin_op, X> asin(X x) { return detail::apply_map<asin_op>(x); }
template <traced X> constexpr detail::map_result<acos_op, X> acos(X x) { return detail::apply_map<acos_op>(x); }
template <traced X> constexpr detail::map_result<tan_op, X> tan(X x) { return detail::apply_map<tan_op>(x); }
template <traced X> constexpr detail::map_result<sinh_op, X> sinh(X x) { return detail::apply_map<sinh_op>(x); }
template <traced X> constexpr detail::map_result<cosh_op, X> cosh(X x) { return detail::apply_map<cosh_op>(x); }

}  // namespace tfx
