// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/calls.hpp>
#include <tfx/ops/element_types.hpp>

namespace tfx {

namespace detail {

// ---- one front for handles, typed handles and numbers; result types are computed, never deduced, so rules may be recursive

template <class X> struct operand_shape {
  using type = shape<>;
};
template <typed_handle X> struct operand_shape<X> {
  using type = typename X::shape_type;
};
template <class X> constexpr operand_type type_of_operand() {
  if constexpr (typed_handle<X>) return {dtype_of<typename X::value_type>, false};
  else if constexpr (std::is_same_v<X, bool>) return {dtype::boolean, true};
  else if constexpr (std::is_integral_v<X>) return {dtype::int32, true};
  else return {dtype_of<typename as_traced<X>::type>, true};
}
/// What the operands of F promote to; of a choice, those that it is made between.
template <class F, class A, class... More> constexpr dtype common_type_of() {
  if constexpr (chooses<F> && sizeof...(More) > 0) return common_type(type_of_operand<More>()...);
  else return common_type(type_of_operand<A>(), type_of_operand<More>()...);
}
template <class... S> struct common_shape;
template <class A> struct common_shape<A> {
  using type = A;
  static constexpr bool fits = true;
};
template <class A, class B> struct common_shape<A, B> {
  using type = broadcast_shape<A, B>;
  static constexpr bool fits = broadcasts(A::value, B::value);
};
template <class A, class B, class C, class... More> struct common_shape<A, B, C, More...> {
  using tail = common_shape<B, C, More...>;
  using type = broadcast_shape<typename tail::type, A>;
  static constexpr bool fits = tail::fits && broadcasts(tail::type::value, A::value);
};
template <class... X> inline constexpr bool any_untyped = (std::is_same_v<X, handle> || ...);
template <bool Untyped, class F, class... X> struct map_result_of {
  using type = handle;
};
template <class F, class... X> struct map_result_of<false, F, X...> {
  using type = var<typename common_shape<typename operand_shape<X>::type...>::type, cpp_type<result_type<F>(common_type_of<F, X...>())>>;
};
template <class F, class... X> using map_result = typename map_result_of<any_untyped<X...>, F, X...>::type;

template <class X, class... More> constexpr builder& builder_of(X x, More... more) {
  if constexpr (traced<X>) return graph_of(x);
  else return builder_of(more...);
}
template <class X> constexpr handle as_handle(builder& g, X x) {
  if constexpr (number<X>) return g.constant(double(x));
  else return untyped(x);
}
/// The end of a sentence about shapes that do not go together because of the batch.
constexpr std::string_view batch_alone(const dims& a, const dims& b) {
  return keeps_batch(a, b) && keeps_batch(b, a) ? "" : "; the batch stays the leading axis, and meets the batch or one row";
}
template <class F> constexpr void complain_broadcast(builder& g, const dims& a, const dims& b) {
  g.complain(label_of<F>, at_path{}, ": ", a, " and ", b, " cannot be broadcast together", batch_alone(a, b));
}
template <class F> constexpr void complain_broadcast(builder& g, const dims& a, const dims& b, const dims& c) {
  const std::string_view alone[] = {batch_alone(a, b), batch_alone(b, c), batch_alone(a, c)};
  g.complain(label_of<F>, at_path{}, ": ", a, ", ", b, " and ", c, " cannot be broadcast together",
             !alone[0].empty() ? alone[0] : !alone[1].empty() ? alone[1] : alone[2]);
}
/// Of a call that no node can stand for.
template <class F> constexpr void complain_inputs(builder& g, int count) {
  if constexpr (map_op<F>) g.complain(label_of<F>, at_path{}, " takes ", F::arity, F::arity == 1 ? " input, got " : " inputs, got ", count);
  else g.complain(label_of<F>, at_path{}, what_is_missing<F>());
}
template <class F, class... X> constexpr map_result<F, X...> apply_to_parts(X... x);   // ops/complex.hpp
template <class F, class... X> constexpr map_result<F, X...> apply_map(X... x) {
  builder& g = builder_of(x...);
  constexpr bool takes = map_op<F> && F::arity == int(sizeof...(X));
  if constexpr (any_untyped<X...>) {
    if constexpr (takes) return map_node<F>(as_handle(g, x)...);
    else complain_inputs<F>(g, int(sizeof...(X)));
    return g.constant(0);
  } else if constexpr (!takes) {
    using R = map_result<F, X...>;
    complain_inputs<F>(g, int(sizeof...(X)));
    return R{g.stand_in(R::dim, dtype_of<typename R::value_type>)};
  } else {
    using R = map_result<F, X...>;
    if constexpr (sizeof...(X) > 1 && !common_shape<typename operand_shape<X>::type...>::fits) {
      complain_broadcast<F>(g, operand_shape<X>::type::value...);
      return R{g.stand_in(R::dim, dtype_of<typename R::value_type>)};
    } else {
      constexpr dtype common = common_type_of<F, X...>();
      if constexpr (common == dtype::complex_type) return apply_to_parts<F>(x...);
      else if constexpr (chooses<F>) return R{record_choice<F>(common, as_handle(g, x)...)};
      else return R{record_map<F>(common, as_handle(g, x)...)};
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
  template <class... X> requires some_traced<X...> constexpr detail::map_result<F, X...> operator()(X... x) const { return detail::apply_map<F>(x...); }
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
