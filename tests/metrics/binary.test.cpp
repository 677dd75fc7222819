// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <doctest/doctest.h>

#include <cmath>

#include "../fixtures/metrics.hpp"
#include "over_batches.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using set = fixtures::binary_metrics;
using weighted_set = fixtures::weighted_binary_metrics;

inline constexpr auto watched = recipe(
    loss::binary_cross_entropy{}, optim::sgd{}, metric::binary_accuracy{}, metric::true_positives{}, metric::false_positives{}, metric::true_negatives{},
    metric::false_negatives{}, metric::precision{}, metric::recall{}, metric::specificity{}, metric::named("precision_at_1", metric::precision{.threshold = 1.03}),
    metric::f1_score<>{}, metric::fbeta_score<>{.beta = 2.5}, metric::binary_iou{});
inline constexpr auto watched_weighted = recipe(
    loss::binary_cross_entropy{}, optim::sgd{}, metric::weighted(metric::binary_accuracy{}), metric::weighted(metric::true_positives{}),
    metric::weighted(metric::false_positives{}), metric::weighted(metric::true_negatives{}), metric::weighted(metric::false_negatives{}),
    metric::weighted(metric::precision{}), metric::weighted(metric::recall{}), metric::weighted(metric::specificity{}),
    metric::named("precision_at_1", metric::weighted(metric::precision{.threshold = 1.03})), metric::weighted(metric::f1_score<>{}),
    metric::weighted(metric::fbeta_score<>{.beta = 2.5}), metric::weighted(metric::binary_iou{}));
inline constexpr auto curves = recipe(
    loss::binary_cross_entropy{}, optim::sgd{}, metric::auc<>{}, metric::named("auc_pr", metric::auc<>{.curve = metric::pr}),
    metric::named("auc_7", metric::auc<7>{}), metric::named("auc_pr_7", metric::auc<7>{.curve = metric::pr}), metric::precision_at_recall<>{.recall = 0.8},
    metric::recall_at_precision<>{.precision = 0.8}, metric::sensitivity_at_specificity<>{.specificity = 0.9},
    metric::specificity_at_sensitivity<>{.sensitivity = 0.9});
inline constexpr auto curves_weighted = recipe(
    loss::binary_cross_entropy{}, optim::sgd{}, metric::weighted(metric::auc<>{}), metric::named("auc_pr", metric::weighted(metric::auc<>{.curve = metric::pr})),
    metric::named("auc_7", metric::weighted(metric::auc<7>{})), metric::named("auc_pr_7", metric::weighted(metric::auc<7>{.curve = metric::pr})),
    metric::weighted(metric::precision_at_recall<>{.recall = 0.8}), metric::weighted(metric::recall_at_precision<>{.precision = 0.8}),
    metric::weighted(metric::sensitivity_at_specificity<>{.specificity = 0.9}), metric::weighted(metric::specificity_at_sensitivity<>{.sensitivity = 0.9}));

void near(double found, double expected) { CHECK(std::abs(found - expected) <= 1e-12 * std::max(1.0, std::abs(expected))); }

template <class Set, class All> void check_sides(const All& all) {
  for (const auto& r : all) {
    near(r["binary_accuracy"], Set::binary_accuracy);
    near(r["true_positives"], Set::true_positives);
    near(r["false_positives"], Set::false_positives);
    near(r["true_negatives"], Set::true_negatives);
    near(r["false_negatives"], Set::false_negatives);
    near(r["precision"], Set::precision);
    near(r["recall"], Set::recall);
    near(r["specificity"], Set::specificity);
    near(r["precision_at_1"], Set::precision_at_1);
    near(r["f1_score"], Set::f1_score);
    near(r["fbeta_score"], Set::fbeta_score);
    near(r["binary_iou"], Set::binary_iou);
  }
}
template <class Set, class All> void check_curves(const All& all) {
  for (const auto& r : all) {
    near(r["auc"], Set::auc);
    near(r["auc_pr"], Set::auc_pr);
    near(r["auc_7"], Set::auc_7);
    near(r["auc_pr_7"], Set::auc_pr_7);
    near(r["precision_at_recall"], Set::precision_at_recall);
    near(r["recall_at_precision"], Set::recall_at_precision);
    near(r["sensitivity_at_specificity"], Set::sensitivity_at_specificity);
    near(r["specificity_at_sensitivity"], Set::specificity_at_sensitivity);
    // On a grid: off by at most half of the pairs between the same thresholds.
    const auto cells = r.counts("auc_7");
    double apart = 0, positive = 0, negative = 0;
    for (std::size_t k = 0; k < 6; ++k) apart += cells[k] * cells[6 + k], positive += cells[k], negative += cells[6 + k];
    CHECK(std::abs(r["auc_7"] - Set::roc_auc) <= apart / (2 * positive * negative));
    CHECK(std::abs(r["auc_7"] - Set::roc_auc) > 1e-4);
  }
}

