// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/gather.hpp>
#include <tfx/ops/math.hpp>

namespace tfx {

namespace detail {
constexpr handle shifted(handle x, unsigned axes) { return x - stop_gradient(max_axes(x, axes)); }
constexpr handle log_sum_exp_axes(handle x, unsigned axes) {
  const handle m = stop_gradient(max_axes(x, axes));
  return log(sum_axes(exp(x - m), axes)) + m;
}
struct reduce_log_sum_exp {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const {
    return typed_result<real>{log_sum_exp_axes(a, axes)};
  }
};
template <int Axis, class S> inline constexpr unsigned axis_bit = 1u << (Axis < 0 ? Axis + S::value.rank : Axis);
template <int Axis, class S, class T, class F> constexpr auto along(var<S, T> x, std::string_view called, source_line at, F f) {
  if constexpr (axes_fit<Axis>(S::value)) {
    return var<S, real>{f(x.h, axis_bit<Axis, S>)};
  } else {
    x.h.graph->line = at.value;
    x.h.graph->complain(called, at_path{}, ": axis ", Axis, " is out of range for ", S::value, ", rank ", S::value.rank);
    return var<S, real>{x.h};
  }
}
}  // namespace detail

/// Normalised exponential along one axis, by default the last.
///
///     y_i = exp(x_i - m) / sum_j exp(x_j - m),   m = max_j x_j
///
/// Shape      x: S  ->  y: S
/// Errors     axis out of range
/// Gradient   dx = y * (dy - sum_j dy_j * y_j)
/// Numerics   shifted by the maximum, so finite input never overflows; multiplied by the reciprocal of the sum
/// Source     Bridle 1990
template <int Axis = -1, class S, class T> constexpr auto softmax(var<S, T> x, source_line at = {}) {
  return detail::along<Axis>(x, "softmax", at, [](handle a, unsigned axes) {
    const handle e = exp(detail::shifted(a, axes));
    return e * (1 / sum_axes(e, axes));   // one division a row
  });
}
/// log(softmax(x)) = x - m - log(sum_j exp(x_j - m)), accurate where softmax underflows.
template <int Axis = -1, class S, class T> constexpr auto log_softmax(var<S, T> x, source_line at = {}) {
  return detail::along<Axis>(x, "log_softmax", at, [](handle a, unsigned axes) {
    const handle d = detail::shifted(a, axes);
    return d - log(sum_axes(exp(d), axes));
  });
}
/// log(sum exp(x)) over the axes named, which go; by default the last.
///
/// Gradient   dx = dy * softmax(x)
/// Numerics   shifted by the maximum, so finite input never overflows; elements of minus infinity count as nothing, but
///            NaN if all are, or if one is plus infinity
template <int Axis = -1, int... More, class S, class T> constexpr auto log_sum_exp(var<S, T> x, source_line at = {}) {
  return detail::reduction<false, Axis, More...>(x, "log_sum_exp", at, detail::reduce_log_sum_exp{});
}
template <int Axis = -1, int... More, class S, class T>
constexpr auto log_sum_exp(var<S, T> x, keep_dims_t, source_line at = {}) {
  return detail::reduction<true, Axis, More...>(x, "log_sum_exp", at, detail::reduce_log_sum_exp{});
}

}  // namespace tfx
