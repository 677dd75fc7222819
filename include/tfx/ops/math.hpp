// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/arithmetic.hpp>

namespace tfx {

// The elementary functions. Names that C puts into the global namespace can't be objects: they are constrained templates on
// traced values, and hidden friends of tensors (expr/values.hpp).

struct exp_op : elementwise<exp_op> {
  static constexpr auto apply(auto x) { return exp(x); }
  static constexpr auto derivative(auto, auto y, auto dy) { return dy * y; }
};
struct expm1_op : elementwise<expm1_op> {
  static constexpr auto apply(auto x) { return expm1(x); }
  static constexpr auto derivative(auto, auto y, auto dy) { return dy * (y + 1); }
};
struct log_op : elementwise<log_op> {
  static constexpr auto apply(auto x) { return log(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy / x; }
};
struct log1p_op : elementwise<log1p_op> {
  static constexpr auto apply(auto x) { return log1p(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy / (x + 1); }
};
struct sqrt_op : elementwise<sqrt_op> {
  static constexpr auto apply(auto x) { return sqrt(x); }
  static constexpr auto derivative(auto, auto y, auto dy) { return 0.5 * (dy / y); }
};
struct tanh_op : elementwise<tanh_op> {
  static constexpr auto apply(auto x) { return tanh(x); }
  static constexpr auto derivative(auto, auto y, auto dy) { return dy * (1 - y * y); }
};
struct sin_op : elementwise<sin_op> {
  static constexpr auto apply(auto x) { return sin(x); }
  static constexpr auto derivative(auto x, auto, auto dy);
};
struct cos_op : elementwise<cos_op> {
  static constexpr auto apply(auto x) { return cos(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return -(dy * detail::apply_map<sin_op>(x)); }
};
constexpr auto sin_op::derivative(auto x, auto, auto dy) { return dy * detail::apply_map<cos_op>(x); }
/// 1 / x.
struct reciprocal_op : elementwise<reciprocal_op> {
  static constexpr auto apply(auto x) { return decltype(x)(1) / x; }
  static constexpr auto derivative(auto, auto y, auto dy) { return -(dy * y * y); }
};
/// 1 / sqrt(x).
struct rsqrt_op : elementwise<rsqrt_op> {
  static constexpr auto apply(auto x) { return decltype(x)(1) / sqrt(x); }
  static constexpr auto derivative(auto x, auto y, auto dy) { return -0.5 * (dy * (y / x)); }
};
/// Gauss's error function, erf(x) = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x.
struct erf_op : elementwise<erf_op> {
  static constexpr auto apply(auto x) { return erf(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * (1.1283791670955126 * detail::apply_map<exp_op>(-(x * x))); }
};
/// 1 - erf(x).
///
/// Numerics   small against 1, not against itself: no correct digit for x > 6 (float 4)
struct erfc_op : elementwise<erfc_op> {
  static constexpr auto apply(auto x) { return decltype(x)(1) - erf(x); }
  static constexpr auto derivative(auto x, auto, auto dy) {
    return dy * (-1.1283791670955126 * detail::apply_map<exp_op>(-(x * x)));
  }
};
struct sign_op : elementwise<sign_op> {
  static constexpr auto apply(auto x) { return sign(x); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
struct abs_op : elementwise<abs_op> {
  static constexpr auto apply(auto x) { return abs(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * detail::apply_map<sign_op>(x); }
};
struct floor_op : elementwise<floor_op> {
  static constexpr auto apply(auto x) { return floor(x); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
struct ceil_op : elementwise<ceil_op> {
  static constexpr auto apply(auto x) { return -floor(-x); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
/// To the nearest integer, ties to even.
struct round_op : elementwise<round_op> {
  static constexpr auto apply(auto x) { return round(x); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
/// x to the power y, for x > 0 or whole y.
///
/// Gradient   dx = dz * y * x^(y - 1), and 0 where y = 0;  dy = dz * z * log(x), and 0 where x = 0; NaN for x < 0
struct pow_op : elementwise<pow_op> {
  static constexpr auto apply(auto x, auto y) { return pow(x, y); }
  static constexpr parts_of<2> derivative(auto x, auto y, auto z, auto dz) {   // named: the rule is recursive
    const handle base = untyped(x), exponent = untyped(y);
    const handle slope = exponent * detail::apply_map<pow_op>(base, exponent - 1);
    if (detail::is_constant(exponent)) return parts(dz * slope, handle{});
    const handle logarithm = where(base == 0, 0, detail::apply_map<log_op>(base));
    return parts(dz * where(exponent == 0, 0, slope), dz * z * logarithm);
  }
};

template <traced X> constexpr detail::map_result<exp_op, X> exp(X x) { return detail::apply_map<exp_op>(x); }
template <traced X> constexpr detail::map_result<expm1_op, X> expm1(X x) { return detail::apply_map<expm1_op>(x); }
template <traced X> constexpr detail::map_result<log_op, X> log(X x) { return detail::apply_map<log_op>(x); }
template <traced X> constexpr detail::map_result<log1p_op, X> log1p(X x) { return detail::apply_map<log1p_op>(x); }
template <traced X> constexpr detail::map_result<sqrt_op, X> sqrt(X x) { return detail::apply_map<sqrt_op>(x); }
template <traced X> constexpr detail::map_result<rsqrt_op, X> rsqrt(X x) { return detail::apply_map<rsqrt_op>(x); }   // a name of CUDA's
template <traced X> constexpr detail::map_result<tanh_op, X> tanh(X x) { return detail::apply_map<tanh_op>(x); }
template <traced X> constexpr detail::map_result<sin_op, X> sin(X x) { return detail::apply_map<sin_op>(x); }
template <traced X> constexpr detail::map_result<cos_op, X> cos(X x) { return detail::apply_map<cos_op>(x); }
template <traced X> constexpr detail::map_result<erf_op, X> erf(X x) { return detail::apply_map<erf_op>(x); }
template <traced X> constexpr detail::map_result<abs_op, X> abs(X x) { return detail::apply_map<abs_op>(x); }
template <traced X> constexpr detail::map_result<erfc_op, X> erfc(X x) { return detail::apply_map<erfc_op>(x); }
template <traced X> constexpr detail::map_result<ceil_op, X> ceil(X x) { return detail::apply_map<ceil_op>(x); }
template <traced X> constexpr detail::map_result<floor_op, X> floor(X x) { return detail::apply_map<floor_op>(x); }
template <traced X> constexpr detail::map_result<round_op, X> round(X x) { return detail::apply_map<round_op>(x); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<pow_op, A, B> pow(A x, B y) { return detail::apply_map<pow_op>(x, y); }
inline constexpr auto sign = make_operation<sign_op>;
inline constexpr auto reciprocal = make_operation<reciprocal_op>;

}  // namespace tfx