TEST_CASE("two sides of a threshold, over batches of any cut") {
  check_sides<set>(in_batches<watched, 317, 1>(set::logits, set::labels));
  check_sides<weighted_set>(in_batches<watched_weighted, 317, 1>(weighted_set::logits, weighted_set::labels, weighted_set::weight));
}
TEST_CASE("what is read off curves, over batches of any cut") {
  check_curves<set>(in_batches<curves, 317, 1>(set::logits, set::labels));
  check_curves<weighted_set>(in_batches<curves_weighted, 317, 1>(weighted_set::logits, weighted_set::labels, weighted_set::weight));
}

TEST_CASE("a NaN is wrong, and nothing is NaN where nothing is") {
  const double nan = std::nan("");
  const auto wrong = evaluated<watched, 317, 1, false>(7, std::vector<double>{nan, nan, nan}, std::vector<double>{1, 0, 0}, {});
  CHECK(wrong["binary_accuracy"] == 0);
  CHECK(wrong["false_negatives"] == 1);
  CHECK(wrong["false_positives"] == 2);
  CHECK(wrong["true_positives"] + wrong["true_negatives"] == 0);
  for (const char* name : {"precision", "recall", "specificity", "f1_score", "binary_iou"}) CHECK(wrong[name] == 0);
  const auto worst = evaluated<curves, 317, 1, false>(7, std::vector<double>{nan, nan, 1, 0}, std::vector<double>{1, 0, 0, 1}, {});
  CHECK(worst["auc"] == 0);
  // Labels of one kind: no curve, no precision.
  const auto negative = evaluated<curves, 317, 1, false>(7, std::vector<double>{1, -1}, std::vector<double>{0, 0}, {});
  for (const auto name : negative.names()) CHECK(negative[name] == negative[name]);
  CHECK(negative["auc"] == 0);
  const auto sides = evaluated<watched, 317, 1, false>(7, std::vector<double>{-1, -1}, std::vector<double>{0, 0}, {});
  CHECK(sides["binary_accuracy"] == 1);
  for (const char* name : {"precision", "recall", "f1_score"}) CHECK(sides[name] == 0);
}

inline constexpr auto of_probabilities = recipe(loss::binary_cross_entropy{}, optim::sgd{}, metric::auc<>{.from_logits = false}, metric::binary_accuracy{.threshold = 0.5});
TEST_CASE("probabilities") {
  const auto r = evaluated<of_probabilities, 7, 1, false>(7, std::vector<double>{0.1, 0.4, 0.35, 0.8, 0, 1}, std::vector<double>{0, 0, 1, 1, 0, 1}, {});
  CHECK(r["auc"] == doctest::Approx(8 / 9.0));   // one of nine pairs is in the wrong order
  CHECK(r["binary_accuracy"] == doctest::Approx(5 / 6.0));
}

inline constexpr auto pixels = recipe(loss::binary_cross_entropy{}, optim::sgd{}, metric::recall{}, metric::auc<>{}, metric::binary_accuracy{});
TEST_CASE("several outputs of an example, and batches of fewer rows") {
  const auto all = in_batches<pixels, 63, 5>(std::vector<double>(set::logits.begin(), set::logits.begin() + 315), std::vector<double>(set::labels.begin(), set::labels.begin() + 315));
  const auto alone = evaluated<pixels, 315, 1, false>(315, std::vector<double>(set::logits.begin(), set::logits.begin() + 315), std::vector<double>(set::labels.begin(), set::labels.begin() + 315), {});
  for (const auto& r : all)
    for (const char* name : {"recall", "auc", "binary_accuracy"}) CHECK(r[name] == alone[name]);
}

}  // namespace
