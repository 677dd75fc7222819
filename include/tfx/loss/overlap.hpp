// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/loss.hpp>
#include <tfx/ops/math.hpp>

/// Losses of an example as a whole: how far two vectors point apart, how little two regions share.
namespace tfx::loss {

namespace detail {
/// Along some axes, of length 1; shorter than 1e-7 they keep a part of it, and their direction.
constexpr handle unit_along(handle x, unsigned axes) { return x / sqrt(maximum(sum_axes(x * x, axes), 1e-14)); }
/// All axes but the batch.
constexpr unsigned of_example(const dims& s) { return tfx::detail::all_axes(s) & ~1u; }
}  // namespace detail

/// Minus the cosine of the angle between outputs and targets along the last axis, mean over the rest; 0 for a vector of zeros.
///
/// Shape      y, t: [batch, ..., C]  ->  []
/// Source     Keras, which keeps vectors shorter than 1e-7 from having length 1
struct cosine_similarity {
  static constexpr std::string_view name = "cosine_similarity";
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const call_mark here(*y.h.graph, name, {y.h, t.h});
    return here.gives(-sum_axes(detail::unit_along(y.h, last) * detail::unit_along(t.h, last), last));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

/// Tversky's index of outputs in [0, 1] and targets 0 and 1 of each example, from 1, mean over the batch.
///
///     1 - tp / (tp + alpha fn + beta fp + epsilon),   tp = sum y t, fn = sum (1 - y) t, fp = sum y (1 - t)
///
/// Shape      y, t: [batch, ...]  ->  []
/// Source     Salehi et al. 2017, with alpha where Keras has it; Keras sums over the batch too unless it is told the axes
struct tversky {
  static constexpr std::string_view name = "tversky";
  double alpha = 0.5, beta = 0.5, epsilon = 1e-7;
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    const call_mark here(*y.h.graph, name, {y.h, t.h}, {{"alpha", alpha}, {"beta", beta}});
    const auto sum = [](handle x) { return sum_axes(x, detail::of_example(L::value)); };
    const handle both = sum(y.h * t.h);
    return here.gives(1 - both / (both + alpha * sum((1 - y.h) * t.h) + beta * sum(y.h * (1 - t.h)) + epsilon));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

/// Dice's coefficient of outputs in [0, 1] and targets 0 and 1 of each example, from 1, mean over the batch.
///
///     1 - 2 sum y t / (sum y + sum t + epsilon)
///
/// Shape      y, t: [batch, ...]  ->  []
/// Source     Dice 1945; Keras sums over the batch too unless it is told the axes
struct dice {
  static constexpr std::string_view name = "dice";
  double epsilon = 1e-7;
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    const call_mark here(*y.h.graph, name, {y.h, t.h});
    const auto sum = [](handle x) { return sum_axes(x, detail::of_example(L::value)); };
    return here.gives(1 - 2 * sum(y.h * t.h) / (sum(y.h) + sum(t.h) + epsilon));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
