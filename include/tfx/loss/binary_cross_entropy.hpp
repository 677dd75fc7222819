// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/loss.hpp>
#include <tfx/ops/activation.hpp>

namespace tfx::loss {

namespace detail {
/// Of what is a probability already, a loss of logits would be wrong without a sign of it.
constexpr void expect_logits_of_sigmoid(handle y, std::string_view loss) {
  if (is<sigmoid_op>(y.graph->nodes[y.id])) y.graph->complain(loss, " expects logits and applies sigmoid itself, but the output is that of a sigmoid; leave nn::sigmoid out");
}
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
/// (1 - s) t + s / classes.
constexpr handle smoothed(handle t, double s, int classes) { return s > 0 ? (1 - s) * t + s / classes : t; }
}  // namespace detail

/// Cross-entropy of the sigmoid of logits with probabilities (or 0 and 1), mean over everything.
///
///     max(x, 0) - x t + log(1 + exp(-|x|)) = softplus(x) - x t
///
/// Options    label_smoothing s: t becomes (1 - s) t + s / 2
/// Gradient   (sigmoid(x) - t) / n, also at x = 0
/// Numerics   from logits; never overflows, and keeps its digits where the loss or its gradient is small
struct binary_cross_entropy {
  static constexpr std::string_view name = "binary_cross_entropy";
  double label_smoothing = 0;
  template <class L, class T, class S, class U> constexpr var<L> each(var<L, T> logits, var<S, U> labels) const {
    static_assert(S::value.size() == L::value.size(), "tfx::loss::binary_cross_entropy: one label per logit");
    const call_mark here(*logits.h.graph, name, {logits.h, labels.h}, {{"label_smoothing", label_smoothing}});
    detail::expect_logits_of_sigmoid(logits.h, name);
    const handle x = logits.h, t = detail::smoothed(reshape(labels.h, L::value), label_smoothing, 2);
    return here.gives(var<L>{tfx::detail::map_node<detail::binary_cross_entropy_op>(x, t)});
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
