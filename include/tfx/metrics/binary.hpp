// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/metrics/accuracy.hpp>
#include <tfx/ops/gather.hpp>
#include <tfx/ops/sort.hpp>

/// What is counted of outputs on two sides of a threshold and labels: 0 and 1, as many as outputs, or class numbers [batch, ...]. A
/// NaN is wrong: a false negative or a false positive.
///
/// Options    threshold: of logits 0, of probabilities 0.5
/// Source     Keras
namespace tfx::metric {

namespace detail {
enum class outcome { true_positive, false_positive, true_negative, false_negative };

/// What is taken for positive: what lies above a threshold, or with `top_k` the K largest outputs of a row, whatever they are. With
/// `class_id` only that column counts.
struct side {
  double threshold = 0;
  int top_k = 0, class_id = -1;

  /// Which outputs are on their side, and whether their labels are positive.
  struct answer {
    handle right, positive;
  };
  template <class L, class T, class S, class U> constexpr answer of(var<L, T> y, var<S, U> labels) const {
    builder& g = *y.h.graph;
    handle is = labels.h;
    if constexpr (L::value.rank > 0 && S::value.size() != L::value.size() && !is_floating(dtype_of<U>)) is = one_hot<L::value.cols()>(labels).h;
    const handle positive = map_node<greater_op>(reshape(is, L::value), g.constant(0));
    handle ordered = map_node<equal_op>(y.h, y.h), taken = map_node<greater_op>(y.h, g.constant(threshold));
    if constexpr (L::value.rank > 1) {
      if (top_k > 0) {
        ordered = expand(is_ordered(y.h), L::value);
        taken = among_largest(y.h, L::value);
      }
    }
    return {where(ordered, map_node<equal_op>(taken, positive), 0), positive};
  }
  /// `each`, and 0 in the columns of other classes.
  constexpr handle of_class(handle each, const dims& shape) const {
    builder& g = *each.graph;
    if (class_id < 0) return each;
    if (class_id >= shape.cols()) g.complain("class_id ", class_id, " is none of ", shape.cols(), " classes");
    return where(map_node<equal_op>(column_index(g, shape), g.constant(class_id)), each, 0);
  }

private:
  constexpr handle among_largest(handle y, const dims& shape) const {
    dims compared = shape;
    const int last = shape.rank - 1, k = top_k < shape.extent[last] ? top_k : shape.extent[last];
    compared.extent[last] = k;
    compared.extent[compared.rank++] = 1;
    const handle places = reshape(tfx::detail::sort_rows(stop_gradient(y), k, false).places, compared);
    compared.extent[last + 1] = shape.extent[last];
    const handle is = map_node<equal_op>(column_index(*y.graph, compared), places);
    return reshape(sum_axes(is, 1u << last), shape);
  }
};

template <class Y, class Target, class... Weight> constexpr number outcomes(outcome which, side s, Y y, Target labels, Weight... weight) {
  const auto [right, positive] = s.of(y, labels);
  const auto sum = [&](handle each) { return total(s.of_class(each, Y::dim), weight...); };
  switch (which) {
    case outcome::true_positive: return sum(where(positive, right, 0));
    case outcome::false_positive: return sum(where(positive, 0, where(right, 0, 1)));
    case outcome::true_negative: return sum(where(positive, 0, right));
    default: return sum(where(right, 0, positive));
  }
}

/// How often something happens.
template <outcome Which> struct outcome_count {
  static constexpr std::string_view name = Which == outcome::true_positive    ? "true_positives"
                                           : Which == outcome::false_positive ? "false_positives"
                                           : Which == outcome::true_negative  ? "true_negatives"
                                                                              : "false_negatives";
  static constexpr int counts = 1;
  double threshold = 0;
  constexpr auto count(auto y, auto t, auto... w) const { return outcomes(Which, {threshold}, y, t, w...); }
  static constexpr double finish(const double* c) { return c[0]; }
};
/// How often something happens, of that and something else.
template <outcome Right, outcome Wrong> struct outcome_share {
  static constexpr std::string_view name = Right == outcome::true_negative ? "specificity" : Wrong == outcome::false_positive ? "precision" : "recall";
  static constexpr int counts = 2;
  double threshold = 0;
  int top_k = 0, class_id = -1;
  constexpr auto count(auto y, auto t, auto... w) const {
    const side s{threshold, top_k, class_id};
    return outputs(outcomes(Right, s, y, t, w...), outcomes(Wrong, s, y, t, w...));
  }
  static constexpr double finish(const double* c) { return share(c[0], c[0] + c[1]); }
};
}  // namespace detail

using true_positives = detail::outcome_count<detail::outcome::true_positive>;
using false_positives = detail::outcome_count<detail::outcome::false_positive>;
using true_negatives = detail::outcome_count<detail::outcome::true_negative>;
using false_negatives = detail::outcome_count<detail::outcome::false_negative>;

/// Right ones among those that are taken for positive; 0 if none is.
///
///     metric::precision{.top_k = 5}    metric::named("cats", metric::recall{.class_id = 3})
///
/// Options    top_k: the K largest outputs of a row are taken, whatever they are, of equal ones the first; class_id: only this class
using precision = detail::outcome_share<detail::outcome::true_positive, detail::outcome::false_positive>;
/// Right ones among the positive; 0 if there are none. Options as `precision`.
using recall = detail::outcome_share<detail::outcome::true_positive, detail::outcome::false_negative>;
/// Right ones among the negative; 0 if there are none. Options as `precision`.
using specificity = detail::outcome_share<detail::outcome::true_negative, detail::outcome::false_positive>;

/// Intersection over union, the mean of that of the positive and that of the negative; without the one that does not occur.
struct binary_iou {
  static constexpr std::string_view name = "binary_iou";
  static constexpr int counts = 3;
  double threshold = 0;
  constexpr auto count(auto y, auto t, auto... w) const {
    using enum detail::outcome;
    const auto of = [&](detail::outcome which) { return detail::outcomes(which, {threshold}, y, t, w...); };
    return outputs(of(true_positive), of(true_negative), of(false_positive) + of(false_negative));
  }
  static constexpr double finish(const double* c) {
    const double positive = detail::share(c[0], c[0] + c[2]), negative = detail::share(c[1], c[1] + c[2]);
    return detail::share(positive + negative, (c[0] + c[2] > 0) + (c[1] + c[2] > 0));
  }
};

}  // namespace tfx::metric
