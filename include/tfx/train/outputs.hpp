// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/bundle.hpp>
#include <tfx/graph/var.hpp>
#include <tfx/ops/element_types.hpp>

namespace tfx {

/// Several results of a network or a step; `auto [a, b] = net(x)` takes them apart.
template <typed_handle... V> constexpr bundle<V...> outputs(V... v) { return bundle<V...>(v...); }

namespace detail {

/// What a traced function gives, as a bundle; of what is none, one number.
template <class R> struct outputs_given_by {
  static constexpr bool right = false;
  using type = bundle<var<shape<>>>;
};
template <class S, class T> struct outputs_given_by<var<S, T>> {
  static constexpr bool right = true;
  using type = bundle<var<S, T>>;
};
template <typed_handle First, typed_handle... V> struct outputs_given_by<bundle<First, V...>> {
  static constexpr bool right = true;
  using type = bundle<First, V...>;
};
template <class R> using bundle_of = typename outputs_given_by<R>::type;

/// Calls f(k, result) for each.
template <class... V, class F> constexpr void each_result(const bundle<V...>& all, F f) {
  [&]<std::size_t... K>(std::index_sequence<K...>) { (f(int(K), all.template get<K>()), ...); }(std::index_sequence_for<V...>{});
}
/// They are a program's outputs, each of the type that it has in traced code.
template <class... V> constexpr void give(builder& b, const bundle<V...>& all) {
  each_result(all, [&]<class S, class T>(int, var<S, T> v) { b.add_output(as_type(untyped(v), dtype_of<T>)); });
}

template <class S, class T> constexpr void give(builder& b, var<S, T> v) { give(b, bundle<var<S, T>>(v)); }

}  // namespace detail
}  // namespace tfx
