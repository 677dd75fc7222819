// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/expr/expression.hpp>
#include <tfx/lanes/random.hpp>
#include <tfx/ops/generate.hpp>

namespace tfx {

namespace detail {

/// One number under a shape. It takes the element type of what it stands beside, or float.
template <class S> struct filled : expression_base {
  using shape_type = S;
  using traced_type = real;
  using compute = void;
  using value_type = float;
  static constexpr int inputs = 1;
  static constexpr bool flat = true, wide = false, has_real = true;
  double value;

  constexpr explicit filled(double v) : value(v) {}
  static constexpr handle trace(builder& b) { return expand(b.add_input(dims{}, dtype::real_type, "x"), S::value); }
  template <class To> constexpr void bind(To& to) const { to.template number<real>(value); }
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int) const { return lanes::lane<V>(value); }
  constexpr tensor<float, S> eval() const { return *this; }
};

/// 0, 1, 2, ...
template <int N> struct counting : expression_base {
  using shape_type = shape<N>;
  using traced_type = real;
  using compute = void;
  using value_type = float;
  static constexpr int inputs = 0;
  static constexpr bool flat = true, wide = false, has_real = true;

  static constexpr handle trace(builder& b) {
    return as_type(column_index(b, shape_type::value), dtype::real_type);
  }
  template <class To> constexpr void bind(To&) const {}
  template <class V> TFX_INLINE constexpr lanes::lane<V> at(int i) const {
    return detail::to_number_op<false>::apply(column_index_op::generate<V>(std::uint64_t(i), {}));
  }
  constexpr tensor<float, shape_type> eval() const { return *this; }
};

template <class Seed> constexpr random_stream stream_of(Seed seed) {
  if constexpr (requires { seed.value; })
    return {seed.value, 0, 0};
  else
    return {std::uint64_t(seed), 0, 0};
}

}  // namespace detail

/// Tensors of one number. `ones<3>()` takes part in expressions of float and of double; by itself it is float.
template <int... Extent> constexpr auto zeros() { return detail::filled<shape<Extent...>>(0); }
template <int... Extent> constexpr auto ones() { return detail::filled<shape<Extent...>>(1); }
template <int... Extent> constexpr auto full(double value) { return detail::filled<shape<Extent...>>(value); }
/// 0, 1, 2, ..., N - 1.
template <int N> constexpr auto arange() { return detail::counting<N>{}; }

/// Uniform numbers on [0, 1), and standard normal ones. The same seed gives the same numbers on every machine, whatever
/// the extents: element i depends on nothing but the seed and i. A seed is a number or has a member `value`.
///
/// Source     Salmon, Moraes, Dror, Shaw 2011 (Philox); normal numbers by inversion
template <static_shape S, class T = float, class Seed> constexpr tensor<T, S> random_uniform(Seed seed) {
  tensor<T, S> x(uninitialized_t{});
  for (int i = 0; i < x.size(); ++i) x.data()[i] = lanes::uniform<T>(detail::stream_of(seed), std::uint64_t(i));
  return x;
}
template <static_shape S, class T = float, class Seed> constexpr tensor<T, S> random_normal(Seed seed) {
  tensor<T, S> x(uninitialized_t{});
  for (int i = 0; i < x.size(); ++i) x.data()[i] = lanes::normal<T>(detail::stream_of(seed), std::uint64_t(i));
  return x;
}
template <int... Extent, class Seed> constexpr auto random_uniform(Seed seed) {
  return random_uniform<shape<Extent...>>(seed);
}
template <int... Extent, class Seed> constexpr auto random_normal(Seed seed) {
  return random_normal<shape<Extent...>>(seed);
}

}  // namespace tfx
