// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <doctest/doctest.h>

#include <cmath>

#include "../fixtures/metrics.hpp"
#include "over_batches.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using set = fixtures::class_metrics;
using weighted_set = fixtures::weighted_class_metrics;

inline constexpr auto watched = recipe(
    loss::softmax_cross_entropy{}, optim::sgd{}, metric::accuracy{}, metric::top_k_accuracy<2>{}, metric::confusion_matrix<5>{}, metric::mean_iou<5>{},
    metric::iou<5, 1, 4>{}, metric::f1_score<5>{}, metric::named("f1_micro", metric::f1_score<5>{.over = metric::micro}),
    metric::named("f1_weighted", metric::f1_score<5>{.over = metric::by_support}), metric::fbeta_score<5>{.beta = 0.5});
inline constexpr auto watched_weighted = recipe(
    loss::softmax_cross_entropy{}, optim::sgd{}, metric::weighted(metric::accuracy{}), metric::weighted(metric::top_k_accuracy<2>{}),
    metric::weighted(metric::confusion_matrix<5>{}), metric::weighted(metric::mean_iou<5>{}), metric::weighted(metric::iou<5, 1, 4>{}),
    metric::weighted(metric::f1_score<5>{}), metric::named("f1_micro", metric::weighted(metric::f1_score<5>{.over = metric::micro})),
    metric::named("f1_weighted", metric::weighted(metric::f1_score<5>{.over = metric::by_support})), metric::weighted(metric::fbeta_score<5>{.beta = 0.5}));
inline constexpr auto of_distributions = recipe(loss::softmax_cross_entropy_dense{}, optim::sgd{}, metric::accuracy{}, metric::top_k_accuracy<2>{},
                                                metric::confusion_matrix<5>{}, metric::fbeta_score<5>{.beta = 0.5});

void near(double found, double expected) { CHECK(std::abs(found - expected) <= 1e-12 * std::max(1.0, std::abs(expected))); }

template <class Set, class Result> void check_matrix(const Result& r) {
  const auto cells = r.counts("confusion_matrix");
  REQUIRE(cells.size() == 26);
  for (std::size_t k = 0; k < 25; ++k) CHECK(cells[k] == Set::confusion_matrix[k]);
  CHECK(cells[25] == 0);
}
template <class Set, class All> void check_classes(const All& all) {
  for (const auto& r : all) {
    CHECK(r["accuracy"] == Set::accuracy);   // of counts: to the last bit
    CHECK(r["confusion_matrix"] == Set::accuracy);
    near(r["top_k_accuracy"], Set::top_2);
    check_matrix<Set>(r);
    near(r["mean_iou"], Set::mean_iou);
    near(r["iou"], Set::iou_1_4);
    near(r["f1_score"], Set::f1_macro);
    near(r["f1_micro"], Set::f1_micro);
    near(r["f1_weighted"], Set::f1_weighted);
    near(r["fbeta_score"], Set::fbeta_macro);
  }
}

TEST_CASE("several classes, over batches of any cut") {
  check_classes<set>(in_batches<watched, 253, 5>(set::logits, set::labels));
  check_classes<weighted_set>(in_batches<watched_weighted, 253, 5>(weighted_set::logits, weighted_set::labels, weighted_set::weight));
}

TEST_CASE("labels that are distributions") {
  std::vector<double> one_hot(253 * 5);
  for (std::size_t i = 0; i < 253; ++i) one_hot[5 * i + std::size_t(set::labels[i])] = 1;
  const auto r = evaluated<of_distributions, 253, 5, false>(64, set::logits, one_hot, {});
  CHECK(r["accuracy"] == set::accuracy);
  near(r["top_k_accuracy"], set::top_2);
  check_matrix<set>(r);
  near(r["fbeta_score"], set::fbeta_macro);
}

TEST_CASE("a row with a NaN, and a label that is no class, have no place and are not right") {
  const double nan = std::nan("");
  std::vector<double> logits(6 * 5, 0.0);
  for (std::size_t i = 0; i < 6; ++i) logits[5 * i + 2] = 1;
  logits[0] = logits[5 + 2] = nan;
  const auto r = evaluated<watched, 253, 5, false>(4, logits, std::vector<int>{2, 2, 2, 1, 7, -1}, {});
  const auto cells = r.counts("confusion_matrix");
  CHECK(cells[2 * 5 + 2] == 1);
  CHECK(cells[1 * 5 + 2] == 1);
  CHECK(cells[25] == 4);
  double all = 0;
  for (const double c : cells) all += c;
  CHECK(all == 6);
  for (const char* name : {"accuracy", "confusion_matrix"}) CHECK(r[name] == doctest::Approx(1 / 6.0));
  CHECK(r["top_k_accuracy"] == doctest::Approx(2 / 6.0));   // the label 1 is as large as three others
}

