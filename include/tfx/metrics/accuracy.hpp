// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/metrics/metric.hpp>
#include <tfx/ops/softmax.hpp>

namespace tfx::metric {

namespace detail {

/// 0 where a row has a NaN, else 1: nothing is the largest of such a row, wherever `argmax` points.
constexpr handle is_ordered(handle y) {
  const handle largest = max_axes(stop_gradient(y), 1u << (y.shape().rank - 1));
  return map_node<equal_op>(largest, largest);
}
/// The largest output of each row, the class that it should be, both [batch, ...], and whether neither has a NaN.
struct class_choice {
  handle taken, wanted, ordered;
};
template <class L, class T, class S, class U> constexpr class_choice choose_class(var<L, T> y, var<S, U> labels) {
  const handle taken = argmax(y).h, ordered = reshape(is_ordered(y.h), taken.shape());
  if constexpr (!is_floating(dtype_of<U>)) return {taken, reshape(labels.h, taken.shape()), ordered};
  else return {taken, argmax(labels).h, where(reshape(is_ordered(labels.h), taken.shape()), ordered, 0)};
}

/// What a share of hits counts, and what it is.
template <class... Weight> constexpr auto hits(handle hit, Weight... weight) {
  return bundle<number, number>(total(hit, weight...), amount(hit, weight...));
}
constexpr number share_of(handle hit) { return {reshape(tfx::detail::mean_axes(hit, all_axes(hit.shape())), dims{})}; }

}  // namespace detail

/// Share of rows whose largest output is the label's class. A row with a NaN is not right.
///
/// Shape      y: [batch, ..., C], labels: [batch, ...] class numbers, or as y: a distribution, whose largest is meant
/// Source     Keras: categorical_accuracy, sparse_categorical_accuracy
struct accuracy {
  static constexpr std::string_view name = "accuracy";
  static constexpr int counts = 2;
  template <class Y, class Target> static constexpr handle hit(Y y, Target labels) {
    const detail::class_choice c = detail::choose_class(y, labels);
    return where(c.ordered, detail::map_node<equal_op>(c.taken, c.wanted), 0);
  }
  constexpr auto operator()(auto y, auto labels) const { return detail::share_of(hit(y, labels)); }
  constexpr auto count(auto y, auto labels, auto... weight) const { return detail::hits(hit(y, labels), weight...); }
  static constexpr double finish(const double* c) { return detail::share(c[0], c[1]); }
};

/// Share of rows whose label is among the `K` largest outputs. Outputs equal to the label's do not push it out. A row with a
/// NaN, or with a label that is no class, is not right.
///
/// Shape      y: [batch, ..., C], labels: [batch, ...] class numbers, or as y: one-hot
/// Source     Keras: top_k_categorical_accuracy, sparse_top_k_categorical_accuracy
template <int K> struct top_k_accuracy {
  static constexpr std::string_view name = "top_k_accuracy";
  static constexpr int counts = 2;
  template <class L, class T, class S, class U> static constexpr handle hit(var<L, T> y, var<S, U> labels) {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    handle own_column = labels.h;
    if constexpr (!is_floating(dtype_of<U>)) own_column = reshape(one_hot<L::value.cols()>(labels).h, L::value);
    const handle own = max_axes(where(own_column, y.h, -__builtin_huge_val()), last);
    const handle larger = sum_axes(detail::map_node<greater_op>(y.h, own), last);
    const handle among = detail::map_node<less_op>(larger, y.h.graph->constant(K));
    const handle counted = where(sum_axes(own_column, last), detail::is_ordered(y.h), 0);   // a label that is no class has no column
    return where(reshape(counted, among.shape()), among, 0);
  }
  constexpr auto operator()(auto y, auto labels) const { return detail::share_of(hit(y, labels)); }
  constexpr auto count(auto y, auto labels, auto... weight) const { return detail::hits(hit(y, labels), weight...); }
  static constexpr double finish(const double* c) { return detail::share(c[0], c[1]); }
};

/// Share of outputs on the right side of a threshold, for labels 0 and 1. A NaN is not right.
///
/// Options    threshold: of logits 0, of probabilities 0.5
struct binary_accuracy {
  static constexpr std::string_view name = "binary_accuracy";
  static constexpr int counts = 2;
  double threshold = 0;
  template <class L, class T, class S, class U> constexpr handle hit(var<L, T> y, var<S, U> labels) const {
    const handle positive = detail::map_node<greater_op>(y.h, y.h.graph->constant(threshold));
    const handle right = detail::map_node<equal_op>(positive, reshape(labels.h, L::value));
    return where(detail::map_node<equal_op>(y.h, y.h), right, 0);
  }
  constexpr auto operator()(auto y, auto labels) const { return detail::share_of(hit(y, labels)); }
  constexpr auto count(auto y, auto labels, auto... weight) const { return detail::hits(hit(y, labels), weight...); }
  static constexpr double finish(const double* c) { return detail::share(c[0], c[1]); }
};

}  // namespace tfx::metric
