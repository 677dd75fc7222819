// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Weights, masks, means and penalties are one thing for all losses: held against sums by hand.
#include <cmath>

#include <tfx/loss.hpp>
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

const numbers y = {0.5, -1, 2, 0.25, 3, -2}, t = {1, 1, -1, 0, 2.5, 2};   // [3, 2]
const numbers weight = {2, 0, 0.5}, each_weight = {1, 2, 0, 0.5, 3, 0};

/// mean of w |y - t|^2 over the six.
double weighted(const numbers& w, int per_example) {
  double sum = 0;
  for (std::size_t i = 0; i < 6; ++i) sum += w[i / std::size_t(per_example)] * (y[i] - t[i]) * (y[i] - t[i]);
  return sum / 6;
}

constexpr auto masked = [](auto a, auto b, auto w) { return loss::mean_squared_error{}(a, b, w > 0); };

TEST_CASE("a weight for each example, or for each number of it; the mean divides by the number of examples") {
  check(example("of examples", [](auto a, auto b, auto w) { return loss::mean_squared_error{}(a, b, w); }, weighted(weight, 2), 1,
                given<3, 2>(y, numerically), given<3, 2>(t, numerically), given<3>(weight, numerically)),
        example("of numbers", [](auto a, auto b, auto w) { return loss::mean_squared_error{}(a, b, w); }, weighted(each_weight, 1), 1,
                given<3, 2>(y, numerically), given<3, 2>(t, numerically), given<3, 2>(each_weight, numerically)));
}

TEST_CASE("a mask leaves out, whatever is there, and the mean divides by what is left") {
  const double first = 0.25, last = 0.25 + 16, infinity = std::numeric_limits<double>::infinity();
  numbers wild = y;
  wild[2] = infinity;
  wild[3] = std::nan("");
  check(example("of examples", masked, (first + 4 + last) / 4, 1, given<3, 2>(y, numerically), given<3, 2>(t), given<3>(weight)),
        example("what is masked is nothing", masked, (first + 4 + last) / 4, numbers{}, given<3, 2>(wild), given<3, 2>(t), given<3>(weight)),
        example("of numbers", masked, (first + 4 + 0.0625 + 0.25) / 4, 1, given<3, 2>(y, numerically), given<3, 2>(t), given<3, 2>(each_weight)),
        example("nothing left", masked, 0, numbers{}, given<3, 2>(y), given<3, 2>(t), given<3>(numbers{0, 0, 0})),
        example("both", [](auto a, auto b, auto w) { return loss::mean_squared_error{}(a, b, w, w > 0); }, (2 * (first + 4) + 0.5 * last) / 4, 1,
                given<3, 2>(y, numerically), given<3, 2>(t), given<3>(weight)));
}

TEST_CASE("rows that are not there count as nothing") {
  check_rows(3, example("weights", [](auto a, auto b, auto w) { return loss::mean_squared_error{}(a, b, w); }, weighted(weight, 2), numbers{},
                        given<-20, 2>(y), given<-20, 2>(t), given<-20>(weight)),
             example("mask", masked, (0.25 + 4 + 0.25 + 16) / 4, numbers{}, given<-20, 2>(y), given<-20, 2>(t), given<-20>(weight)));
}

TEST_CASE("a loss of class numbers is weighted as others are") {
  const numbers logits = {1, 0, -1, 2, 0.5, 0, 0, 0, 3};
  const auto cost = [&](int row, int label) {
    double sum = 0;
    for (int c = 0; c < 3; ++c) sum += std::exp(logits[std::size_t(3 * row + c)]);
    return std::log(sum) - logits[std::size_t(3 * row + label)];
  };
  check(example("cross-entropy", [](auto a, auto b, auto w) { return loss::softmax_cross_entropy{}(a, b, w); }, (2 * cost(0, 0) + 0.5 * cost(2, 1)) / 3, 1,
                given<3, 3>(logits, numerically), given_integers<3>(numbers{0, 2, 1}), given<3>(weight, numerically)));
}

TEST_CASE("patterns of paths") {
  CHECK(names(only{"*/weight"}, "a/weight"));
  CHECK(names(only{"b"}, "b/bias"));
  CHECK_FALSE(names(only{"b"}, "body/bias"));
  CHECK(names(only{"repeat/*/dense"}, "repeat/11/dense/weight"));
  CHECK_FALSE(names(only{"*/weight"}, "weights"));
  CHECK(names(only{"*a*b*"}, "xaxbx"));
  CHECK_FALSE(names(only{"*a*b"}, "xaxbx"));
  CHECK(names(only{}, "anything"));
}

}  // namespace
