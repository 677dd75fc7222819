// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/element.hpp>

namespace tfx {

// The operations whose names stand below; they are defined in ops/.
struct add_op;
struct subtract_op;
struct multiply_op;
struct divide_op;
struct negate_op;
struct less_op;
struct less_equal_op;
struct greater_op;
struct greater_equal_op;
struct exp_op;
struct expm1_op;
struct log_op;
struct log1p_op;
struct sqrt_op;
struct rsqrt_op;
struct tanh_op;
struct sin_op;
struct cos_op;
struct tan_op;
struct asin_op;
struct acos_op;
struct atan_op;
struct atan2_op;
struct sinh_op;
struct cosh_op;
struct erf_op;
struct erfc_op;
struct abs_op;
struct ceil_op;
struct floor_op;
struct round_op;
struct pow_op;

struct value_base;

namespace detail {

template <class X> inline constexpr bool is_value = std::is_base_of_v<value_base, X>;
/// What may stand beside a tensor: a tensor, an expression, a number. Traced handles are let through to a better
/// message.
template <class X> inline constexpr bool is_operand = is_value<X> || is_number<X> || requires { typename X::traced_tag; };
template <class X> concept operand = is_operand<std::remove_cvref_t<X>>;

template <class F, class A> constexpr auto make_unary(A&& a);  // expr/values.hpp
template <class F, class A, class B> constexpr auto make_binary(A&& a, B&& b);
template <class A, class B> constexpr bool equal_values(const A& a, const B& b);

}  // namespace detail

/// Base of tensors, views and lazy expressions. Operators and functions are hidden friends: they take part in overload
/// resolution only beside an operand that is derived from here, so they cost nothing elsewhere and never meet the
/// functions of the same names that C and CUDA have.
struct value_base {
  using value_tag = void;

  template <class A, detail::operand B> friend constexpr auto operator+(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<add_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator-(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<subtract_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator*(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<multiply_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator/(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<divide_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator<(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<less_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator<=(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<less_equal_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator>(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<greater_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto operator>=(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<greater_equal_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto pow(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<pow_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }
  template <class A, detail::operand B> friend constexpr auto atan2(A&& a, B&& b) requires detail::operand<A> {
    return detail::make_binary<atan2_op>(static_cast<A&&>(a), static_cast<B&&>(b));
  }

  template <detail::operand A> friend constexpr auto operator-(A&& a) { return detail::make_unary<negate_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto exp(A&& a) { return detail::make_unary<exp_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto expm1(A&& a) { return detail::make_unary<expm1_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto log(A&& a) { return detail::make_unary<log_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto log1p(A&& a) { return detail::make_unary<log1p_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto sqrt(A&& a) { return detail::make_unary<sqrt_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto rsqrt(A&& a) { return detail::make_unary<rsqrt_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto tanh(A&& a) { return detail::make_unary<tanh_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto sin(A&& a) { return detail::make_unary<sin_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto cos(A&& a) { return detail::make_unary<cos_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto tan(A&& a) { return detail::make_unary<tan_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto asin(A&& a) { return detail::make_unary<asin_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto acos(A&& a) { return detail::make_unary<acos_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto atan(A&& a) { return detail::make_unary<atan_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto sinh(A&& a) { return detail::make_unary<sinh_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto cosh(A&& a) { return detail::make_unary<cosh_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto erf(A&& a) { return detail::make_unary<erf_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto erfc(A&& a) { return detail::make_unary<erfc_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto abs(A&& a) { return detail::make_unary<abs_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto ceil(A&& a) { return detail::make_unary<ceil_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto floor(A&& a) { return detail::make_unary<floor_op>(static_cast<A&&>(a)); }
  template <detail::operand A> friend constexpr auto round(A&& a) { return detail::make_unary<round_op>(static_cast<A&&>(a)); }

  /// Are all elements equal? (`equal(a, b)` compares element by element.)
  template <class A, detail::operand B>
  friend constexpr bool operator==(const A& a, const B& b) requires detail::operand<A> { return detail::equal_values(a, b); }
};

}  // namespace tfx
