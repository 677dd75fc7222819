// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/bundle.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/core/mistake.hpp>
#include <tfx/core/tensor.hpp>
#include <tfx/ops/operation.hpp>

namespace tfx {

/// Base of lazy expressions: what `a + b` is until it is assigned.
///
/// An expression owns its temporary operands and refers to the named ones, so `auto e = a + b;` may be kept as long as
/// a and b live; it sees their values at the time when it is evaluated. The parameters of a function are named operands
/// too: one that takes tensors by value and returns a lazy expression of them returns `.eval()`, or is called through
/// `compiled(f)`. Every mention of a tensor is an operand of its own.
///
/// Each kind of expression has
///
///     shape_type, traced_type     extents, and element type as a program sees it: real, or an integer or bool
///     compute                     float, double, or void if no operand decides
///     inputs                      leaves
///     wide, has_real              has it integers of 64 bits; numbers that are no integers?
///     flat                        all operands have one shape or are numbers: evaluated by one loop, without a graph
///     trace(builder)              records it; the leaves become inputs from left to right
///     bind(to)                    gives the leaves' addresses to `to`, in the same order
///     at<V>(i)                    elements i, i + 1, ... as a lane, if flat
struct expression_base : value_base {};

namespace detail {

template <class X> inline constexpr bool is_expression = std::is_base_of_v<expression_base, X>;

template <class T> inline constexpr bool is_float = std::is_floating_point_v<T>;
template <class T> inline constexpr bool is_wide = is_whole(dtype_of<T>) && size_of(dtype_of<T>) == 8;
template <class T> using traced_as = typename as_traced<T>::type;
template <class T> struct decided_by {
  using type = std::conditional_t<is_float<T>, T, std::conditional_t<is_narrow_float(dtype_of<T>), float, void>>;
};
template <class T> using decides = typename decided_by<T>::type;
template <class Traced, class Compute> using value_of_result = typename given_as<std::conditional_t<std::is_void_v<Compute>, float, Compute>, Traced>::type;

template <class A, class B> struct common_compute {
  static_assert(
      std::is_void_v<A>,
      "tfx: float and double tensors in one expression; cast<float>(x) or cast<double>(x) converts one of them");
  using type = B;
};
template <class A> struct common_compute<A, A> { using type = A; };
template <class A>
requires(!std::is_void_v<A>) struct common_compute<A, void> {
  using type = A;
};

// ---- leaves

/// Elements of type T in memory.
template <class T, class S> struct memory_leaf : expression_base {
  using shape_type = S;
  using traced_type = traced_as<T>;
  using compute = decides<T>;
  using value_type = T;
  static constexpr int inputs = 1;
  static constexpr bool flat = is_float<T>, wide = is_wide<T>, has_real = !is_whole(dtype_of<T>);
  static constexpr handle trace(builder& b) { return b.add_input(S::value, dtype_of<traced_type>, "x"); }
};

/// A tensor or view that has a name.
template <class T, class S> struct named_leaf : memory_leaf<T, S> {
  const T* from;

  constexpr explicit named_leaf(const T* data) : from(data) {}
  template <class To> constexpr void bind(To& to) const { to.memory(from, S::value.size()); }
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int i) const { return lanes::lane<V>::load(from + i); }
};

/// A temporary tensor, moved in.
template <class T, class S> struct owned_leaf : memory_leaf<T, S> {
  tensor<T, S> kept;

  constexpr explicit owned_leaf(tensor<T, S>&& t) : kept(static_cast<tensor<T, S>&&>(t)) {}
  template <class To> constexpr void bind(To& to) const { to.memory(kept.data(), S::value.size()); }
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int i) const { return lanes::lane<V>::load(kept.data() + i); }
};

/// The statement combines integers with a number that their type does not have.
[[noreturn]] inline void fail_number(long long number, dtype type) {
  message m;
  m.put(number);
  m.put(" is no ");
  m.put(name_of(type));
  m.put("; cast the other operand to a type that has it");
  m.put('\0');
  fail(m.text);
}

/// A number. Its value is no part of the type, so it is an input of the statement.
template <class Traced> struct number_leaf : expression_base {
  using shape_type = shape<>;
  using traced_type = Traced;
  using compute = void;
  static constexpr int inputs = 1;
  static constexpr bool flat = true, wide = is_wide<Traced>, has_real = !is_whole(dtype_of<Traced>);
  using number_type = std::conditional_t<has_real, double, std::conditional_t<is_unsigned(dtype_of<Traced>), std::uint64_t, std::int64_t>>;
  number_type value;

  template <class Number> constexpr explicit number_leaf(Number v) : value(number_type(v)) {
    if constexpr (!has_real)
      if (Number(Traced(v)) != v || (v < 0) != (Traced(v) < 0)) fail_number(static_cast<long long>(v), dtype_of<Traced>);
  }
  static constexpr handle trace(builder& b) { return b.add_input(dims{}, dtype_of<Traced>, "x"); }
  template <class To> constexpr void bind(To& to) const { to.template number<Traced>(value); }
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int) const { return lanes::lane<V>(value); }
};

