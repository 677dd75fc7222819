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
/// |x| (x > 0 ? 1 - t : t) + log(1 + exp(-|x|)): nothing cancels, and an infinite logit on the label's side costs nothing.
struct binary_cross_entropy_op : elementwise<binary_cross_entropy_op> {
  static constexpr std::string_view name = "binary_cross_entropy";
  static constexpr auto apply(auto x, auto t) {
    using L = decltype(x);
    const L size = abs(x), wrong = select(x > L(0), L(1) - t, t);
    return select(wrong == L(0), L(0), size * wrong) + log1p(exp(-size));
  }
  static constexpr auto derivative(auto x, auto t, auto, auto dy) {
    const auto positive = x > 0;
    const auto small = sigmoid(where(positive, -x, x));
    return parts(dy * where(positive, (1 - t) - small, small - t), -(dy * x));
  }
};
}  // namespace detail

/// Cross-entropy of the sigmoid of logits with probabilities (or 0 and 1), mean over everything.
///
///     max(x, 0) - x t + log(1 + exp(-|x|)) = softplus(x) - x t
///
/// Gradient   (sigmoid(x) - t) / n, also at x = 0
/// Numerics   from logits; never overflows, and keeps its digits where the loss or its gradient is small
struct binary_cross_entropy {
  static constexpr std::string_view name = "binary_cross_entropy";
  template <class L, class T, class S, class U> constexpr var<L> each(var<L, T> logits, var<S, U> labels) const {
    static_assert(S::value.size() == L::value.size(), "tfx::loss::binary_cross_entropy: one label per logit");
    const call_mark here(*logits.h.graph, name, {logits.h, labels.h});
    const handle x = logits.h, t = reshape(labels.h, L::value);
    return here.gives(var<L>{tfx::detail::map_node<detail::binary_cross_entropy_op>(x, t)});
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
