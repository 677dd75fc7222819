// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/softmax_cross_entropy.hpp>

namespace tfx::loss {

/// Binary cross-entropy in which what is sure already counts little, mean over everything.
///
///     (1 - q)^gamma * binary_cross_entropy(x, t),   q = t sigmoid(x) + (1 - t) sigmoid(-x)
///
/// Options    label_smoothing as in `binary_cross_entropy`; class_balancing: times alpha t + (1 - alpha) (1 - t)
/// Numerics   from logits; 1 - q is not a difference
/// Source     Lin et al. 2017, equations 4 and 5; defaults of Keras
struct binary_focal_cross_entropy {
  static constexpr std::string_view name = "binary_focal_cross_entropy";
  double gamma = 2, alpha = 0.25;
  bool class_balancing = false;
  double label_smoothing = 0;
  template <class L, class T, class S, class U> constexpr var<L> each(var<L, T> logits, var<S, U> labels) const {
    static_assert(S::value.size() == L::value.size(), "tfx::loss::binary_focal_cross_entropy: one label per logit");
    const call_mark here(*logits.h.graph, name, {logits.h, labels.h}, {{"gamma", gamma}, {"label_smoothing", label_smoothing}});
    detail::expect_logits_of_sigmoid(logits.h, name);
    const handle x = logits.h, t = detail::smoothed(reshape(labels.h, L::value), label_smoothing, 2);
    const handle miss = t * sigmoid(-x) + (1 - t) * sigmoid(x);
    handle loss = pow(miss, gamma) * tfx::detail::map_node<detail::binary_cross_entropy_op>(x, t);
    if (class_balancing) loss = (alpha * t + (1 - alpha) * (1 - t)) * loss;
    return here.gives(var<L>{loss});
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

/// Cross-entropy of the softmax of logits with a distribution per row, in which what is sure already counts little, mean over the
/// rows.
///
///     sum_c alpha (1 - q_c)^gamma p_c (-log q_c),   q = softmax(x)
///
/// Shape      logits: [batch, ..., C], labels: the same  ->  []
/// Options    label_smoothing s: p becomes (1 - s) p + s / C
/// Numerics   from logits; log q as `log_softmax`, and 1 - q from it without cancellation
/// Source     Lin et al. 2017, equation 5; defaults of Keras
struct categorical_focal_cross_entropy {
  static constexpr std::string_view name = "categorical_focal_cross_entropy";
  double gamma = 2, alpha = 0.25;
  double label_smoothing = 0;
  template <class L, class T, class U> constexpr handle each(var<L, T> logits, var<L, U> labels) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const call_mark here(*logits.h.graph, name, {logits.h, labels.h}, {{"gamma", gamma}, {"alpha", alpha}, {"label_smoothing", label_smoothing}});
    tfx::detail::expect_logits(logits.h, name);
    const handle p = detail::smoothed(labels.h, label_smoothing, L::value.cols());
    const handle log_q = tfx::detail::log_softmax_axes(logits.h, last);
    const handle factor = alpha * pow(-expm1(log_q), gamma);
    return here.gives(-sum_axes(factor * tfx::detail::map_node<detail::weighted_op>(p, log_q), last));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

/// Between cross-entropy (q towards 0) and the mean absolute error (q = 1), for labels of which some are wrong; mean over the batch.
///
///     (1 - p^q) / q,   p = softmax(x)_label
///
/// Shape      as `softmax_cross_entropy`
/// Numerics   from logits, p^q - 1 as expm1(q log p)
/// Source     Zhang and Sabuncu 2018, equation 6
struct categorical_generalized_cross_entropy {
  static constexpr std::string_view name = "categorical_generalized_cross_entropy";
  static constexpr bool class_numbers = true;
  double q = 0.5;
  template <class Logits> using target = softmax_cross_entropy::target<Logits>;
  template <class L, class T, class S, class U> constexpr auto each(var<L, T> logits, var<S, U> labels) const {
    const auto cost = softmax_cross_entropy{}.each(logits, labels);   // -log p
    return decltype(cost){(-1 / q) * expm1(-q * cost.h)};
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
