// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "reductions.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("softmax and its logarithm along every axis") {
  check(example<fixtures::softmax_0>([](auto x) { return softmax<0>(x); }),
        example<fixtures::softmax_1>([](auto x) { return softmax<1>(x); }),
        example<fixtures::softmax_2>([](auto x) { return softmax(x); }),
        example<fixtures::log_softmax_0>([](auto x) { return log_softmax<0>(x); }),
        example<fixtures::log_softmax_1>([](auto x) { return log_softmax<1>(x); }),
        example<fixtures::log_softmax_2>([](auto x) { return log_softmax<2>(x); }),
        example<fixtures::softmax_large>([](auto x) { return softmax(x); }).without_differences(),
        example<fixtures::log_softmax_large>([](auto x) { return log_softmax(x); }).without_differences());
}

TEST_CASE("log of the sum of exponentials over any axes") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  check(example<fixtures::logsumexp_all>([](auto x) { return log_sum_exp<0, 1, 2>(x); }),
        example<fixtures::logsumexp_0>([](auto x) { return log_sum_exp<0>(x); }),
        example<fixtures::logsumexp_1>([](auto x) { return log_sum_exp<1>(x); }),
        example<fixtures::logsumexp_2>([](auto x) { return log_sum_exp(x); }),
        example<fixtures::logsumexp_02>([](auto x) { return log_sum_exp<0, 2>(x); }),
        example<fixtures::logsumexp_12>([](auto x) { return log_sum_exp<1, 2>(x); }),
        example<fixtures::logsumexp_large>([](auto x) { return log_sum_exp(x); }).without_differences(),
        example("kept", [](auto x) { return x - log_sum_exp(x, keep_dims); }, fixtures::log_softmax_2::out,
                fixtures::log_softmax_2::cotangent, given<2, 3, 4>(fixtures::log_softmax_2::x, fixtures::log_softmax_2::d_x)),
        example("masked", [](auto x) { return log_sum_exp(x); }, 3, 1,
                given<3>(numbers{-infinity, 3, -infinity}, numbers{0, 1, 0})).without_differences(),
        // As SciPy's logsumexp; the gradient is that of equally large elements.
        example("infinite", [](auto x) { return log_sum_exp(x); }, numbers{-infinity, infinity, infinity}, numbers{2, 2, 2},
                given<3, 2>(numbers{-infinity, -infinity, infinity, 0, infinity, infinity}, numbers{1, 1, 2, 0, 1, 1})).without_differences(),
        example("nearly one", [](auto x) { return 1e18 * log_softmax(x); }, numbers{-4.248354255291589, -40e18 - 4.248354255291589}, numbers{},
                given<2>(numbers{1000, 960})),
        example("masked", [](auto x) { return softmax(x); }, numbers{0, 0.5, 0.5}, numbers{1, 1, 2},
                given<3>(numbers{-infinity, 3, 3}, numbers{0, -0.25, 0.25})).without_differences());
}

}  // namespace
