// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/expr/evaluate.hpp>
#include <tfx/ops.hpp>

namespace tfx {

// The functions of ops/ on tensors and lazy expressions. Each is the traced function, called when the statement is
// recorded.

namespace detail::calls {

/// A statement's type does not know where the statement stands; the compiler says so beside the message.
inline constexpr source_line unknown_line{0};

template <int... Axis> struct sum { constexpr auto operator()(auto x) const { return tfx::sum<Axis...>(x, unknown_line); } };
template <int... Axis> struct sum_kept { constexpr auto operator()(auto x) const { return tfx::sum<Axis...>(x, keep_dims, unknown_line); } };
template <int... Axis> struct mean { constexpr auto operator()(auto x) const { return tfx::mean<Axis...>(x, unknown_line); } };
template <int... Axis> struct mean_kept { constexpr auto operator()(auto x) const { return tfx::mean<Axis...>(x, keep_dims, unknown_line); } };
template <int... Axis> struct max { constexpr auto operator()(auto x) const { return tfx::max<Axis...>(x, unknown_line); } };
template <int... Axis> struct max_kept { constexpr auto operator()(auto x) const { return tfx::max<Axis...>(x, keep_dims, unknown_line); } };
template <int... Axis> struct min { constexpr auto operator()(auto x) const { return tfx::min<Axis...>(x, unknown_line); } };
template <int... Axis> struct min_kept { constexpr auto operator()(auto x) const { return tfx::min<Axis...>(x, keep_dims, unknown_line); } };
template <int... Axis> struct variance { constexpr auto operator()(auto x) const { return tfx::variance<Axis...>(x, unknown_line); } };
template <int... Axis> struct variance_kept { constexpr auto operator()(auto x) const { return tfx::variance<Axis...>(x, keep_dims, unknown_line); } };
template <int Axis> struct argmax { constexpr auto operator()(auto x) const { return tfx::argmax<Axis>(x, unknown_line); } };
template <int Axis> struct argmin { constexpr auto operator()(auto x) const { return tfx::argmin<Axis>(x, unknown_line); } };
template <int Axis> struct sort { constexpr auto operator()(auto x) const { return tfx::sort<Axis>(x, unknown_line); } };
template <int Axis> struct argsort { constexpr auto operator()(auto x) const { return tfx::argsort<Axis>(x, unknown_line); } };
template <int Axis> struct softmax { constexpr auto operator()(auto x) const { return tfx::softmax<Axis>(x, unknown_line); } };
template <int Axis> struct log_softmax { constexpr auto operator()(auto x) const { return tfx::log_softmax<Axis>(x, unknown_line); } };
template <int Axis> struct log_sum_exp { constexpr auto operator()(auto x) const { return tfx::log_sum_exp<Axis>(x, unknown_line); } };
struct matmul { constexpr auto operator()(auto a, auto b) const { return tfx::matmul(a, b, unknown_line); } };
struct transpose { constexpr auto operator()(auto x) const { return tfx::transpose(x, unknown_line); } };
template <int... Axis> struct permute { constexpr auto operator()(auto x) const { return tfx::permute<Axis...>(x, unknown_line); } };
template <int... Extent> struct reshape { constexpr auto operator()(auto x) const { return tfx::reshape<Extent...>(x, unknown_line); } };
struct flatten { constexpr auto operator()(auto x) const { return tfx::flatten(x); } };
template <int Axis> struct expand_dims { constexpr auto operator()(auto x) const { return tfx::expand_dims<Axis>(x, unknown_line); } };
template <class S> struct broadcast_to { constexpr auto operator()(auto x) const { return tfx::broadcast_to<S>(x, unknown_line); } };
template <int Axis, int Begin, int End> struct slice { constexpr auto operator()(auto x) const { return tfx::slice<Axis, Begin, End>(x, unknown_line); } };
template <int Axis, int Before, int After> struct pad { constexpr auto operator()(auto x) const { return tfx::pad<Axis, Before, After>(x); } };
template <int Axis> struct concatenate { constexpr auto operator()(auto... x) const { return tfx::concatenate<Axis>(x...); } };
struct gather { constexpr auto operator()(auto table, auto index) const { return tfx::gather(table, index, unknown_line); } };
template <int Classes> struct one_hot { constexpr auto operator()(auto index) const { return tfx::one_hot<Classes>(index); } };
template <auto... Option> struct conv2d { constexpr auto operator()(auto x, auto w) const { return tfx::conv2d<Option...>(x, w, unknown_line); } };
template <int Size, auto... Option> struct max_pool2d {
  constexpr auto operator()(auto x) const { return tfx::max_pool2d<Size, Option...>(x, unknown_line); }
};
template <int Size, auto... Option> struct average_pool2d {
  constexpr auto operator()(auto x) const { return tfx::average_pool2d<Size, Option...>(x, unknown_line); }
};
struct leaky_relu { constexpr auto operator()(auto x, auto slope) const { return tfx::where(x > 0, x, slope * x); } };

}  // namespace detail::calls

template <int... Axis, value_like X> constexpr auto sum(X&& x) { return detail::make_call<detail::calls::sum<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto sum(X&& x, keep_dims_t) { return detail::make_call<detail::calls::sum_kept<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto mean(X&& x) { return detail::make_call<detail::calls::mean<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto mean(X&& x, keep_dims_t) {
  return detail::make_call<detail::calls::mean_kept<Axis...>>(static_cast<X&&>(x));
}
template <int... Axis, value_like X> constexpr auto max(X&& x) { return detail::make_call<detail::calls::max<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto max(X&& x, keep_dims_t) { return detail::make_call<detail::calls::max_kept<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto min(X&& x) { return detail::make_call<detail::calls::min<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto min(X&& x, keep_dims_t) { return detail::make_call<detail::calls::min_kept<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto variance(X&& x) { return detail::make_call<detail::calls::variance<Axis...>>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto variance(X&& x, keep_dims_t) {
  return detail::make_call<detail::calls::variance_kept<Axis...>>(static_cast<X&&>(x));
}

template <int Axis = -1, value_like X> constexpr auto argmax(X&& x) { return detail::make_call<detail::calls::argmax<Axis>>(static_cast<X&&>(x)); }
template <int Axis = -1, value_like X> constexpr auto argmin(X&& x) { return detail::make_call<detail::calls::argmin<Axis>>(static_cast<X&&>(x)); }
template <int Axis = -1, value_like X> constexpr auto sort(X&& x) { return detail::make_call<detail::calls::sort<Axis>>(static_cast<X&&>(x)); }
template <int Axis = -1, value_like X> constexpr auto argsort(X&& x) { return detail::make_call<detail::calls::argsort<Axis>>(static_cast<X&&>(x)); }
template <int Axis = -1, value_like X> constexpr auto softmax(X&& x) { return detail::make_call<detail::calls::softmax<Axis>>(static_cast<X&&>(x)); }
template <int Axis = -1, value_like X> constexpr auto log_softmax(X&& x) { return detail::make_call<detail::calls::log_softmax<Axis>>(static_cast<X&&>(x)); }
template <int Axis = -1, value_like X> constexpr auto log_sum_exp(X&& x) { return detail::make_call<detail::calls::log_sum_exp<Axis>>(static_cast<X&&>(x)); }

template <class A, class B>
requires some_value<A, B>
constexpr auto matmul(A&& a, B&& b) { return detail::make_call<detail::calls::matmul>(static_cast<A&&>(a), static_cast<B&&>(b)); }
template <class A, class B>
requires(traced<A>&& value_like<B>) || (value_like<A> && traced<B>)constexpr auto matmul(const A& a, const B& b) { return detail::captured_tensor(a, b); }
template <value_like X> constexpr auto transpose(X&& x) { return detail::make_call<detail::calls::transpose>(static_cast<X&&>(x)); }
template <int... Axis, value_like X> constexpr auto permute(X&& x) { return detail::make_call<detail::calls::permute<Axis...>>(static_cast<X&&>(x)); }
template <int... Extent, value_like X> constexpr auto reshape(X&& x) { return detail::make_call<detail::calls::reshape<Extent...>>(static_cast<X&&>(x)); }
template <value_like X> constexpr auto flatten(X&& x) { return detail::make_call<detail::calls::flatten>(static_cast<X&&>(x)); }
template <int Axis, value_like X> constexpr auto expand_dims(X&& x) { return detail::make_call<detail::calls::expand_dims<Axis>>(static_cast<X&&>(x)); }
template <static_shape S, value_like X> constexpr auto broadcast_to(X&& x) { return detail::make_call<detail::calls::broadcast_to<S>>(static_cast<X&&>(x)); }
template <int Axis, int Begin, int End, value_like X> constexpr auto slice(X&& x) {
  return detail::make_call<detail::calls::slice<Axis, Begin, End>>(static_cast<X&&>(x));
}
template <int Axis, int Before, int After, value_like X> constexpr auto pad(X&& x) {
  return detail::make_call<detail::calls::pad<Axis, Before, After>>(static_cast<X&&>(x));
}
template <int Axis, value_like... X>
requires(sizeof...(X) > 0) constexpr auto concatenate(X&&... x) { return detail::make_call<detail::calls::concatenate<Axis>>(static_cast<X&&>(x)...); }
template <value_like X, value_like I> constexpr auto gather(X&& table, I&& index) {
  return detail::make_call<detail::calls::gather>(static_cast<X&&>(table), static_cast<I&&>(index));
}
template <int Classes, value_like I> constexpr auto one_hot(I&& index) { return detail::make_call<detail::calls::one_hot<Classes>>(static_cast<I&&>(index)); }
template <auto... Option, value_like X, value_like W> constexpr auto conv2d(X&& x, W&& w) {
  return detail::make_call<detail::calls::conv2d<Option...>>(static_cast<X&&>(x), static_cast<W&&>(w));
}
template <int Size, auto... Option, value_like X> constexpr auto max_pool2d(X&& x) {
  return detail::make_call<detail::calls::max_pool2d<Size, Option...>>(static_cast<X&&>(x));
}
template <int Size, auto... Option, value_like X> constexpr auto average_pool2d(X&& x) {
  return detail::make_call<detail::calls::average_pool2d<Size, Option...>>(static_cast<X&&>(x));
}
template <value_like X> constexpr auto leaky_relu(X&& x, double slope = 0.2) {
  return detail::make_call<detail::calls::leaky_relu>(static_cast<X&&>(x), slope);
}

/// 1 where two tensors are equal (differ), element by element. `==` on tensors compares them as wholes.
inline constexpr auto equal = make_operation<equal_op>;
inline constexpr auto not_equal = make_operation<not_equal_op>;

/// The same elements as another type.
///
/// Numerics   floating point to integers: towards zero; beyond the type's range its nearest end, and 0 for NaN (as JAX).
///            Integers to narrower ones keep the low bits. To bool: whether it is not 0
template <class T, value_like X> constexpr auto cast(const X& x) {
  const auto& from = detail::in_memory(x);
  tensor<T, typename X::shape_type> to(uninitialized_t{});
  for (int i = 0; i < to.size(); ++i) to.data()[i] = converted<T>(from.data()[i]);
  return to;
}

}  // namespace tfx
