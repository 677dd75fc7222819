// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <doctest/doctest.h>

#include <cmath>

#include "../fixtures/metrics.hpp"
#include "over_batches.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using set = fixtures::regression_metrics;
using weighted_set = fixtures::weighted_regression_metrics;

inline constexpr auto watched = recipe(
    loss::huber{}, optim::sgd{}, metric::mean_squared_error{}, metric::mean_absolute_error{}, metric::root_mean_squared_error{}, metric::r2_score<3>{},
    metric::cosine_similarity{}, metric::pearson_correlation{}, metric::concordance_correlation{}, metric::sum{}, metric::mean{});
inline constexpr auto watched_weighted = recipe(
    loss::huber{}, optim::sgd{}, metric::weighted(metric::mean_squared_error{}), metric::weighted(metric::mean_absolute_error{}),
    metric::weighted(metric::root_mean_squared_error{}), metric::weighted(metric::r2_score<3>{}), metric::weighted(metric::cosine_similarity{}),
    metric::weighted(metric::pearson_correlation{}), metric::weighted(metric::concordance_correlation{}), metric::weighted(metric::sum{}), metric::mean{});

void near(double found, double expected) { CHECK(std::abs(found - expected) <= 1e-12 * std::max(1.0, std::abs(expected))); }

template <class Set, class All> void check_values(const All& all) {
  for (const auto& r : all) {
    near(r["mean_squared_error"], Set::mean_squared_error);
    near(r["mean_absolute_error"], Set::mean_absolute_error);
    near(r["root_mean_squared_error"], Set::root_mean_squared_error);
    near(r["r2_score"], Set::r2_score);
    near(r["cosine_similarity"], Set::cosine_similarity);
    near(r["pearson_correlation"], Set::pearson_correlation);
    near(r["concordance_correlation"], Set::concordance_correlation);
    near(r["sum"], Set::sum);
    near(r["mean"], Set::mean);
  }
}

TEST_CASE("numbers, over batches of any cut") {
  check_values<set>(in_batches<watched, 191, 3>(set::outputs, set::targets));
  check_values<weighted_set>(in_batches<watched_weighted, 191, 3>(weighted_set::outputs, weighted_set::targets, weighted_set::weight));
}

TEST_CASE("what never varies") {
  const std::vector<double> y = {1, 1, 1, 0, 0, 0}, t = {1, 1, 1, 2, 2, 2};
  const auto r = evaluated<watched, 191, 3, false>(2, y, t, {});
  CHECK(r["cosine_similarity"] == doctest::Approx(0.5));   // a vector of zeros has no angle
  CHECK(r["pearson_correlation"] == 0);
  CHECK(r["concordance_correlation"] == 0);
  const auto met = evaluated<watched, 191, 3, false>(2, std::vector<double>{1, 2, 3, 1, 2, 3}, std::vector<double>{1, 2, 3, 1, 2, 3}, {});
  CHECK(met["r2_score"] == 1);
  const auto missed = evaluated<watched, 191, 3, false>(2, std::vector<double>{1, 2, 3, 1, 2, 3}, std::vector<double>{1, 2, 4, 1, 2, 4}, {});
  CHECK(missed["r2_score"] == doctest::Approx(2 / 3.0));   // as scikit-learn
  CHECK(std::isnan(evaluated<watched, 191, 3, false>(2, std::vector<double>{1, 2, std::nan("")}, std::vector<double>{1, 2, 3}, {})["root_mean_squared_error"]));
}

/// Of the label, 1 for the largest output.
struct mean_rank {
  static constexpr int counts = 2;
  constexpr auto count(auto y, auto label) const {
    auto own = sum<1>(where(one_hot<3>(label), y, 0), keep_dims);
    auto rank = sum<1>(y >= own);
    return outputs(sum(rank), sum(rank > 0));
  }
  double finish(const double* c) const { return c[0] / c[1]; }
};
inline constexpr auto one_s_own = recipe(loss::softmax_cross_entropy{}, optim::sgd{}, mean_rank{}, metric::named("largest", [](auto y, auto) { return max(y); }));

TEST_CASE("one's own") {
  const auto r = evaluated<one_s_own, 4, 3, false>(2, std::vector<double>{1, 2, 3, 1, 2, 3, 3, 2, 1}, std::vector<int>{0, 1, 0}, {});
  CHECK(r["mean_rank"] == 2);
  CHECK(r["largest"] == 3);
}

}  // namespace
