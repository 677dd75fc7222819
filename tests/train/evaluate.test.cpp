// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include <tfx/data/dataset.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/evaluate_by.hpp>

namespace {

using namespace tfx;

struct doubled_op : elementwise<doubled_op> {
  static constexpr auto apply(auto x) { return x + x; }
};
inline constexpr auto doubled = make_operation<doubled_op>;

inline constexpr auto underived = nn::sequential(nn::dense<1>{.bias = false, .weight_init = init::ones{}}, [](auto x) { return doubled(x); });
inline constexpr auto fixed_weights = nn::sequential(nn::frozen(nn::dense<1>{.bias = false, .weight_init = init::ones{}}));
inline constexpr auto without_weights = nn::sequential(nn::sigmoid{});
inline constexpr auto zeros = nn::sequential(nn::dense<1>{.bias = false, .weight_init = init::zeros{}});
inline constexpr auto least_squares = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 0.0});

inline constexpr auto classify = [](auto logits, auto labels) {
  return outputs(loss::softmax_cross_entropy{}(logits, labels), mean(take_along_last(logits, labels)));
};

}  // namespace

TEST_CASE("evaluating asks for nothing that only training needs") {
  const std::vector<float> x = {3, 5}, y = {1, 2};
  const auto data = data::from_memory<shape<1>, shape<1>>(x, y);
  model<underived, input<2, 1>> twice;
  CHECK(twice.evaluate<least_squares>(data).loss == 44.5);   // (5^2 + 8^2) / 2
  model<fixed_weights, input<2, 1>> once;
  CHECK(once.evaluate<least_squares>(data).loss == 6.5);
  const std::vector<float> zero = {0}, one = {1};
  model<without_weights, input<1, 1>> half;
  CHECK(half.evaluate<least_squares>(data::from_memory<shape<1>, shape<1>>(zero, one)).loss == 0.25);
}

TEST_CASE("each group of examples by itself, and chosen ones") {
  const std::vector<float> x = {3, 5, 1, 2, 4}, y = {1, 2, 1, 0, 7};
  const std::vector<std::string> groups = {"old", "young", "young", "old", "young"};
  const auto data = data::columns(x, y);
  model<underived, input<2, 1>> twice;
  const auto results = evaluate_by<least_squares>(twice, data, groups);
  REQUIRE(results.size() == 2);
  CHECK(results.at("old").loss == (25 + 16) / 2.0);
  CHECK(results.at("young").loss == (64 + 1 + 1) / 3.0);
  CHECK(twice.evaluate<least_squares>(data::choose(data, {4, 4, 0})).loss == (1 + 1 + 25) / 3.0);
  CHECK_THROWS_WITH(twice.evaluate<least_squares>(data::choose(data, {5})), "data::choose: example 5 of 5");
  CHECK_THROWS_WITH(evaluate_by<least_squares>(twice, data, std::vector{1, 2}), "evaluate_by: 2 groups of 5 examples, one each");
}

TEST_CASE("a batch larger than a stack") {
  constexpr int rows = 3'000'000;
  const std::vector<float> x(rows, 1.f), y(rows, 1.f);
  const auto data = data::from_memory<shape<1>, shape<1>>(x, y);
  model<zeros, input<rows, 1>> m;
  CHECK(m.fit<least_squares>(data, {.epochs = 1, .shuffle = false, .quiet = true})["loss"] == std::vector{1.0});
  CHECK(m.evaluate<least_squares>(data).loss == 1);
}

TEST_CASE("a label that names no class has no loss") {
  program<classify, input<3, 3>, indices<3>> step;
  const std::vector<float> logits = {1, 2, 3, 1, 2, 3, 1, 2, 3};
  const auto [loss, picked] = step(logits, std::vector<int>{2, 1, 2});
  CHECK(loss == doctest::Approx(0.74094));
  CHECK(picked == doctest::Approx(8 / 3.0));
  for (const int wrong : {3, -1, 1 << 30}) {
    const auto [no_loss, nothing] = step(logits, std::vector<int>{2, wrong, 2});
    CHECK(std::isnan(no_loss));
    CHECK(std::isnan(nothing));
  }
}
