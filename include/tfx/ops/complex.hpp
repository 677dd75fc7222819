// SPDX-License-Identifier: Apache-2.0
// hosted: std::complex
#pragma once

#include <tfx/core/complex.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/gather.hpp>
#include <tfx/ops/matmul.hpp>
#include <tfx/ops/permute.hpp>
#include <tfx/ops/rearrange.hpp>
#include <tfx/ops/reduce.hpp>
#include <tfx/ops/trigonometric.hpp>

// Complex numbers in traced code: a pair of real values. What is computed with them is written here in terms of their parts, so
// that graphs, derivatives, fusion and backends know nothing of them. In memory the parts lie side by side, as an axis of two.
namespace tfx {

namespace detail {
struct handle_pair {
  handle re, im;
};
inline constexpr std::string_view what_takes_complex = "there are + - * / == !=, where, abs, angle, conj, real_part and imag_part";
/// Where operations on real values look for the node: what takes it complains, and goes on with another one.
struct no_handle {
  builder* graph = nullptr;
  dims shape{};
  constexpr operator handle() const {
    graph->complain("an operation", at_path{}, " takes no complex numbers; ", what_takes_complex);
    return graph->stand_in(shape, dtype::real_type);
  }
  friend constexpr handle operator+(no_handle a, handle) { return a; }
  friend constexpr handle operator*(no_handle a, handle) { return a; }
};

/// A value, which may be a number in the code, in its own shape.
constexpr handle in_shape(handle h, const dims& shape) { return h.shape() == shape ? h : expand(h, shape); }
/// Both parts side by side, and one of two that lie so.
constexpr handle side_by_side(handle re, handle im, const dims& shape) {
  const dims column{2, {shape.size(), 1}, shape.bounded};
  const handle part[] = {reshape(in_shape(re, shape), column), reshape(in_shape(im, shape), column)};
  return reshape(join_columns(part, 2), held_shape(shape, dtype::complex_type));
}
constexpr handle part_of(handle both, int k, const dims& shape) {
  builder& g = *both.graph;
  int id = both.id;
  while (is<reshape_op>(g.nodes[id])) id = g.input(id, 0);
  if (is<concatenate_op>(g.nodes[id]) && g.nodes[id].shape.extent[1] == 2) return reshape({&g, g.input(id, k)}, shape);
  dims one = held_shape(shape, dtype::complex_type);
  if (both.shape().size() != one.size()) return g.stand_in(shape, dtype::real_type);   // after a mistake
  box corner;
  corner.begin[one.rank - 1] = k;
  one.extent[one.rank - 1] = 1;
  return reshape(slice_box(both, corner, one), shape);
}
}  // namespace detail

/// A complex value while it is traced.
template <class Shape> struct var<Shape, complex_number> {
  static_assert(Shape::value.rank < max_rank, "tfx: a complex tensor has at most five axes");
  handle re, im;
  detail::no_handle h;

  using shape_type = Shape;
  using value_type = complex_number;
  using traced_tag = void;
  static constexpr dims dim = Shape::value;

  constexpr var() = default;
  constexpr var(handle real, handle imaginary) : re(real), im(imaginary), h{real.graph, dim} {}
  /// Of parts that lie side by side.
  constexpr var(handle both) : var(detail::part_of(both, 0, dim), detail::part_of(both, 1, dim)) {}
  friend constexpr handle untyped(var z) { return detail::side_by_side(z.re, z.im, dim); }
  friend constexpr builder& graph_of(var z) { return *z.re.graph; }
};

namespace detail {

/// sqrt(a^2 + b^2), without overflow on the way; infinite if one of them is.
struct hypot_op : elementwise<hypot_op> {
  static constexpr auto apply(auto x, auto y) {
    using L = decltype(x);
    const L infinity(lanes::exact::infinity<typename L::scalar>);
    const L a = abs(x), b = abs(y), large = select(a < b, b, a), small = select(a < b, a, b);
    const L ratio = small / select(large == L(0), L(1), large), size = large * sqrt(L(1) + ratio * ratio);
    return select(a == infinity, a, select(b == infinity, b, size));
  }
  static constexpr auto derivative(auto x, auto y, auto size, auto dy) {
    const auto scale = dy / where(size == 0, 1, size);   // 0 at 0
    return parts(scale * x, scale * y);
  }
};

/// What an operation makes of parts: those of a complex result, or a real one.
template <class F> struct on_parts {};
template <> struct on_parts<negate_op> {
  static constexpr handle_pair of(handle_pair z) { return {-z.re, -z.im}; }
};
template <> struct on_parts<stop_gradient_op> {
  static constexpr handle_pair of(handle_pair z) { return {map_node<stop_gradient_op>(z.re), map_node<stop_gradient_op>(z.im)}; }
};
template <> struct on_parts<abs_op> {
  static constexpr handle of(handle_pair z) { return map_node<hypot_op>(z.re, z.im); }
};
template <> struct on_parts<add_op> {
  static constexpr handle_pair of(handle_pair a, handle_pair b) { return {a.re + b.re, a.im + b.im}; }
};
template <> struct on_parts<subtract_op> {
  static constexpr handle_pair of(handle_pair a, handle_pair b) { return {a.re - b.re, a.im - b.im}; }
};
template <> struct on_parts<multiply_op> {
  static constexpr handle_pair of(handle_pair a, handle_pair b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }
};
/// By the larger part of the divisor, so that nothing overflows on the way (Smith 1962); what is divided by 0 has the parts divided
/// by 0, as NumPy has it.
template <> struct on_parts<divide_op> {
  static constexpr handle_pair of(handle_pair a, handle_pair b) {
    const handle by_real = abs(b.re) >= abs(b.im);
    const handle large = where(by_real, b.re, b.im), small = where(by_real, b.im, b.re), u = where(by_real, a.re, a.im), v = where(by_real, a.im, a.re);
    const handle none = large == 0, ratio = small / where(none, 1, large), divisor = where(none, abs(large), large + small * ratio);
    const handle im = where(none, v, v - u * ratio) / divisor;
    return {where(none, u, u + v * ratio) / divisor, where(by_real, im, -im)};
  }
};
template <> struct on_parts<equal_op> {
  static constexpr handle of(handle_pair a, handle_pair b) { return minimum(a.re == b.re, a.im == b.im); }
};
template <> struct on_parts<not_equal_op> {
  static constexpr handle of(handle_pair a, handle_pair b) { return maximum(a.re != b.re, a.im != b.im); }
};

template <class X> constexpr handle_pair parts_of_operand(builder& g, X x) {
  if constexpr (is_complex<X>) return {g.constant(double(x.real())), g.constant(double(x.imag()))};
  else if constexpr (number<X>) return {g.constant(double(x)), g.constant(0)};
  else if constexpr (is_complex<typename X::value_type>) return {x.re, x.im};
  else return {as_type(x.h, dtype::real_type), g.constant(0)};
}
template <class R> constexpr R complex_result(handle_pair z) { return R(z.re, z.im); }
template <class R> constexpr R complex_result(handle h) { return R{h}; }
template <class F, class... X> constexpr map_result<F, X...> apply_to_parts(X... x) {
  using R = map_result<F, X...>;
  builder& g = builder_of(x...);
  if constexpr (chooses<F>) {
    const auto of = [&](auto condition, auto a, auto b) {
      const handle_pair z = parts_of_operand(g, a), w = parts_of_operand(g, b);
      const handle c = as_handle(g, condition);
      return R(record_choice<F>(dtype::real_type, c, z.re, w.re), record_choice<F>(dtype::real_type, c, z.im, w.im));
    };
    return of(x...);
  } else if constexpr (requires { on_parts<F>::of(parts_of_operand(g, x)...); }) {
    return complex_result<R>(on_parts<F>::of(parts_of_operand(g, x)...));
  } else {
    g.complain(label_of<F>, at_path{}, " takes no complex numbers; ", what_takes_complex);
    return R{g.stand_in(R::dim, dtype_of<typename R::value_type>)};
  }
}

/// What moves or adds up elements does so with both parts.
template <class S, class F> constexpr auto each_part(var<S, complex_number> z, F f) {
  const auto re = f(var<S>{in_shape(z.re, S::value)}), im = f(var<S>{in_shape(z.im, S::value)});
  return var<typename decltype(re)::shape_type, complex_number>{re.h, im.h};
}

}  // namespace detail

/// The complex value of two real ones, of which one may be a number.
template <class A, class B> requires some_traced<A, B> constexpr auto make_complex(A re, B im) {
  static_assert(detail::common_type({detail::type_of_operand<A>()}, detail::type_of_operand<B>()) != dtype::complex_type, "tfx::make_complex: the parts are real");
  builder& g = detail::builder_of(re, im);
  using S = typename detail::common_shape<typename detail::operand_shape<A>::type, typename detail::operand_shape<B>::type>::type;
  return var<S, complex_number>{as_type(detail::as_handle(g, re), dtype::real_type), as_type(detail::as_handle(g, im), dtype::real_type)};
}
/// Parts of a complex value. Of a real one itself, and 0.
template <class S> constexpr var<S> real_part(var<S, complex_number> z) { return {detail::in_shape(z.re, S::value)}; }
template <class S> constexpr var<S> imag_part(var<S, complex_number> z) { return {detail::in_shape(z.im, S::value)}; }
/// re - i im.
template <class S> constexpr var<S, complex_number> conj(var<S, complex_number> z) { return {z.re, -z.im}; }
/// The angle to the real axis, in radians, in [-pi, pi].
template <class S> constexpr var<S> angle(var<S, complex_number> z) { return {detail::in_shape(detail::map_node<atan2_op>(z.im, z.re), S::value)}; }

/// To complex numbers; of a real one the imaginary part is 0. There is no way back but to say which part is meant.
template <class T, class S, class U> requires(is_complex<T> || is_complex<U>) constexpr auto cast(var<S, U> x) {
  if constexpr (!is_complex<T>) {
    x.re.graph->complain("cast", at_path{}, ": a complex number is no ", name_of(dtype_of<typename as_traced<T>::type>), "; take its real_part, imag_part, abs or angle");
    return var<S, typename as_traced<T>::type>{as_type(x.re, dtype_of<typename as_traced<T>::type>)};
  } else if constexpr (is_complex<U>) {
    return x;
  } else {
    return var<S, complex_number>{as_type(x.h, dtype::real_type), x.h.graph->constant(0)};
  }
}

template <int... Axis, class S> constexpr auto sum(var<S, complex_number> z, source_line at = {}) {
  return detail::each_part(z, [at](auto x) { return sum<Axis...>(x, at); });
}
template <int... Axis, class S> constexpr auto mean(var<S, complex_number> z, source_line at = {}) {
  return detail::each_part(z, [at](auto x) { return mean<Axis...>(x, at); });
}
template <int... Extent, class S> constexpr auto reshape(var<S, complex_number> z, source_line at = {}) {
  return detail::each_part(z, [at](auto x) { return reshape<Extent...>(x, at); });
}
template <class S> constexpr auto flatten(var<S, complex_number> z) {
  return detail::each_part(z, [](auto x) { return flatten(x); });
}
template <int... Axis, class S> constexpr auto permute(var<S, complex_number> z, source_line at = {}) {
  return detail::each_part(z, [at](auto x) { return permute<Axis...>(x, at); });
}
template <class S> constexpr auto transpose(var<S, complex_number> z, source_line at = {}) {
  return detail::each_part(z, [at](auto x) { return transpose(x, at); });
}
template <int Axis, int Begin, int End, class S> constexpr auto slice(var<S, complex_number> z, source_line at = {}) {
  return detail::each_part(z, [at](auto x) { return slice<Axis, Begin, End>(x, at); });
}

namespace detail {
/// Four products of real matrices.
template <class A, class B> constexpr auto complex_product(var<A, complex_number> a, var<B, complex_number> b, source_line at) {
  const auto part = [](auto z, bool imaginary) { return var<typename decltype(z)::shape_type>{in_shape(imaginary ? z.im : z.re, z.dim)}; };
  const auto real = matmul(part(a, false), part(b, false), at) - matmul(part(a, true), part(b, true), at);
  const auto imaginary = matmul(part(a, false), part(b, true), at) + matmul(part(a, true), part(b, false), at);
  return var<typename decltype(real)::shape_type, complex_number>{real.h, imaginary.h};
}
}  // namespace detail
template <class A, class B> constexpr auto matmul(var<A, complex_number> a, var<B, complex_number> b, source_line at = {}) {
  return detail::complex_product(a, b, at);
}
template <class A, int K> constexpr auto matmul(var<A, complex_number> a, var<shape<K>, complex_number> b, source_line at = {}) {
  return detail::complex_product(a, b, at);
}
template <int K, class B> constexpr auto matmul(var<shape<K>, complex_number> a, var<B, complex_number> b, source_line at = {}) {
  return detail::complex_product(a, b, at);
}

}  // namespace tfx
