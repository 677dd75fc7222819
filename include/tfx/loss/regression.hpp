// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/loss.hpp>
#include <tfx/ops/activation.hpp>

namespace tfx::loss {

/// mean((y - t)^2) over everything.
struct mean_squared_error {
  static constexpr std::string_view name = "mean_squared_error";
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    const call_mark here(*y.h.graph, name, {y.h, t.h});
    const handle d = y.h - t.h;
    return here.gives(var<L>{d * d});
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// mean(|y - t|) over everything.
struct mean_absolute_error {
  static constexpr std::string_view name = "mean_absolute_error";
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    const call_mark here(*y.h.graph, name, {y.h, t.h});
    return here.gives(var<L>{abs(y.h - t.h)});
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// Quadratic near 0 and linear beyond delta, mean over everything.
///
///     h(d) = d^2 / 2 for |d| <= delta, else delta (|d| - delta / 2),   d = y - t
///
/// Gradient   clip(d, -delta, delta) / n
/// Source     Huber 1964
struct huber {
  static constexpr std::string_view name = "huber";
  double delta = 1;
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    const call_mark here(*y.h.graph, name, {y.h, t.h}, {{"delta", delta}});
    const handle d = abs(y.h - t.h), bounded = minimum(d, delta);   // both forms in one, without the square of a large d
    return here.gives(var<L>{bounded * (d - 0.5 * bounded)});
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
namespace detail {
/// log(cosh(x)), for small x from sinh, so that it keeps its digits.
struct log_cosh_op : elementwise<log_cosh_op> {
  static constexpr auto apply(auto x) {
    using L = decltype(x);
    const L size = abs(x), e = expm1(select(size < L(1), size, L(1))), sinh = L(0.5) * (e + e / (e + L(1)));
    return select(size < L(1), L(0.5) * log1p(sinh * sinh), size + log1p(exp(L(-2) * size)) - L(0.6931471805599453));
  }
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * tanh(x); }
};
/// Loss of each element of two tensors of the same shape.
template <class Op, class L, class T, class U> constexpr var<L> each_of(std::string_view name, var<L, T> y, var<L, U> t, Op op) {
  const call_mark here(*y.h.graph, name, {y.h, t.h});
  return here.gives(var<L>{op(y.h, t.h)});
}
}  // namespace detail

/// mean(log(cosh(y - t))) over everything: quadratic near 0, |y - t| - log(2) far away.
///
/// Gradient   tanh(y - t) / n
/// Numerics   never overflows, and keeps its digits near 0
struct log_cosh {
  static constexpr std::string_view name = "log_cosh";
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    return detail::each_of(name, y, t, [](handle a, handle b) { return tfx::detail::map_node<detail::log_cosh_op>(a - b); });
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// 100 mean(|y - t| / max(|t|, epsilon)) over everything.
///
/// Source     epsilon as in Keras
struct mean_absolute_percentage_error {
  static constexpr std::string_view name = "mean_absolute_percentage_error";
  double epsilon = 1e-7;
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    return detail::each_of(name, y, t, [e = epsilon](handle a, handle b) { return 100.0 * (abs(b - a) / maximum(abs(b), e)); });
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// mean((log(1 + y) - log(1 + t))^2) over everything, of y and t that are not negative: what is below epsilon counts as epsilon.
///
/// Source     epsilon as in Keras
struct mean_squared_logarithmic_error {
  static constexpr std::string_view name = "mean_squared_logarithmic_error";
  double epsilon = 1e-7;
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    return detail::each_of(name, y, t, [e = epsilon](handle a, handle b) {
      const handle d = log1p(maximum(a, e)) - log1p(maximum(b, e));
      return d * d;
    });
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// Smallest where y is the quantile of the targets: mean(max(q (t - y), (q - 1) (t - y))) over everything.
///
/// Source     Koenker and Bassett 1978
struct quantile {
  static constexpr std::string_view name = "quantile";
  double q = 0.5;
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    return detail::each_of(name, y, t, [q = q](handle a, handle b) { return maximum(q * (b - a), (q - 1) * (b - a)); });
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
