// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/metrics/accuracy.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/gather.hpp>

/// What is read off the curve along which a threshold goes, of binary outputs and labels 0 and 1, as many as outputs.
namespace tfx::metric {

namespace detail {

/// Positive and negative examples by the cells between evenly spaced thresholds: cell k is (k, k + 1] / cells, the first one has 0
/// too. A NaN lies at the wrong end. Of several labels, the last axis, each has its own.
template <int Thresholds, int Labels = 1> struct threshold_grid {
  static_assert(Thresholds >= 2 && Labels >= 1, "tfx::metric: two thresholds and a label at least");
  static constexpr int cells = Thresholds - 1, counts_of_label = 2 * cells, counts = Labels * counts_of_label;

  template <class L, class T, class S, class U, class... Weight>
  static constexpr auto count(bool from_logits, var<L, T> y, var<S, U> labels, Weight... weight) {
    using Counts = var<shape<counts>>;
    builder& g = *y.h.graph;
    if (Labels > 1 && L::value.cols() != Labels) g.complain("auc expects outputs [batch, ..., ", Labels, "], got ", L::value);
    const handle positive = map_node<greater_op>(reshape(labels.h, L::value), g.constant(0));
    const handle p = from_logits ? sigmoid(y).h : y.h, cell = clip(ceil(p * double(cells)) - 1, 0, cells - 1);
    const handle placed = where(map_node<equal_op>(p, p), cell, where(positive, 0, cells - 1));
    const dims rows{2, {L::value.size(), 1}, L::value.bounded};
    handle each = expand(g.constant(1), L::value);
    ((each = each * tfx::detail::spread_over(untyped(weight), each.shape().rank)), ...);
    handle place = where(positive, placed, placed + double(cells));
    if (Labels > 1) place = place + double(counts_of_label) * as_type(column_index(g, L::value), dtype::real_type);
    return Counts{reshape(tfx::detail::scatter_rows(reshape(each, rows), reshape(place, rows), dims{2, {counts, 1}, false}), Counts::dim)};
  }

  /// Those above a threshold, which have been taken for positive, and all.
  struct point {
    double tp, fp, positives, negatives;
    constexpr double precision() const { return share(tp, tp + fp); }
    constexpr double recall() const { return share(tp, positives); }
    constexpr double specificity() const { return share(negatives - fp, negatives); }
    constexpr double false_positive_rate() const { return share(fp, negatives); }
  };
  /// Calls f(point) for each threshold, from the highest to the lowest.
  template <class F> static constexpr void each_point(const double* c, F f) {
    point at{};
    for (int k = 0; k < cells; ++k) at.positives += c[k], at.negatives += c[cells + k];
    f(at);
    for (int k = cells - 1; k >= 0; --k) {
      at.tp += c[k];
      at.fp += c[cells + k];
      f(at);
    }
  }
  /// The largest value at a threshold where another one is at least so large; 0 if there is none.
  using value_at = double (point::*)() const;
  static constexpr double largest(const double* c, value_at value, value_at other, double least) {
    double most = 0;
    each_point(c, [&](const point& at) { if ((at.*other)() >= least && (at.*value)() > most) most = (at.*value)(); });
    return most;
  }
};

}  // namespace detail

/// Receiver operating characteristic: true over false positive rate. Precision over recall.
enum curve_kind { roc, pr };

/// Area under a curve, from counts at `Thresholds` evenly spaced thresholds from 0 to 1; 0 if all labels are the same.
///
///     recipe(loss::binary_cross_entropy{}, optim::adam{}, metric::auc<>{})
///     metric::auc<200, 5>{}      // five labels of an example, [batch, ..., 5]: the mean of their areas
///
/// The ROC curve is a line between two thresholds: the area is the share of pairs of a positive and a negative example in the right
/// order, where two between the same thresholds count half. So it is off by at most half the share of pairs that lie between the
/// same thresholds, and exact if those are pairs of equal scores. Between two points of the precision-recall curve true and false
/// positives grow in proportion.
///
/// Options    from_logits: the sigmoid of the outputs is looked at; else they are probabilities
/// Numerics   a NaN lies at the wrong end
/// Source     Keras; Davis and Goadrich 2006, section 4
template <int Thresholds = 200, int Labels = 1> struct auc {
  static constexpr std::string_view name = "auc";
  using grid = detail::threshold_grid<Thresholds, Labels>;
  static constexpr int counts = grid::counts;
  curve_kind curve = roc;
  bool from_logits = true;
  constexpr auto count(auto y, auto labels, auto... weight) const { return grid::count(from_logits, y, labels, weight...); }
  constexpr double finish(const double* c) const {
    double sum = 0;
    for (int k = 0; k < Labels; ++k) sum += area(c + k * grid::counts_of_label);
    return sum / Labels;
  }

private:
  constexpr double area(const double* c) const {
    double area = 0;
    typename grid::point before{};
    grid::each_point(c, [&](const typename grid::point& at) {
      if (curve == roc) {
        area += (at.false_positive_rate() - before.false_positive_rate()) * (at.recall() + before.recall()) / 2;
      } else if (const double taken = at.tp + at.fp, less = before.tp + before.fp; taken > less) {
        const double slope = (at.tp - before.tp) / (taken - less), rest = before.tp - slope * less;
        const double curved = less > 0 ? rest * lanes::math::log(taken / less) : 0;
        area += detail::share(slope * (at.tp - before.tp + curved), at.positives);
      }
      before = at;
    });
    return area;
  }
};

/// The largest precision at a threshold with at least this recall; 0 if there is none.
template <int Thresholds = 200> struct precision_at_recall {
  static constexpr std::string_view name = "precision_at_recall";
  using grid = detail::threshold_grid<Thresholds>;
  static constexpr int counts = grid::counts;
  double recall = 0.5;
  bool from_logits = true;
  constexpr auto count(auto y, auto labels, auto... weight) const { return grid::count(from_logits, y, labels, weight...); }
  constexpr double finish(const double* c) const { return grid::largest(c, &grid::point::precision, &grid::point::recall, recall); }
};
/// The largest recall at a threshold with at least this precision; 0 if there is none.
template <int Thresholds = 200> struct recall_at_precision {
  static constexpr std::string_view name = "recall_at_precision";
  using grid = detail::threshold_grid<Thresholds>;
  static constexpr int counts = grid::counts;
  double precision = 0.5;
  bool from_logits = true;
  constexpr auto count(auto y, auto labels, auto... weight) const { return grid::count(from_logits, y, labels, weight...); }
  constexpr double finish(const double* c) const { return grid::largest(c, &grid::point::recall, &grid::point::precision, precision); }
};
/// The largest sensitivity (recall) at a threshold with at least this specificity; 0 if there is none.
template <int Thresholds = 200> struct sensitivity_at_specificity {
  static constexpr std::string_view name = "sensitivity_at_specificity";
  using grid = detail::threshold_grid<Thresholds>;
  static constexpr int counts = grid::counts;
  double specificity = 0.5;
  bool from_logits = true;
  constexpr auto count(auto y, auto labels, auto... weight) const { return grid::count(from_logits, y, labels, weight...); }
  constexpr double finish(const double* c) const { return grid::largest(c, &grid::point::recall, &grid::point::specificity, specificity); }
};
/// The largest specificity at a threshold with at least this sensitivity (recall); 0 if there is none.
template <int Thresholds = 200> struct specificity_at_sensitivity {
  static constexpr std::string_view name = "specificity_at_sensitivity";
  using grid = detail::threshold_grid<Thresholds>;
  static constexpr int counts = grid::counts;
  double sensitivity = 0.5;
  bool from_logits = true;
  constexpr auto count(auto y, auto labels, auto... weight) const { return grid::count(from_logits, y, labels, weight...); }
  constexpr double finish(const double* c) const { return grid::largest(c, &grid::point::specificity, &grid::point::recall, sensitivity); }
};

}  // namespace tfx::metric