// ---- elementwise nodes: plain members and untyped traces, because that is what the compiler is quickest with

template <class A, class B> struct paired_shape {
  using type = broadcast_shape<A, B>;
  static constexpr bool flat = false;
};
template <class A> struct paired_shape<A, A> {
  using type = A;
  static constexpr bool flat = true;
};
template <class A>
requires(A::value.rank > 0) struct paired_shape<A, shape<>> {
  using type = A;
  static constexpr bool flat = true;
};
template <class A>
requires(A::value.rank > 0) struct paired_shape<shape<>, A> {
  using type = A;
  static constexpr bool flat = true;
};

template <class F, class A> struct unary : expression_base {
  using shape_type = typename A::shape_type;
  using traced_type = cpp_type<result_type<F>(dtype_of<typename A::traced_type>)>;
  using compute = typename A::compute;
  using value_type = value_of_result<traced_type, compute>;
  static constexpr int inputs = A::inputs;
  static constexpr bool wide = A::wide, has_real = A::has_real || !is_whole(dtype_of<traced_type>), flat = A::flat && !is_whole(dtype_of<traced_type>);
  [[no_unique_address]] A a;

  constexpr explicit unary(A&& x) : a(static_cast<A&&>(x)) {}
  static constexpr handle trace(builder& b) { return map_node<F>(A::trace(b)); }
  template <class To> constexpr void bind(To& to) const { a.bind(to); }
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int i) const { return F::apply(a.template at<V>(i)); }
  constexpr tensor<value_type, shape_type> eval() const { return *this; }
  constexpr operator value_type() const requires(shape_type::value.rank == 0) { return eval(); }
};

template <class F> constexpr handle map_or_complain(handle x, handle y) {
  if (broadcasts(x.shape(), y.shape())) return map_node<F>(x, y);
  complain_broadcast<F>(*x.graph, x.shape(), y.shape());
  return x;
}

template <class F, class A, class B> struct binary : expression_base {
  using shapes = paired_shape<typename A::shape_type, typename B::shape_type>;
  using shape_type = typename shapes::type;
  using traced_type = cpp_type<result_type<F>(common_type({dtype_of<typename A::traced_type>}, operand_type{dtype_of<typename B::traced_type>}))>;
  using compute = typename common_compute<typename A::compute, typename B::compute>::type;
  using value_type = value_of_result<traced_type, compute>;
  static constexpr int inputs = A::inputs + B::inputs;
  static constexpr bool wide = A::wide || B::wide || is_wide<traced_type>, has_real = A::has_real || B::has_real || !is_whole(dtype_of<traced_type>);
  static constexpr bool flat = shapes::flat && A::flat && B::flat && !is_whole(dtype_of<traced_type>);
  [[no_unique_address]] A a;
  [[no_unique_address]] B b;

  constexpr binary(A&& x, B&& y) : a(static_cast<A&&>(x)), b(static_cast<B&&>(y)) {}
  static constexpr handle trace(builder& g) {
    const handle x = A::trace(g);
    return map_or_complain<F>(x, B::trace(g));
  }
  template <class To> constexpr void bind(To& to) const {
    a.bind(to);
    b.bind(to);
  }
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int i) const {
    return F::apply(a.template at<V>(i), b.template at<V>(i));
  }
  constexpr tensor<value_type, shape_type> eval() const { return *this; }
  constexpr operator value_type() const requires(shape_type::value.rank == 0) { return eval(); }
};

/// A function of typed handles on operands: what it is called with decides the result's type and shape.
template <class Fn, class... Operand> struct call_expression : expression_base {
  using result = decltype(Fn{}(var<typename Operand::shape_type, typename Operand::traced_type>{}...));
  using shape_type = typename result::shape_type;
  using traced_type = typename result::value_type;
  template <class... C> struct fold_compute;
  template <class C> struct fold_compute<C> { using type = C; };
  template <class C, class D, class... Rest> struct fold_compute<C, D, Rest...>
      : fold_compute<typename common_compute<C, D>::type, Rest...> {};
  using compute = typename fold_compute<typename Operand::compute...>::type;
  using value_type = value_of_result<traced_type, compute>;
  static constexpr int inputs = (0 + ... + Operand::inputs);
  static constexpr bool flat = false, wide = (Operand::wide || ... || is_wide<traced_type>), has_real = (Operand::has_real || ... || !is_whole(dtype_of<traced_type>));
  [[no_unique_address]] bundle<Operand...> operands;

  constexpr explicit call_expression(Operand&&... x) : operands(static_cast<Operand&&>(x)...) {}
  static constexpr handle trace(builder& b) {
    const handle in[] = {Operand::trace(b)...};
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return untyped(Fn{}(var<typename Operand::shape_type, typename Operand::traced_type>{in[I]}...));
    }
    (std::index_sequence_for<Operand...>{});
  }
  template <class To> constexpr void bind(To& to) const {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (operands.template get<I>().bind(to), ...); }
    (std::index_sequence_for<Operand...>{});
  }
  constexpr tensor<value_type, shape_type> eval() const { return *this; }
  constexpr operator value_type() const requires(shape_type::value.rank == 0) { return eval(); }
};

