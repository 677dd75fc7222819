// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/expr/evaluate.hpp>

// Running a traced function on values: numbers, tensors, views, expressions.
namespace tfx::detail {

/// What an argument is to a traced function.
template <class X> struct argument {
  using shape_type = shape<>;
  using traced_type = std::conditional_t<is_complex<X>, complex_number, real>;
  using compute = std::conditional_t<is_complex<X>, decides<X>, void>;  // a number: what is beside it decides
};
template <class X>
requires is_value<X>
struct argument<X> {
  using shape_type = typename X::shape_type;
  using traced_type = traced_as<typename X::value_type>;
  using compute = decides<typename X::value_type>;
};
template <class X> using argument_handle = var<typename argument<X>::shape_type, typename argument<X>::traced_type>;

template <class... C> struct all_compute { using type = void; };
template <class C, class... Rest> struct all_compute<C, Rest...>
    : common_compute<typename all_compute<Rest...>::type, C> {};
template <class C, class D> using first_decided = std::conditional_t<std::is_void_v<C>, D, C>;
/// The type that a call computes in: the tensors' own; among plain numbers float if all floating-point ones are float,
/// else double.
template <class... X> using call_type =
    first_decided<typename all_compute<typename argument<X>::compute...>::type,
                  std::conditional_t<(... && (std::is_same_v<X, float> || std::is_integral_v<X>)) &&
                                         (... || std::is_same_v<X, float>),
                                     float, double>>;

/// What comes back for a handle: a number for rank 0, else a tensor.
template <class T, class V> struct returned;
template <class T, class S, class Traced> struct returned<T, var<S, Traced>> {
  using element = typename given_as<T, Traced>::type;
  using type = std::conditional_t<S::value.rank == 0, element, tensor<element, S>>;
  tensor<T, S> memory{};   // words, or what lies narrower in them
  constexpr type get() {
    if constexpr (S::value.rank == 0) {
      return element(element_in<Traced>(memory.data(), 0));
    } else if constexpr (std::is_same_v<element, T>) {
      return static_cast<tensor<T, S>&&>(memory);
    } else {
      tensor<element, S> to(uninitialized_t{});
      for (int i = 0; i < to.size(); ++i) to.data()[i] = element(element_in<Traced>(memory.data(), i));
      return to;
    }
  }
};
template <class T, class S> struct returned<T, var<S, complex_number>> {
  struct in_parts {
    static constexpr dims value = held_shape(S::value, dtype::complex_type);
  };
  using element = typename given_as<T, complex_number>::type;
  using type = std::conditional_t<S::value.rank == 0, element, tensor<element, S>>;
  tensor<T, to_shape<in_parts>> memory{};
  constexpr type get() {
    if constexpr (S::value.rank == 0) {
      return element_in<complex_number>(memory.data(), 0);
    } else {
      tensor<element, S> to(uninitialized_t{});
      for (int i = 0; i < to.size(); ++i) to.data()[i] = element_in<complex_number>(memory.data(), i);
      return to;
    }
  }
};

template <class S, class Traced> constexpr bundle<var<S, Traced>> as_bundle(var<S, Traced> v) { return {v}; }
template <class... V> constexpr bundle<V...> as_bundle(bundle<V...> v) { return v; }

template <class... Y, std::size_t... K>
constexpr void add_outputs(builder& b, const bundle<Y...>& y, std::index_sequence<K...>) {
  if (b.right()) (b.add_output(as_type(spread(untyped(y.template get<K>()), held_shape(Y::dim, dtype_of<typename Y::value_type>)), dtype_of<typename Y::value_type>)), ...);
}
/// Records a function on arguments `V...`: its inputs, then its outputs.
template <class... V> struct recorded_call {
  template <class F> static constexpr void record(builder& b, const F& f) {
    const handle in[] = {b.add_input(V::dim, dtype_of<typename V::value_type>, "x")...};
    record(b, f, in, std::index_sequence_for<V...>{});
  }

 private:
  template <class F, std::size_t... I>
  static constexpr void record(builder& b, const F& f, const handle* in, std::index_sequence<I...>) {
    record_outputs(b, as_bundle(f.traced(V{in[I]}...)));
  }
  template <class... Y> static constexpr void record_outputs(builder& b, const bundle<Y...>& y) {
    add_outputs(b, y, std::index_sequence_for<Y...>{});
  }
};

/// A function without state as a step: the graph follows from the types, so it is a constant.
template <class F, class... V> struct call_step {
  constexpr void operator()(builder& b) const { recorded_call<V...>::record(b, F{}); }
};

/// A mistake in a function that is traced at run time. Not constexpr: in constant evaluation the call itself is the
/// error.
[[noreturn]] inline void stop_with_mistake(const char* text, int size) {
#if __STDC_HOSTED__
  __builtin_printf("tfx: %.*s\n", size, text);
#else
  static_cast<void>(text);
  static_cast<void>(size);
#endif
  __builtin_trap();
}

/// Runs F, whose results are `Y...`, on arguments `V...` in element type T.
template <class T, class F, class Arguments, class Results> struct call_runner;
template <class T, class F, class... V, class... Y> struct call_runner<T, F, bundle<V...>, bundle<Y...>> {
  using step = call_step<F, V...>;
  using operands = operand_list<T, int(sizeof...(V))>;
  using results = bundle<returned<T, Y>...>;

  template <class... X> static TFX_INLINE constexpr auto run(const F& f, const X&... x) {
    operands in(nullptr, 0, nullptr, true);
    results out;
    (bind(in, x), ...);
    bind_results(in, out, std::index_sequence_for<Y...>{});
    if constexpr (!std::is_empty_v<F>) {
      builder b;
      record(b, f);
      interpret<T>(b, in.base);
    } else {
      static_cast<void>(tell<verdict<step>::right, verdict<step>>{});
      if constexpr (verdict<step>::right) run_step<step>(in.base);
    }
    return give(out, std::index_sequence_for<Y...>{});
  }

 private:
  static constexpr void record(builder& b, const F& f) {
    scope top(b);
    recorded_call<V...>::record(b, f);
    if (!b.right()) stop_with_mistake(b.wrong.text, b.wrong.size);
    b.finish();
  }
  template <class X> static constexpr void bind(operands& in, const X& x) {
    if constexpr (is_number<X>)
      in.template number<typename argument<X>::traced_type>(x);
    else
      in.memory(x.data(), x.size());
  }
  template <std::size_t... K>
  static constexpr void bind_results(operands& in, results& out, std::index_sequence<K...>) {
    ((in.base[first_io_space + in.count + int(K)] = out.template get<K>().memory.data()), ...);
  }
  template <std::size_t... K> static constexpr auto give(results& out, std::index_sequence<K...>) {
    if constexpr (sizeof...(Y) == 1)
      return out.template get<0>().get();
    else
      return bundle<typename returned<T, Y>::type...>(out.template get<K>().get()...);
  }
};

/// Evaluates `f.traced(handles...)` on values. Without state it is compiled; with captures it is recorded and
/// interpreted.
template <class F, class... X> TFX_INLINE constexpr auto call_on_values(const F& f, const X&... x) {
  using out = decltype(as_bundle(f.traced(argument_handle<X>{}...)));
  return call_runner<call_type<X...>, F, bundle<argument_handle<X>...>, out>::run(f, in_memory(x)...);
}

template <class X> inline constexpr bool is_argument = is_value<X> || is_number<X>;

/// Base of what can be called on values and in traced code alike. `Self` has `traced(var...)`.
template <class Self> struct traced_callable {
  template <class... X>
  requires(is_argument<X>&&...) constexpr auto operator()(const X&... x) const {
    return call_on_values(static_cast<const Self&>(*this), x...);
  }
  /// In traced code every argument gets a node of its own: a derivative with respect to it is not one with respect to
  /// what it was copied from.
  template <class... X>
  requires some_traced<X...>
  constexpr auto operator()(X... x) const {
    builder& b = builder_of(x...);
    return static_cast<const Self&>(*this).traced(own(b, x)...);
  }

 private:
  template <class X> static constexpr auto own(builder& b, X x) {
    if constexpr (number<X>) {
      return var<shape<>>{pin(b.constant(double(x)), dims{})};
    } else {
      const handle h = untyped(x);
      return X{pin(h, h.shape())};
    }
  }
};

}  // namespace tfx::detail
