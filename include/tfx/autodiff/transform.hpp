// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/autodiff/call.hpp>
#include <tfx/expr/functions.hpp>

namespace tfx {

namespace detail {

/// The type of a gradient with respect to X: complex if that is, else real.
template <class X> using gradient_type = var<typename X::shape_type, std::conditional_t<is_complex<typename X::value_type>, typename X::value_type, real>>;
/// Gradients of sum(seed * y) with respect to some handles. With respect to a complex one dy/dre - i dy/dim, as JAX.
template <class... X> constexpr bundle<gradient_type<X>...> sweep(handle y, handle seed, X... x) {
  builder& b = *y.graph;
  list<int> wanted, names;
  const auto want = [&](auto v) {
    if constexpr (is_complex<typename decltype(v)::value_type>) {
      wanted.push_back(v.re.id);
      wanted.push_back(v.im.id);
    } else {
      wanted.push_back(v.h.id);
    }
  };
  (want(x), ...);
  for (int i = 0; i < wanted.size(); ++i) names.push_back(-1);
  const list<int> gradient = gradients(y, seed, wanted, names);
  const auto of = [&](handle h, const dims& shape) {
    const int id = gradient[h.id];
    return spread(id < 0 ? b.constant(0) : handle{&b, id}, shape);
  };
  const auto one = [&](auto v) {
    if constexpr (is_complex<typename decltype(v)::value_type>) return gradient_type<decltype(v)>{of(v.re, v.dim), -of(v.im, v.dim)};
    else return gradient_type<decltype(v)>{of(v.h, v.dim)};
  };
  return {one(x)...};
}

template <class... D> constexpr auto one_or_all(const bundle<D...>& d) {
  if constexpr (sizeof...(D) == 1)
    return d.template get<0>();
  else
    return d;
}

template <class Y> constexpr void check_one_number(std::string_view called, Y y) {
  if constexpr (is_complex<typename Y::value_type>)
    y.re.graph->complain(called, ": the function gives a complex number; take its real_part, imag_part or abs");
  else if constexpr (Y::dim.size() != 1)
    y.h.graph->complain(called, ": the function gives ", Y::dim,
                        ", not one number; sum or mean it, or ask for its jacobian");
}
/// y, or of a complex one, which is a mistake, something to go on with.
template <class Y> constexpr handle only_part(Y y) {
  if constexpr (is_complex<typename Y::value_type>) return y.re;
  else return y.h;
}
template <class X> constexpr void check_real(std::string_view called, X x) {
  if constexpr (!is_floating(dtype_of<typename X::value_type>) && !is_complex<typename X::value_type>)
    x.h.graph->complain(called, ": an argument of integers has no gradient; name the others, as in grad<0>(f)");
}

template <bool WithValue, class F, int... I> struct gradient_of : traced_callable<gradient_of<WithValue, F, I...>> {
  [[no_unique_address]] F f;
  constexpr gradient_of() = default;
  constexpr explicit gradient_of(const F& function) : f(function) {}

  template <class... X> constexpr auto traced(X... x) const {
    static_assert(((I >= 0 && I < int(sizeof...(X))) && ...), "tfx::grad: the function has no argument of that number");
    const auto y = f(x...);
    const bundle<X...> in(x...);
    check_one_number("grad", y);
    (check_real("grad", in.template get<I>()), ...);
    const handle value = only_part(y);
    const auto gradient = sweep(value, value.graph->constant(1), in.template get<I>()...);
    if constexpr (WithValue)
      return with_value(y, gradient, std::make_index_sequence<sizeof...(I)>{});
    else
      return one_or_all(gradient);
  }

 private:
  template <class Y, class... D, std::size_t... K>
  static constexpr auto with_value(Y y, const bundle<D...>& gradient, std::index_sequence<K...>) {
    return bundle<Y, D...>(y, gradient.template get<K>()...);
  }
};

template <class F> struct vjp_of : traced_callable<vjp_of<F>> {
  [[no_unique_address]] F f;
  constexpr vjp_of() = default;
  constexpr explicit vjp_of(const F& function) : f(function) {}

  template <class... X> constexpr auto traced(X... x) const {
    return pull(bundle<X...>(x...), std::make_index_sequence<sizeof...(X) - 1>{});
  }

 private:
  template <class... X, std::size_t... I> constexpr auto pull(const bundle<X...>& in, std::index_sequence<I...>) const {
    const auto y = f(in.template get<I>()...);
    const auto dy = in.template get<sizeof...(I)>();
    if (!same_extents(y.dim, dy.dim))
      y.h.graph->complain("vjp: the function gives ", y.dim, ", the cotangent is ", dy.dim);
    return one_or_all(sweep(y.h, dy.h, in.template get<I>()...));
  }
};

template <class F> struct jvp_of : traced_callable<jvp_of<F>> {
  [[no_unique_address]] F f;
  constexpr jvp_of() = default;
  constexpr explicit jvp_of(const F& function) : f(function) {}

  template <class... X> constexpr auto traced(X... x) const {
    static_assert(sizeof...(X) % 2 == 0, "tfx::jvp: one direction per argument, jvp(f)(x, dx) or jvp(f)(x, z, dx, dz)");
    return push(bundle<X...>(x...), std::make_index_sequence<sizeof...(X) / 2>{});
  }

 private:
  /// The transpose of the transpose: u -> J^T u is linear, and its own J^T is J. The probe u is never computed, so what
  /// reads nothing else is dead; no operation needs a forward rule.
  template <class... X, std::size_t... I> constexpr auto push(const bundle<X...>& in, std::index_sequence<I...>) const {
    constexpr std::size_t n = sizeof...(I);
    const auto y = f(in.template get<I>()...);
    builder& b = *y.h.graph;
    if (!(same_extents(in.template get<I>().dim, in.template get<n + I>().dim) && ...))
      b.complain("jvp: a direction has another shape than its argument");
    const decltype(y) probe{pin(b.constant(0), y.dim)};
    const auto back = sweep(y.h, probe.h, in.template get<I>()...);
    handle total = b.constant(0);  // of <J^T u, dx> over the arguments
    ((total = total + inner_product(back.template get<I>().h, in.template get<n + I>().h)), ...);
    return sweep(total, b.constant(1), probe).template get<0>();
  }
  static constexpr handle inner_product(handle a, handle b) {
    return reshape(sum_axes(a * b, all_axes(a.shape())), dims{});
  }
};

template <class F> struct hvp_of : traced_callable<hvp_of<F>> {
  [[no_unique_address]] F f;
  constexpr hvp_of() = default;
  constexpr explicit hvp_of(const F& function) : f(function) {}

  template <class X, class V> constexpr auto traced(X x, V v) const {
    const auto y = f(x);
    check_one_number("hvp", y);
    if (!same_extents(X::dim, V::dim)) y.h.graph->complain("hvp: the argument is ", X::dim, ", the direction ", V::dim);
    const auto g = sweep(y.h, y.h.graph->constant(1), x).template get<0>();
    return sweep(g.h, v.h, x).template get<0>();
  }
};

template <class Y, class X> struct jacobian_shape {
  static constexpr dims value = [] {
    dims d = Y::value;
    for (int i = 0; i < X::value.rank; ++i) d.extent[d.rank++] = X::value.extent[i];
    return d;
  }();
};

template <class F> struct jacobian_of : traced_callable<jacobian_of<F>> {
  [[no_unique_address]] F f;
  constexpr jacobian_of() = default;
  constexpr explicit jacobian_of(const F& function) : f(function) {}
  using traced_callable<jacobian_of>::operator();

  /// Row by row: sum over m of (column m of the identity) * (row m of J).
  template <class X> constexpr auto traced(X x) const {
    const auto y = f(x);
    using Y = decltype(y);
    using R = jacobian_shape<typename Y::shape_type, typename X::shape_type>;
    builder& b = *y.h.graph;
    constexpr int rows = Y::dim.size(), columns = X::dim.size();
    const handle place = column_index(b, dims{1, {rows}, false});
    handle total{};
    for (int m = 0; m < rows; ++m) {
      const handle unit = pin(as_type(map_node<equal_op>(place, b.constant(m)), dtype::real_type), dims{1, {rows}, false});
      const handle row = sweep(y.h, reshape(unit, Y::dim), x).template get<0>().h;
      const handle term = reshape(unit, dims{2, {rows, 1}, false}) * reshape(row, dims{2, {1, columns}, false});
      total = total.empty() ? term : total + term;
    }
    return var<to_shape<R>>{reshape(total, R::value)};
  }
  /// On values: one program, run once per row.
  template <class X>
  requires is_value<X>
  constexpr auto operator()(const X& x) const {
    using V = argument_handle<X>;
    using Y = decltype(f(V{}));
    using T = call_type<X>;
    using R = jacobian_shape<typename Y::shape_type, typename X::shape_type>;
    const vjp_of<F> pull(f);
    tensor<T, to_shape<R>> j(uninitialized_t{});
    constexpr int rows = Y::dim.size(), columns = X::shape_type::value.size();
    for (int m = 0; m < rows; ++m) {
      tensor<T, typename Y::shape_type> unit;
      unit.data()[m] = T(1);
      const tensor<T, typename X::shape_type> row = pull(x, unit);
      for (int k = 0; k < columns; ++k) j.data()[m * columns + k] = row.data()[k];
    }
    return j;
  }
};

template <class F> struct compiled_function : traced_callable<compiled_function<F>> {
  [[no_unique_address]] F f;
  constexpr compiled_function() = default;
  constexpr explicit compiled_function(const F& function) : f(function) {}

  template <class... X> constexpr auto traced(X... x) const { return f(x...); }
};

}  // namespace detail

// Transformations take a function written on anything (`[](auto x) { ... }`, an operation, a composed function, another
// transformation) and give one that is called in the same way: on numbers, on tensors, in traced code, while compiling.
// They nest in any order. Numbers that a lambda captures work, at the price of being interpreted; `fixed<object>` makes
// them constants of a compiled program. Tensors are passed, not captured.

/// The gradient of a function that gives one number, with respect to the arguments numbered `I...` (default: the
/// first).
///
///     constexpr auto f = [](auto x) { return x * x + 2 * x - 5; };
///     static_assert(grad(f)(3.0) == 8.0 && grad(grad(f))(3.0) == 2.0);
///
/// Errors     the function does not give one number; the argument is made of integers
/// Example    examples/gradients.cpp
template <int... I, class F> constexpr auto grad(const F& f) {
  if constexpr (sizeof...(I) == 0)
    return detail::gradient_of<false, F, 0>(f);
  else
    return detail::gradient_of<false, F, I...>(f);
}
/// The value and the gradients: `auto [loss, dw, db] = value_and_grad<0, 1>(f)(w, b, x)`.
template <int... I, class F> constexpr auto value_and_grad(const F& f) {
  if constexpr (sizeof...(I) == 0)
    return detail::gradient_of<true, F, 0>(f);
  else
    return detail::gradient_of<true, F, I...>(f);
}
/// Vector times Jacobian: vjp(f)(x, dy) = J^T dy. With several arguments one result for each.
template <class F> constexpr auto vjp(const F& f) { return detail::vjp_of<F>(f); }
/// Jacobian times vector: jvp(f)(x, dx) = J dx. With several arguments jvp(f)(x, z, dx, dz).
template <class F> constexpr auto jvp(const F& f) { return detail::jvp_of<F>(f); }
/// Hessian times vector, without the Hessian: hvp(f)(x, v) = H v.
template <class F> constexpr auto hvp(const F& f) { return detail::hvp_of<F>(f); }
/// All derivatives of all results.
///
/// Shape      x: X, f(x): Y  ->  Y's axes, then X's
/// Cost       one backward pass per element of f(x)
template <class F> constexpr auto jacobian(const F& f) { return detail::jacobian_of<F>(f); }

/// The function as one program: called on tensors it is recorded as a whole, fused, and gives tensors. (Called directly
/// on tensors a function makes lazy expressions, which must not outlive its parameters.)
template <class F> constexpr auto compiled(const F& f) { return detail::compiled_function<F>(f); }

/// A callable object with state as part of a type: `fixed<object>`, where `object` is a constexpr variable of static
/// storage.
template <const auto& Object> struct fixed_function {
  template <class... X> constexpr auto operator()(X&&... x) const { return Object(static_cast<X&&>(x)...); }
};
template <const auto& Object> inline constexpr fixed_function<Object> fixed{};

}  // namespace tfx
