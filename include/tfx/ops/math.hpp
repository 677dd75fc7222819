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
  static TFX_INLINE constexpr auto apply(auto x) { return sin(x); }
  static constexpr auto derivative(auto x, auto, auto dy);
};
struct cos_op : elementwise<cos_op> {
  static TFX_INLINE constexpr auto apply(auto x) { return cos(x); }
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
namespace detail {
/// x where a function is neither constant nor the identity to the last bit, else the nearest such x: there its derivatives
/// have no infinity to multiply by 0.
template <int Most> constexpr auto confined(auto x) { return minimum(maximum(x, -Most), Most); }
/// exp(-x^2)
constexpr auto bell(auto x) {
  const auto near = confined<40>(x);
  return apply_map<exp_op>(-(near * near));
}
}  // namespace detail

/// Gauss's error function, erf(x) = 2 / sqrt(pi) * integral of exp(-t^2) from 0 to x.
struct erf_op : elementwise<erf_op> {
  static constexpr auto apply(auto x) { return erf(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * (1.1283791670955126 * detail::bell(x)); }
};
/// 1 - erf(x).
///
/// Numerics   at most 6 ULP, also where it is small
struct erfc_op : elementwise<erfc_op> {
  static TFX_INLINE constexpr auto apply(auto x) { return erfc(x); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * (-1.1283791670955126 * detail::bell(x)); }
};
struct sign_of_unsigned_op : elementwise<sign_of_unsigned_op> {
  static constexpr auto apply(auto x) { return select(x == decltype(x)(0), x, decltype(x)(1)); }
};
struct sign_op : elementwise<sign_op> {
  static constexpr bool integers = true;
  using of_unsigned = sign_of_unsigned_op;
  static constexpr auto apply(auto x) { return sign(x); }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
struct abs_op : elementwise<abs_op> {
  static constexpr bool integers = true, grows = true;
  using of_unsigned = stop_gradient_op;   // itself
  static constexpr bool of_complex = true;
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
/// Gradient   dx = dz * y * x^(y - 1), and 0 where y = 0;  dy = dz * z * log(x), and 0 where x = 0 <= y; NaN for x < 0
struct pow_op : elementwise<pow_op> {
  static constexpr auto apply(auto x, auto y) { return pow(x, y); }
  static constexpr handle simplify(handle x, handle y) { return detail::is_constant(y, 1) ? detail::unless_smaller(x, y) : handle{}; }
  static constexpr auto derivative(auto x, auto y, auto z, auto dz) {
    if (detail::is_constant(y, 0)) return parts(handle{}, handle{});
    if (detail::is_constant(y)) return parts(dz * (y * detail::apply_map<pow_op>(x, y - 1)), handle{});
    // Where a factor of 0 would meet an infinite power the exponent stays 0, in the derivatives of the derivative too.
    const auto ends = where(x == 0, y == 0, 0), limit = where(x == 0, y >= 0, 0);
    const auto slope = y * detail::apply_map<pow_op>(x, where(ends, 0, y - 1));
    return parts(dz * slope, dz * (z * detail::apply_map<log_op>(where(limit, 1, x))));
  }
};
/// x log(y), and 0 where x = 0, also beside log(0).
///
/// Gradient   dx = dz * log(y), dy = dz * x / y; both 0 where x = y = 0
struct xlogy_op : elementwise<xlogy_op> {
  static constexpr auto apply(auto x, auto y) {
    using L = decltype(x);
    return select(x == L(0) && y == y, L(0), x * log(y));
  }
  static constexpr auto derivative(auto x, auto y, auto, auto dz) {
    const auto safe = where(where(x == 0, y == 0, 0), 1, y);
    return parts(dz * detail::apply_map<log_op>(safe), dz * (x / safe));
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
inline constexpr auto xlogy = make_operation<xlogy_op>;
inline constexpr auto sign = make_operation<sign_op>;
inline constexpr auto reciprocal = make_operation<reciprocal_op>;

}  // namespace tfx