// ---- what an operand is kept as

template <class X> struct traced_of { using type = real; };
template <class X>
requires is_expression<X>
struct traced_of<X> {
  using type = typename X::traced_type;
};
template <class T, class S> struct traced_of<tensor<T, S>> { using type = traced_as<T>; };
template <class T, class S> struct traced_of<tensor_view<T, S>> { using type = traced_as<T>; };
template <class T, class S> struct traced_of<const_tensor_view<T, S>> { using type = traced_as<T>; };

/// The type of a number in an expression: a whole one takes that of the integers that it stands beside.
template <class Number, class Beside> using type_of_number =
    std::conditional_t<std::is_integral_v<Number> && is_whole(dtype_of<Beside>), Beside,
                       std::conditional_t<std::is_integral_v<Number> && std::is_same_v<Beside, bool>, std::conditional_t<std::is_same_v<Number, bool>, bool, std::int32_t>, real>>;
/// `X` as it was passed, `Beside` the other operand.
template <class X, class Beside> struct stored_as;
template <class X, class Beside>
requires is_expression<std::remove_cvref_t<X>>
struct stored_as<X, Beside> {
  using type = std::remove_cvref_t<X>;
  static constexpr type make(X&& x) { return type(static_cast<X&&>(x)); }
};
template <class X, class Beside>
requires std::is_arithmetic_v<std::remove_cvref_t<X>>
struct stored_as<X, Beside> {
  using type = number_leaf<type_of_number<std::remove_cvref_t<X>, typename traced_of<std::remove_cvref_t<Beside>>::type>>;
  static constexpr type make(X x) { return type(x); }
};
template <class T, class S, class Beside> struct stored_as<tensor<T, S>, Beside> {
  using type = owned_leaf<T, S>;
  static constexpr type make(tensor<T, S>&& t) { return type(static_cast<tensor<T, S>&&>(t)); }
};
template <class T, class S> struct stored_by_name {
  using type = named_leaf<T, S>;
  template <class X> static constexpr type make(const X& x) { return type(x.data()); }
};
template <class T, class S, class B> struct stored_as<tensor<T, S>&, B> : stored_by_name<T, S> {};
template <class T, class S, class B> struct stored_as<const tensor<T, S>&, B> : stored_by_name<T, S> {};
template <class T, class S, class B> struct stored_as<const tensor<T, S>, B> {
  using type = owned_leaf<T, S>;
  static constexpr type make(const tensor<T, S>& t) { return type(tensor<T, S>(t)); }
};
template <class X, class B>
requires requires { typename std::remove_cvref_t<X>::view_tag; }
struct stored_as<X, B>
    : stored_by_name<typename std::remove_cvref_t<X>::value_type, typename std::remove_cvref_t<X>::shape_type> {};

template <class F, class A> constexpr auto make_unary(A&& a) {
  using X = stored_as<A, A>;
  return unary<F, typename X::type>(X::make(static_cast<A&&>(a)));
}
/// A tensor beside a traced handle: a mistake. The handle goes on as the result, so that nothing follows from it.
template <class A, class B> constexpr auto captured_tensor(const A& a, const B& b) {
  static_assert(!traced<A> && !traced<B>,
                "tfx: a tensor is used in a traced function; pass it as an argument, tensors are not captured");
  if constexpr (traced<A>)
    return a;
  else
    return b;
}
template <class F, class A, class B> constexpr auto make_binary(A&& a, B&& b) {
  if constexpr (traced<A> || traced<B>) {
    return captured_tensor(a, b);
  } else {
    using X = stored_as<A, B>;
    using Y = stored_as<B, A>;
    return binary<F, typename X::type, typename Y::type>(X::make(static_cast<A&&>(a)), Y::make(static_cast<B&&>(b)));
  }
}
/// The first tensor or expression among the operands.
template <class... X> struct first_value;
template <class X, class... Rest> struct first_value<X, Rest...> {
  using type =
      typename std::conditional_t<is_value<std::remove_cvref_t<X>>, std::type_identity<X>, first_value<Rest...>>::type;
};
template <class X> struct first_value<X> { using type = X; };
/// Calls `Fn` on typed handles in the place of the operands.
template <class Fn, class... X> constexpr auto make_call(X&&... x) {
  using Beside = typename first_value<X...>::type;
  return call_expression<Fn, typename stored_as<X, Beside>::type...>(
      stored_as<X, Beside>::make(static_cast<X&&>(x))...);
}

template <class F> inline constexpr bool is_elementwise_callable = false;
template <class F> inline constexpr bool is_elementwise_callable<operation<F>> = true;

}  // namespace detail

template <class F, class... X> constexpr auto make_expression(X&&... x) {
  if constexpr (detail::is_elementwise_callable<F> && sizeof...(X) == 1)
    return detail::make_unary<typename F::functor>(static_cast<X&&>(x)...);
  else if constexpr (detail::is_elementwise_callable<F> && sizeof...(X) == 2)
    return detail::make_binary<typename F::functor>(static_cast<X&&>(x)...);
  else
    return detail::make_call<F>(static_cast<X&&>(x)...);
}

}  // namespace tfx
