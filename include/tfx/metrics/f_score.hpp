// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/metrics/accuracy.hpp>
#include <tfx/ops/gather.hpp>

namespace tfx::metric {

/// How one number is made of those of the classes: their mean, that of all classes counted together, or their mean weighted with
/// how many rows they have.
enum average { macro, micro, by_support };

/// Weighted harmonic mean of precision and recall.
///
///     (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)
///
/// Of several classes the largest output is taken, unless they are `multi_label`: then, as with one class, each output above a
/// threshold is. What never occurs and is never taken has 0. A NaN is wrong.
///
/// Shape      y: [batch, ..., Classes]; labels as y, 0 and 1, or class numbers [batch, ...]
/// Options    threshold: of logits 0, of probabilities 0.5
/// Counts     true positives, false positives and false negatives, of each class
/// Source     van Rijsbergen 1979; Keras
template <int Classes = 1> struct fbeta_score {
  static constexpr std::string_view name = "fbeta_score";
  static constexpr int counts = 3 * Classes;
  double beta = 1;
  average over = macro;
  bool multi_label = Classes == 1;
  double threshold = 0;

  template <class L, class T, class S, class U, class... Weight> constexpr auto count(var<L, T> y, var<S, U> labels, Weight... weight) const {
    using Counts = var<shape<Classes>>;
    if constexpr (L::value.cols() != Classes) {
      y.h.graph->complain(name, "<", Classes, "> expects outputs [batch, ..., ", Classes, "], got ", L::value);
      const Counts nothing{expand(y.h.graph->constant(0), Counts::dim)};
      return outputs(nothing, nothing, nothing);
    } else {
      handle is = labels.h;
      if constexpr (!is_floating(dtype_of<U>) && S::value.size() != L::value.size()) is = one_hot<Classes>(labels).h;
      is = as_type(reshape(is, L::value), dtype::real_type);
      handle taken;
      if (multi_label) {
        taken = where(detail::map_node<equal_op>(y.h, y.h), detail::map_node<greater_op>(y.h, y.h.graph->constant(threshold)), 1 - is);
      } else {
        taken = where(detail::is_ordered(y.h), one_hot<Classes>(argmax(y)).h, 0);
      }
      const auto of_class = [&](handle each) {
        each = expand(as_type(each, dtype::real_type), L::value);
        ((each = each * tfx::detail::spread_over(untyped(weight), each.shape().rank)), ...);
        return Counts{reshape(sum_axes(each, detail::all_axes(L::value) >> 1), Counts::dim)};
      };
      return outputs(of_class(taken * is), of_class(taken * (1 - is)), of_class((1 - taken) * is));
    }
  }
  constexpr double finish(const double* c) const {
    const double b = beta * beta;
    const auto score = [b](double tp, double fp, double fn) { return detail::share((1 + b) * tp, (1 + b) * tp + b * fn + fp); };
    double sum[3] = {}, mean = 0;
    for (int k = 0; k < Classes; ++k) {
      const double tp = c[k], fp = c[Classes + k], fn = c[2 * Classes + k], one = score(tp, fp, fn);
      mean += over == by_support ? one * (tp + fn) : one / Classes;
      sum[0] += tp;
      sum[1] += fp;
      sum[2] += fn;
    }
    if (over == micro) return score(sum[0], sum[1], sum[2]);
    return over == macro ? mean : detail::share(mean, sum[0] + sum[2]);
  }
};

/// Harmonic mean of precision and recall: `fbeta_score` with beta 1.
template <int Classes = 1> struct f1_score {
  static constexpr std::string_view name = "f1_score";
  static constexpr int counts = 3 * Classes;
  average over = macro;
  bool multi_label = Classes == 1;
  double threshold = 0;
  constexpr auto count(auto y, auto t, auto... w) const { return as_fbeta().count(y, t, w...); }
  constexpr double finish(const double* c) const { return as_fbeta().finish(c); }

private:
  constexpr fbeta_score<Classes> as_fbeta() const { return {1, over, multi_label, threshold}; }
};

}  // namespace tfx::metric
