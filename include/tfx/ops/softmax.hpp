// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/gather.hpp>
#include <tfx/ops/math.hpp>

namespace tfx {

namespace detail {
/// x - largest, and 0 for the largest itself, also where that is infinite.
struct below_largest_op : elementwise<below_largest_op> {
  static constexpr auto apply(auto x, auto largest) { return select(x == largest, decltype(x)(0), x - largest); }
  static constexpr auto derivative(auto, auto, auto, auto dy) { return parts(dy, -dy); }
};
constexpr handle shifted(handle x, unsigned axes) { return x - stop_gradient(max_number_axes(x, axes)); }
/// exp(x) of all but the largest elements, which are 0.
struct exp_of_rest_op : elementwise<exp_of_rest_op> {
  static constexpr auto apply(auto x) { return select(x == decltype(x)(0), decltype(x)(0), exp(x)); }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * exp(x); }
};
/// log(sum exp(x)) for largest elements of 0: log(1 + the rest), so that a small rest keeps its digits.
constexpr handle log_sum_exp_shifted(handle x, unsigned axes) {
  const handle largest = sum_axes(map_node<equal_op>(x, x.graph->constant(0)), axes);
  return log1p(sum_axes(map_node<exp_of_rest_op>(x), axes) + (largest - 1));
}
constexpr handle log_softmax_axes(handle x, unsigned axes) {
  const handle d = shifted(x, axes);
  return d - log_sum_exp_shifted(d, axes);
}
/// log(sum exp(x)) as the largest element and what is added to it.
struct log_sum_exp_parts {
  handle largest, rest;
};
constexpr log_sum_exp_parts split_log_sum_exp(handle x, unsigned axes) {
  const handle largest = stop_gradient(max_number_axes(x, axes));
  return {largest, log_sum_exp_shifted(map_node<below_largest_op>(x, largest), axes)};
}
constexpr handle log_sum_exp_axes(handle x, unsigned axes) {
  const log_sum_exp_parts parts = split_log_sum_exp(x, axes);
  return parts.rest + parts.largest;
}
struct reduce_log_sum_exp {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const {
    return typed_result<real>{log_sum_exp_axes(a, axes)};
  }
};
template <int Axis, class S> inline constexpr unsigned axis_bit = 1u << (Axis < 0 ? Axis + S::value.rank : Axis);
template <int Axis, class S, class T, class F> constexpr auto along(var<S, T> x, std::string_view called, source_line at, F f) {
  if constexpr (axes_fit<Axis>(S::value)) {
    const call_mark here(*x.h.graph, called, {x.h}, {{"axis", axis_set{axis_bit<Axis, S>}}});
    return here.gives(var<S, real>{f(x.h, axis_bit<Axis, S>)});
  } else {
    x.h.graph->line = at.value;
    x.h.graph->complain(called, at_path{}, ": axis ", Axis, " is out of range for ", S::value, ", rank ", S::value.rank);
    return var<S, real>{x.h};
  }
}
/// Is it what `softmax` gives: exp(...) times one divided by its sum?
constexpr bool is_softmax(handle y) {
  const builder& g = *y.graph;
  if (!is<multiply_op>(g.nodes[y.id])) return false;
  for (int k = 0; k < 2; ++k) {
    const int e = g.input(y.id, k), inverse = g.input(y.id, 1 - k);
    if (!is<exp_op>(g.nodes[e]) || !(is<divide_op>(g.nodes[inverse]) || is<reciprocal_op>(g.nodes[inverse]))) continue;
    const int sum = g.input(inverse, g.nodes[inverse].count - 1);
    if (is<sum_op>(g.nodes[sum]) && g.input(sum, 0) == e) return true;
  }
  return false;
}
/// Of what is normalised already, a loss of logits would be wrong without a sign of it.
constexpr void expect_logits(handle y, std::string_view loss) {
  if (is_softmax(y)) y.graph->complain(loss, " expects logits and applies softmax itself, but the output is that of a softmax; leave nn::softmax out");
}
}  // namespace detail

/// Normalised exponential along one axis, by default the last.
///
///     y_i = exp(x_i - m) / sum_j exp(x_j - m),   m = max_j x_j
///
/// Shape      x: S  ->  y: S
/// Errors     axis out of range
/// Gradient   dx = y * (dy - sum_j dy_j * y_j)
/// Numerics   shifted by the maximum, so finite input never overflows; multiplied by the reciprocal of the sum; NaN where
///            the largest element of a row is infinite: it has no limit
/// Source     Bridle 1990
template <int Axis = -1, class S, class T> constexpr auto softmax(var<S, T> x, source_line at = {}) {
  return detail::along<Axis>(x, "softmax", at, [](handle a, unsigned axes) {
    const handle e = exp(detail::shifted(a, axes));
    return e * (1 / sum_axes(e, axes));   // one division a row
  });
}
/// log(softmax(x)) = x - m - log(sum_j exp(x_j - m)), accurate where softmax underflows and where it is nearly 1.
template <int Axis = -1, class S, class T> constexpr auto log_softmax(var<S, T> x, source_line at = {}) {
  return detail::along<Axis>(x, "log_softmax", at, [](handle a, unsigned axes) { return detail::log_softmax_axes(a, axes); });
}
/// log(sum exp(x)) over the axes named, which go; by default the last.
///
/// Gradient   dx = dy * softmax(x); where the result is infinite the largest elements share dy
/// Numerics   shifted by the maximum, so finite input never overflows; elements of minus infinity count as nothing; minus
///            infinity if all are, and plus infinity if one is
template <int Axis = -1, int... More, class S, class T> constexpr auto log_sum_exp(var<S, T> x, source_line at = {}) {
  return detail::reduction<false, Axis, More...>(x, "log_sum_exp", at, detail::reduce_log_sum_exp{});
}
template <int Axis = -1, int... More, class S, class T>
constexpr auto log_sum_exp(var<S, T> x, keep_dims_t, source_line at = {}) {
  return detail::reduction<true, Axis, More...>(x, "log_sum_exp", at, detail::reduce_log_sum_exp{});
}

}  // namespace tfx
