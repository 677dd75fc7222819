// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/loss.hpp>
#include <tfx/ops/math.hpp>

/// Losses of what is near and what is far: of pairs and of triples.
namespace tfx::loss {

/// Pairs of the same kind are to be near each other, others at least `margin` apart. Mean over all pairs.
///
///     t d^2 + (1 - t) max(margin - d, 0)^2
///
/// Shape      distance: [batch, ...], same (1 for pairs of a kind, else 0): the same  ->  []
/// Source     Hadsell, Chopra and LeCun 2006, equation 4, without the halves
struct contrastive {
  static constexpr std::string_view name = "contrastive";
  double margin = 1;
  template <class L, class T, class S, class U> constexpr var<L> each(var<L, T> distance, var<S, U> same) const {
    static_assert(S::value.size() == L::value.size(), "tfx::loss::contrastive: one label per distance");
    const call_mark here(*distance.h.graph, name, {distance.h, same.h}, {{"margin", margin}});
    const handle d = distance.h, t = reshape(same.h, L::value), short_of = maximum(margin - d, 0);
    return here.gives(var<L>{t * (d * d) + (1 - t) * (short_of * short_of)});
  }
  constexpr auto operator()(auto distance, auto same, auto... weight) const { return mean_loss(*this, distance, same, weight...); }
};

/// What is of one kind is to be nearer to each other, by `margin`, than to what is of another. Mean over all triples, in steps of
/// one's own: `loss::triplet{}(anchor, positive, negative)`.
///
///     max(|a - p| - |a - n| + margin, 0),   |x| the Euclidean norm of x + 1e-6 along the last axis
///
/// Shape      anchor, positive, negative: [batch, ..., C]  ->  []
/// Source     Schroff, Kalenichenko and Philbin 2015, with distances that are not squared, as PyTorch's TripletMarginLoss
struct triplet {
  static constexpr std::string_view name = "triplet";
  double margin = 1;
  template <class L, class T, class U, class V> constexpr handle each(var<L, T> anchor, var<L, U> positive, var<L, V> negative) const {
    static_assert(L::value.rank > 1, "tfx::loss::triplet: vectors [batch, ..., C]");
    const call_mark here(*anchor.h.graph, name, {anchor.h, positive.h, negative.h}, {{"margin", margin}});
    const auto distance = [&](handle b) {
      const handle d = anchor.h - b + 1e-6;
      return sqrt(sum_axes(d * d, 1u << (L::value.rank - 1)));
    };
    return here.gives(maximum(distance(positive.h) - distance(negative.h) + margin, 0));
  }
  constexpr auto operator()(auto anchor, auto positive, auto negative, auto... weight) const {
    return mean_of_examples(each(anchor, positive, negative), weight...);
  }
};

}  // namespace tfx::loss
