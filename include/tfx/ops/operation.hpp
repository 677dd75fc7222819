// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <tfx/autodiff/gradient_scope.hpp>
#include <tfx/backend/lanes/lane.hpp>
#include <tfx/expr/var.hpp>
#include <tfx/graph/control.hpp>
#include <tfx/graph/matrix_view.hpp>

namespace tfx {

/// Several derivatives, one per input; an empty handle is no contribution.
template <int Count> struct parts_of {
  handle part[Count];
};
template <class... H> constexpr parts_of<int(sizeof...(H))> parts(H... h) { return {{untyped(h)...}}; }

namespace detail {

template <class F> constexpr int count_inputs() {
  using l = lanes::lane<double>;
  if constexpr (requires(l x) { F::apply(x); }) return 1;
  else if constexpr (requires(l x) { F::apply(x, x); }) return 2;
  else return 3;
}
template <class F> constexpr bool has_derivative() {
  if constexpr (F::arity == 1) return requires(handle h) { F::derivative(h, h, h); };
  else if constexpr (F::arity == 2) return requires(handle h) { F::derivative(h, h, h, h); };
  else return requires(handle h) { F::derivative(h, h, h, h, h); };
}
template <class F> constexpr void call_derivative(gradient_scope& s) {
  if constexpr (has_derivative<F>()) {
    if constexpr (F::arity == 1) {
      s.add(0, untyped(F::derivative(s.input(0), s.output(), s.dy)));
    } else if constexpr (F::arity == 2) {
      const auto d = F::derivative(s.input(0), s.input(1), s.output(), s.dy);
      for (int k = 0; k < 2; ++k)
        if (!d.part[k].empty()) s.add(k, d.part[k]);
    } else {
      const auto d = F::derivative(s.input(0), s.input(1), s.input(2), s.output(), s.dy);
      for (int k = 0; k < 3; ++k)
        if (!d.part[k].empty()) s.add(k, d.part[k]);
    }
  }
}
template <class F> constexpr dtype result_type(dtype a) {
  if constexpr (requires { F::result; }) return F::result;
  else return a;
}
template <class F> constexpr dtype result_type(dtype a, dtype b) {
  if constexpr (requires { F::result; }) return F::result;
  else return promote(a, b);
}
template <class F> constexpr dtype result_type(dtype, dtype b, dtype c) { return result_type<F>(b, c); }   // where(condition, b, c)

}  // namespace detail

/// Base of one-result-per-element operations. `Self` has `apply` over lanes, and if it can be differentiated `derivative`:
///
///     static constexpr auto apply(auto x);                          // lanes: scalar, SIMD, constexpr
///     static constexpr auto derivative(auto x, auto y, auto dy);    // traced code; y is the result
///
/// With two or three inputs `derivative` returns `parts(da, db, ...)`. Leaving it out and differentiating is a mistake that
/// names the operation. `static constexpr dtype result` fixes the element type; otherwise the inputs' types are promoted.
template <class Self> struct elementwise {
  static constexpr op_kind kind = op_kind::map;
  static constexpr int arity = detail::count_inputs<Self>();
  static constexpr bool differentiable = detail::has_derivative<Self>();
  static constexpr void backward(gradient_scope& s) { detail::call_derivative<Self>(s); }
};

namespace detail {

constexpr handle operand_for(handle a, const dims& shape);   // ops/rearrange.hpp

template <class F> constexpr handle map_node(handle a) {
  return {a.graph, a.graph->emit<F>(a.shape(), result_type<F>(a.type()), 0, a.id)};
}
template <class F> constexpr handle map_node(handle a, handle b) {
  if constexpr (requires { F::simplify(a, b); }) {
    if (const handle simpler = F::simplify(a, b); !simpler.empty()) return simpler;
  }
  const dims s = broadcast(a.shape(), b.shape());
  const dtype t = result_type<F>(a.type(), b.type());
  return {a.graph, a.graph->emit<F>(s, t, 0, operand_for(a, s).id, operand_for(b, s).id)};
}
template <class F> constexpr handle map_node(handle a, handle b, handle c) {
  const dims s = broadcast(broadcast(a.shape(), b.shape()), c.shape());
  const dtype t = result_type<F>(a.type(), b.type(), c.type());
  return {a.graph, a.graph->emit<F>(s, t, 0, operand_for(a, s).id, operand_for(b, s).id, operand_for(c, s).id)};
}

template <class F, class A, class B> constexpr void complain_broadcast(builder& g, const A& a, const B& b) {
  g.complain(name_of<F>(), at_path{}, ": ", a, " and ", b, " cannot be broadcast together");
}

/// One front for handles, typed handles and numbers. Numbers are constants of the other operand's kind.
template <class F, traced A> constexpr auto apply_map(A a) {
  if constexpr (typed_handle<A>)
    return var<typename A::shape_type, cpp_type<result_type<F>(dtype_of<typename A::value_type>)>>{map_node<F>(a.h)};
  else
    return map_node<F>(a);
}
template <class F, class A, class B> constexpr auto apply_map(A a, B b) {
  if constexpr (number<A>) {
    const handle c = graph_of(b).constant(double(a));
    if constexpr (typed_handle<B>) return apply_map<F>(var<shape<>, std::conditional_t<std::is_integral_v<A>, typename B::value_type, real>>{c}, b);
    else return apply_map<F>(c, b);
  } else if constexpr (number<B>) {
    const handle c = graph_of(a).constant(double(b));
    if constexpr (typed_handle<A>) return apply_map<F>(a, var<shape<>, std::conditional_t<std::is_integral_v<B>, typename A::value_type, real>>{c});
    else return apply_map<F>(a, c);
  } else if constexpr (typed_handle<A> && typed_handle<B>) {
    using R = var<broadcast_shape<typename A::shape_type, typename B::shape_type>,
                  cpp_type<result_type<F>(dtype_of<typename A::value_type>, dtype_of<typename B::value_type>)>>;
    if constexpr (broadcasts(A::dim, B::dim)) {
      return R{map_node<F>(a.h, b.h)};
    } else {
      complain_broadcast<F>(graph_of(a), A::dim, B::dim);
      return R{a.h};
    }
  } else {
    return map_node<F>(untyped(a), untyped(b));
  }
}
template <class F, class A, class B, class C> constexpr auto apply_map(A a, B b, C c) {
  builder& g = [&]() -> builder& {
    if constexpr (traced<A>) return graph_of(a);
    else if constexpr (traced<B>) return graph_of(b);
    else return graph_of(c);
  }();
  auto lift = [&](auto x) {
    if constexpr (number<decltype(x)>) return var<shape<>, real>{g.constant(double(x))};
    else return x;
  };
  if constexpr (std::is_same_v<A, handle> || std::is_same_v<B, handle> || std::is_same_v<C, handle>) {
    return map_node<F>(untyped(lift(a)), untyped(lift(b)), untyped(lift(c)));
  } else {
    using X = decltype(lift(a));
    using Y = decltype(lift(b));
    using Z = decltype(lift(c));
    using YZ = broadcast_shape<typename Y::shape_type, typename Z::shape_type>;
    constexpr bool fits = broadcasts(Y::dim, Z::dim) && broadcasts(X::dim, YZ::value);
    using R = var<broadcast_shape<YZ, typename X::shape_type>,
                  cpp_type<result_type<F>(dtype_of<typename X::value_type>, dtype_of<typename Y::value_type>, dtype_of<typename Z::value_type>)>>;
    if constexpr (fits) {
      return R{map_node<F>(untyped(lift(a)), untyped(lift(b)), untyped(lift(c)))};
    } else {
      g.complain(name_of<F>(), at_path{}, ": ", X::dim, ", ", Y::dim, " and ", Z::dim, " cannot be broadcast together");
      return R{lift(b).h};
    }
  }
}

template <class T> using computed_in = std::conditional_t<std::is_same_v<T, float>, float, double>;

}  // namespace detail

/// Something other than a traced handle or a number that operations accept: tensors and expressions of them.
template <class X> concept value_like = requires { typename std::remove_cvref_t<X>::value_tag; };
template <class... X> concept some_value = (value_like<X> || ...) && ((value_like<X> || number<X>) && ...);
template <class... X> concept some_traced = (traced<X> || ...) && ((traced<X> || number<X>) && ...);
template <class F, class... X> constexpr auto make_expression(X&&... x);   // expr/values.hpp

/// The callable of an elementwise operation: on traced handles it records, on numbers it computes with the same code as every
/// lane, on tensors it makes a lazy expression.
template <class F> struct operation {
  using functor = F;
  template <class... X> requires some_traced<X...> constexpr auto operator()(X... x) const { return detail::apply_map<F>(x...); }
  template <number... X> constexpr auto operator()(X... x) const {
    using T = detail::computed_in<decltype((x + ...))>;
    return F::apply(lanes::lane<T>(T(x))...).v;
  }
  template <class... X> requires some_value<X...> constexpr auto operator()(X&&... x) const {
    return make_expression<operation>(static_cast<X&&>(x)...);
  }
};
template <class F> inline constexpr operation<F> make_operation{};

}  // namespace tfx
