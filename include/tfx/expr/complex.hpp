// SPDX-License-Identifier: Apache-2.0
// hosted: std::complex
#pragma once

#include <tfx/expr/values.hpp>
#include <tfx/ops/complex.hpp>

// Tensors of complex64 and complex128 in statements, functions of them, and what these give.
namespace tfx {

namespace detail {

template <class T> struct decided_by<std::complex<T>> { using type = T; };

/// A complex number.
template <class T> struct complex_leaf : expression_base {
  using shape_type = shape<>;
  using traced_type = complex_number;
  using compute = void;
  static constexpr int inputs = 1;
  static constexpr bool flat = false, wide = false, has_real = true;
  std::complex<T> value;

  constexpr explicit complex_leaf(std::complex<T> v) : value(v) {}
  static constexpr handle trace(builder& b) { return b.add_input(dims{}, dtype::complex_type, "x"); }
  template <class To> constexpr void bind(To& to) const { to.template number<complex_number>(value); }
};
template <class X, class Beside> requires(is_complex<std::remove_cvref_t<X>> && is_number<std::remove_cvref_t<X>>) struct stored_as<X, Beside> {
  using type = complex_leaf<typename std::remove_cvref_t<X>::value_type>;
  static constexpr type make(X x) { return type(x); }
};

/// F on operands of which one is complex.
template <class F> struct elementwise_call { template <class... X> constexpr map_result<F, X...> operator()(X... x) const { return apply_map<F>(x...); } };
template <class F, class A> requires is_complex<typename A::traced_type> struct unary<F, A> : call_expression<elementwise_call<F>, A> {
  using call_expression<elementwise_call<F>, A>::call_expression;
};
template <class F, class A, class B> requires(is_complex<typename A::traced_type> || is_complex<typename B::traced_type>)
struct binary<F, A, B> : call_expression<elementwise_call<F>, A, B> { using call_expression<elementwise_call<F>, A, B>::call_expression; };

namespace calls {
struct make_complex { constexpr auto operator()(auto re, auto im) const { return tfx::make_complex(re, im); } };
struct real_part { constexpr auto operator()(auto z) const { return tfx::real_part(z); } };
struct imag_part { constexpr auto operator()(auto z) const { return tfx::imag_part(z); } };
struct conj { constexpr auto operator()(auto z) const { return tfx::conj(z); } };
struct angle { constexpr auto operator()(auto z) const { return tfx::angle(z); } };
template <int... Axis> struct complex_sum { constexpr auto operator()(auto z) const { return tfx::sum<Axis...>(z, unknown_line); } };
template <int... Axis> struct complex_mean { constexpr auto operator()(auto z) const { return tfx::mean<Axis...>(z, unknown_line); } };
template <int... Extent> struct complex_reshape { constexpr auto operator()(auto z) const { return tfx::reshape<Extent...>(z, unknown_line); } };
struct complex_transpose { constexpr auto operator()(auto z) const { return tfx::transpose(z, unknown_line); } };
struct complex_matmul { constexpr auto operator()(auto a, auto b) const { return tfx::matmul(a, b, unknown_line); } };
}  // namespace calls

}  // namespace detail

template <class A, class B> requires some_value<A, B> constexpr auto make_complex(A&& re, B&& im) {
  return detail::make_call<detail::calls::make_complex>(static_cast<A&&>(re), static_cast<B&&>(im));
}
template <value_like X> constexpr auto real_part(X&& z) { return detail::make_call<detail::calls::real_part>(static_cast<X&&>(z)); }
template <value_like X> constexpr auto imag_part(X&& z) { return detail::make_call<detail::calls::imag_part>(static_cast<X&&>(z)); }
template <value_like X> constexpr auto conj(X&& z) { return detail::make_call<detail::calls::conj>(static_cast<X&&>(z)); }
template <value_like X> constexpr auto angle(X&& z) { return detail::make_call<detail::calls::angle>(static_cast<X&&>(z)); }

/// A tensor, view or expression of complex numbers.
template <class X> concept complex_value = value_like<X> && is_complex<typename detail::traced_of<std::remove_cvref_t<X>>::type>;

template <int... Axis, complex_value X> constexpr auto sum(X&& z) { return detail::make_call<detail::calls::complex_sum<Axis...>>(static_cast<X&&>(z)); }
template <int... Axis, complex_value X> constexpr auto mean(X&& z) { return detail::make_call<detail::calls::complex_mean<Axis...>>(static_cast<X&&>(z)); }
template <int... Extent, complex_value X> constexpr auto reshape(X&& z) { return detail::make_call<detail::calls::complex_reshape<Extent...>>(static_cast<X&&>(z)); }
template <complex_value X> constexpr auto transpose(X&& z) { return detail::make_call<detail::calls::complex_transpose>(static_cast<X&&>(z)); }
template <class A, class B> requires(some_value<A, B> && complex_value<A> && complex_value<B>) constexpr auto matmul(A&& a, B&& b) {
  return detail::make_call<detail::calls::complex_matmul>(static_cast<A&&>(a), static_cast<B&&>(b));
}

}  // namespace tfx
