// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/metrics/accuracy.hpp>
#include <tfx/ops/gather.hpp>

namespace tfx::metric {

/// How often the class i was taken for the class j: `result.counts("confusion_matrix")[i * Classes + j]`. Behind the matrix stands the
/// number of rows that have no place in it: those with a NaN, or with a label that is no class. Shown is the accuracy.
///
/// Shape      y: [batch, ..., Classes], labels: [batch, ...] class numbers, or as y: a distribution, whose largest is meant
/// Cost       one pass over the rows
template <int Classes> struct confusion_matrix {
  static constexpr std::string_view name = "confusion_matrix";
  static constexpr int counts = Classes * Classes + 1;
  template <class L, class T, class S, class U, class... Weight> constexpr auto count(var<L, T> y, var<S, U> labels, Weight... weight) const {
    using Counts = var<shape<counts>>;
    builder& g = *y.h.graph;
    if constexpr (L::value.cols() != Classes) {
      g.complain("confusion_matrix<", Classes, "> expects outputs [batch, ..., ", Classes, "], got ", L::value);
      return Counts{expand(g.constant(0), Counts::dim)};
    } else {
      const detail::class_choice c = detail::choose_class(y, labels);
      const handle is_class = detail::map_node<equal_op>(clip(c.wanted, 0, Classes - 1), c.wanted);
      const handle cell = where(where(is_class, c.ordered, 0), c.wanted * Classes + c.taken, counts - 1);
      const dims rows{2, {cell.shape().size(), 1}, cell.shape().bounded};
      handle each = expand(g.constant(1), cell.shape());
      ((each = each * tfx::detail::spread_over(untyped(weight), each.shape().rank)), ...);
      return Counts{reshape(tfx::detail::scatter_rows(reshape(each, rows), reshape(cell, rows), dims{2, {counts, 1}, false}), Counts::dim)};
    }
  }
  static constexpr double finish(const double* c) {
    double right = 0, all = 0;
    for (int i = 0; i < counts; ++i) all += c[i];
    for (int i = 0; i < Classes; ++i) right += c[i * Classes + i];
    return detail::share(right, all);
  }
};

namespace detail {
/// Mean over some classes of how many rows of the class were taken for it, of those that belong to it or were taken for it; without
/// the classes of which there are none. A row without a place in the matrix is an error of no class.
template <int Classes, int N> constexpr double intersection_over_union(const double* c, const int (&classes)[N]) {
  double sum = 0;
  int found = 0;
  for (const int k : classes) {
    double either = -c[k * Classes + k];
    for (int j = 0; j < Classes; ++j) either += c[k * Classes + j] + c[j * Classes + k];
    if (either <= 0) continue;
    sum += c[k * Classes + k] / either;
    ++found;
  }
  return share(sum, found);
}
}  // namespace detail

/// Mean intersection over union of the classes `Class...`; of a class the right ones among those that are, or are taken for, it.
///
/// Shape      as `confusion_matrix`, which is what is counted
/// Source     Keras: IoU, OneHotIoU
template <int Classes, int... Class> struct iou {
  static_assert(sizeof...(Class) > 0 && ((Class >= 0 && Class < Classes) && ...), "tfx::metric::iou<Classes, Class...>: some of the classes");
  static constexpr std::string_view name = "iou";
  static constexpr int counts = confusion_matrix<Classes>::counts;
  constexpr auto count(auto y, auto labels, auto... weight) const { return confusion_matrix<Classes>{}.count(y, labels, weight...); }
  static constexpr double finish(const double* c) { return detail::intersection_over_union<Classes>(c, {Class...}); }
};
/// The same of all classes.
///
/// Source     Keras: MeanIoU, OneHotMeanIoU
template <int Classes> struct mean_iou {
  static constexpr std::string_view name = "mean_iou";
  static constexpr int counts = confusion_matrix<Classes>::counts;
  constexpr auto count(auto y, auto labels, auto... weight) const { return confusion_matrix<Classes>{}.count(y, labels, weight...); }
  static constexpr double finish(const double* c) {
    int all[Classes] = {};
    for (int k = 0; k < Classes; ++k) all[k] = k;
    return detail::intersection_over_union<Classes>(c, all);
  }
};

}  // namespace tfx::metric