inline constexpr auto two = recipe(loss::softmax_cross_entropy{}, optim::sgd{}, metric::accuracy{}, metric::named("weighted", metric::weighted(metric::accuracy{})),
                                   metric::weighted(loss::softmax_cross_entropy{}));
TEST_CASE("weights are for what is weighted alone") {
  const std::vector<double> logits = {1, 0, 1, 0, 1, 0}, weight = {3, 0.5, 0.5};
  const auto r = evaluated<two, 3, 2, true>(2, logits, std::vector<int>{0, 1, 1}, weight);
  const double right = std::log1p(std::exp(-1)), wrong = 1 + right;
  near(r.metrics[0], 1 / 3.0);
  near(r.metrics[1], 0.75);
  near(r.metrics[2], (3 * right + wrong) / 4);   // of the sum of weights
  near(r.loss, (3 * right + wrong) / 3);         // of the examples
}

inline constexpr auto labels = recipe(
    loss::binary_cross_entropy{}, optim::sgd{}, metric::auc<200, 4>{}, metric::named("auc_pr", metric::auc<200, 4>{.curve = metric::pr}),
    metric::named("auc_7", metric::auc<7, 4>{}), metric::named("precision_top_2", metric::precision{.top_k = 2}),
    metric::named("recall_top_2", metric::recall{.top_k = 2}), metric::named("precision_of_1", metric::precision{.class_id = 1}),
    metric::named("recall_of_1", metric::recall{.class_id = 1}), metric::named("precision_of_1_top_2", metric::precision{.top_k = 2, .class_id = 1}));
inline constexpr auto labels_weighted = recipe(
    loss::binary_cross_entropy{}, optim::sgd{}, metric::weighted(metric::auc<200, 4>{}), metric::named("auc_pr", metric::weighted(metric::auc<200, 4>{.curve = metric::pr})),
    metric::named("auc_7", metric::weighted(metric::auc<7, 4>{})), metric::named("precision_top_2", metric::weighted(metric::precision{.top_k = 2})),
    metric::named("recall_top_2", metric::weighted(metric::recall{.top_k = 2})), metric::named("precision_of_1", metric::weighted(metric::precision{.class_id = 1})),
    metric::named("recall_of_1", metric::weighted(metric::recall{.class_id = 1})),
    metric::named("precision_of_1_top_2", metric::weighted(metric::precision{.top_k = 2, .class_id = 1})));
template <class Set, class All> void check_labels(const All& all) {
  for (const auto& r : all) {
    near(r["auc"], Set::auc);
    near(r["auc_pr"], Set::auc_pr);
    near(r["auc_7"], Set::auc_7);
    near(r["precision_top_2"], Set::precision_top_2);
    near(r["recall_top_2"], Set::recall_top_2);
    near(r["precision_of_1"], Set::precision_of_1);
    near(r["recall_of_1"], Set::recall_of_1);
    near(r["precision_of_1_top_2"], Set::precision_of_1_top_2);
  }
}
TEST_CASE("several labels of an example") {
  check_labels<fixtures::label_metrics>(in_batches<labels, 211, 4>(fixtures::label_metrics::logits, fixtures::label_metrics::labels));
  using weighted_labels = fixtures::weighted_label_metrics;
  check_labels<weighted_labels>(in_batches<labels_weighted, 211, 4>(weighted_labels::logits, weighted_labels::labels, weighted_labels::weight));
}

inline constexpr auto one_class = recipe(loss::softmax_cross_entropy{}, optim::sgd{}, metric::recall{.top_k = 1}, metric::named("of_2", metric::precision{.top_k = 1, .class_id = 2}));
TEST_CASE("a class of class numbers") {
  const double nan = std::nan("");
  // The largest are classes 2, 2 (of two equal ones the first), 0, and of the last row nothing.
  const auto r = evaluated<one_class, 7, 3, false>(7, std::vector<double>{0, 1, 2, 0, 1, 3, 5, 1, 5, nan, 0, 9}, std::vector<double>{2, 0, 0, 2}, {});
  CHECK(r["recall"] == 0.5);   // rows 0 and 2
  CHECK(r["of_2"] == 0.5);     // row 0 and not row 1
}

}  // namespace
