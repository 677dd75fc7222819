// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/rearrange.hpp>

namespace tfx {

namespace detail {

constexpr const node& node_of(handle h) { return h.graph->nodes.data[h.id]; }
constexpr bool is_constant(handle h) { return h.graph->nodes.data[h.id].op->kind == op_kind::constant; }
constexpr bool is_constant(handle h, double value) { return is_constant(h) && node_of(h).number == value; }
/// `a` where it already has the shape of a combined with scalar b.
constexpr handle unless_smaller(handle a, handle b) { return b.shape().size() == 1 && b.shape().rank <= a.shape().rank ? a : handle{}; }

}  // namespace detail

struct negate_op : elementwise<negate_op> {
  static constexpr bool integers = true, grows = true;
  static constexpr auto apply(auto x) { return -x; }
  static constexpr auto derivative(auto, auto, auto dy) { return -dy; }
};
struct add_op : elementwise<add_op> {
  static constexpr bool integers = true, grows = true;
  static constexpr auto apply(auto a, auto b) { return a + b; }
  static constexpr auto derivative(auto, auto, auto, auto dy) { return parts(dy, dy); }
  static constexpr handle simplify(handle a, handle b) {
    const bool left = detail::is_constant(a), right = detail::is_constant(b);
    if (left && right) return a.graph->constant(detail::node_of(a).number + detail::node_of(b).number);
    if (right && detail::node_of(b).number == 0) return detail::unless_smaller(a, b);
    if (left && detail::node_of(a).number == 0) return detail::unless_smaller(b, a);
    return {};
  }
};
struct subtract_op : elementwise<subtract_op> {
  static constexpr bool integers = true, grows = true;
  static constexpr auto apply(auto a, auto b) { return a - b; }
  static constexpr auto derivative(auto, auto, auto, auto dy) { return parts(dy, -dy); }
  static constexpr handle simplify(handle a, handle b) {
    if (detail::is_constant(a) && detail::is_constant(b)) return a.graph->constant(detail::node_of(a).number - detail::node_of(b).number);
    if (detail::is_constant(b, 0)) return detail::unless_smaller(a, b);
    return {};
  }
};
struct multiply_op : elementwise<multiply_op> {
  static constexpr bool integers = true, grows = true;
  static constexpr auto apply(auto a, auto b) { return a * b; }
  static constexpr auto derivative(auto a, auto b, auto, auto dy) { return parts(dy * b, dy * a); }
  static constexpr handle simplify(handle a, handle b) {
    const bool left = detail::is_constant(a), right = detail::is_constant(b);
    if (left && right) return a.graph->constant(detail::node_of(a).number * detail::node_of(b).number);
    if (right && detail::node_of(b).number == 1) return detail::unless_smaller(a, b);
    if (left && detail::node_of(a).number == 1) return detail::unless_smaller(b, a);
    return {};
  }
};
struct unsigned_divide_op : elementwise<unsigned_divide_op> {
  static constexpr auto apply(auto a, auto b) { return a / b; }
  static constexpr auto on_integers(auto a, auto b) { return decltype(a)::wrap(lanes::math::unsigned_divide(a.v, b.v)); }
};
/// a / b; of integers towards zero, as in C++. An integer divided by 0 is -1, all bits set (as XLA).
struct divide_op : elementwise<divide_op> {
  using of_unsigned = unsigned_divide_op;
  static constexpr bool integers = true, grows = true;
  static constexpr auto apply(auto a, auto b) { return a / b; }
  static constexpr auto on_integers(auto a, auto b) { return decltype(a)::wrap(lanes::math::divide(a.v, b.v)); }
  static constexpr auto derivative(auto, auto b, auto y, auto dy) { return parts(dy / b, -(dy * y / b)); }
  static constexpr handle simplify(handle a, handle b) { return detail::is_constant(b, 1) ? detail::unless_smaller(a, b) : handle{}; }
};

template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<add_op, A, B> operator+(A a, B b) { return detail::apply_map<add_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<subtract_op, A, B> operator-(A a, B b) { return detail::apply_map<subtract_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<multiply_op, A, B> operator*(A a, B b) { return detail::apply_map<multiply_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<divide_op, A, B> operator/(A a, B b) { return detail::apply_map<divide_op>(a, b); }
template <traced A> constexpr detail::map_result<negate_op, A> operator-(A a) { return detail::apply_map<negate_op>(a); }

// ---- comparisons: bool tensors; 1 and 0 where they are used as numbers. Not differentiable.

namespace detail {
template <class Self> struct comparison : elementwise<Self> {
  static constexpr bool integers = true;
  static constexpr dtype result = dtype::boolean;
  static constexpr auto apply(auto a, auto b) { return as_lane(Self::holds(a, b)); }
  static constexpr auto derivative(auto, auto, auto, auto) { return parts(handle{}, handle{}); }
};
}  // namespace detail

struct equal_op : detail::comparison<equal_op> {
  static constexpr auto holds(auto a, auto b) { return a == b; }
};
struct not_equal_op : detail::comparison<not_equal_op> {
  static constexpr auto holds(auto a, auto b) { return a != b; }
};
struct less_op : detail::comparison<less_op> {
  static constexpr bool orders = true;
  static constexpr auto holds(auto a, auto b) { return a < b; }
};
struct less_equal_op : detail::comparison<less_equal_op> {
  static constexpr bool orders = true;
  static constexpr auto holds(auto a, auto b) { return a <= b; }
};
struct greater_op : detail::comparison<greater_op> {
  static constexpr bool orders = true;
  static constexpr auto holds(auto a, auto b) { return a > b; }
};
struct greater_equal_op : detail::comparison<greater_equal_op> {
  static constexpr bool orders = true;
  static constexpr auto holds(auto a, auto b) { return a >= b; }
};

template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<equal_op, A, B> operator==(A a, B b) { return detail::apply_map<equal_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<not_equal_op, A, B> operator!=(A a, B b) { return detail::apply_map<not_equal_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<less_op, A, B> operator<(A a, B b) { return detail::apply_map<less_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<less_equal_op, A, B> operator<=(A a, B b) { return detail::apply_map<less_equal_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<greater_op, A, B> operator>(A a, B b) { return detail::apply_map<greater_op>(a, b); }
template <class A, class B> requires some_traced<A, B> constexpr detail::map_result<greater_equal_op, A, B> operator>=(A a, B b) { return detail::apply_map<greater_equal_op>(a, b); }

/// Elementwise choice.
///
///     y = condition != 0 ? a : b
///
/// Gradient   da = where(condition, dy, 0), db = where(condition, 0, dy)
struct where_op : elementwise<where_op> {
  static constexpr bool chooses = true, keeps_values = true;
  static constexpr auto apply(auto condition, auto a, auto b) { return select(condition != decltype(condition)(0), a, b); }
  static constexpr auto derivative(auto condition, auto a, auto b, auto, auto dy);
};
inline constexpr auto where = make_operation<where_op>;
constexpr auto where_op::derivative(auto condition, auto, auto, auto, auto dy) {
  return parts(handle{}, where(condition, dy, 0), where(condition, 0, dy));
}

/// The larger of two, element by element; a NaN in either is the result.
///
/// Gradient   to a where a >= b, else to b: all of it at a tie (as TensorFlow; PyTorch and JAX give a half to each)
struct maximum_op : elementwise<maximum_op> {
  static constexpr bool integers = true, orders = true, keeps_values = true;
  static constexpr auto apply(auto a, auto b) { return max(a, b); }
  static constexpr auto derivative(auto a, auto b, auto, auto dy) { return parts(where(a >= b, dy, 0), where(a >= b, 0, dy)); }
};
/// The smaller of two; NaN and ties as for `maximum`.
struct minimum_op : elementwise<minimum_op> {
  static constexpr bool integers = true, orders = true, keeps_values = true;
  static constexpr auto apply(auto a, auto b) { return min(a, b); }
  static constexpr auto derivative(auto a, auto b, auto, auto dy) { return parts(where(a <= b, dy, 0), where(a <= b, 0, dy)); }
};
inline constexpr auto maximum = make_operation<maximum_op>;
inline constexpr auto minimum = make_operation<minimum_op>;

/// x between two bounds: minimum(maximum(x, lower), upper). NaN stays NaN.
///
/// Gradient   dy where lower <= x <= upper, else 0 (both bounds belong to the inside)
template <traced X, class Lower, class Upper> constexpr auto clip(X x, Lower lower, Upper upper) {
  return minimum(maximum(x, lower), upper);
}

/// The value itself, as a constant for the derivative: no gradient flows through.
struct stop_gradient_op : elementwise<stop_gradient_op> {
  static constexpr bool keeps_values = true;
  static constexpr auto apply(auto x) { return x; }
  static constexpr auto derivative(auto, auto, auto) { return handle{}; }
};
inline constexpr auto stop_gradient = make_operation<stop_gradient_op>;

}  // namespace tfx
