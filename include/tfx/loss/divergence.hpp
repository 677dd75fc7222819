// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/regression.hpp>
#include <tfx/ops/math.hpp>

namespace tfx::loss {

/// Kullback and Leibler's divergence of targets from outputs, both distributions along the last axis, mean over the rows.
///
///     sum_c t_c log(t_c / y_c)
///
/// Outputs are probabilities. From logits, `softmax_cross_entropy_dense` has the same gradient, with more digits.
///
/// Shape      y, t: [batch, ..., C]  ->  []
/// Numerics   what has probability 0 counts as nothing, and if only y has, the divergence is infinite: nothing is cut at an epsilon,
///            as Keras does
struct kl_divergence {
  static constexpr std::string_view name = "kl_divergence";
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    const call_mark here(*y.h.graph, name, {y.h, t.h});
    return here.gives(sum_axes(xlogy(t.h, t.h) - xlogy(t.h, y.h), 1u << (L::value.rank - 1)));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

/// Negative log-likelihood of counts t under rates y, without what y does not change: mean(y - t log(y + epsilon)) over everything.
///
/// Source     epsilon as in Keras
struct poisson {
  static constexpr std::string_view name = "poisson";
  double epsilon = 1e-7;
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    return detail::each_of(name, y, t, [e = epsilon](handle a, handle b) { return a - xlogy(b, a + e); });
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
