// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/convolution.hpp"
#include "../fixtures/pooling.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("largest of windows") {
  check(example<fixtures::max_pool_2x2>([](auto x) { return max_pool2d<2>(x); }),
        example<fixtures::max_pool_2x2_ties>([](auto x) { return max_pool2d<2>(x); }).without_differences(),
        example<fixtures::max_pool_2x2_odd>([](auto x) { return max_pool2d<2>(x); }),
        example<fixtures::max_pool_3x3_same>([](auto x) { return max_pool2d<3, 2, same>(x); }),
        example<fixtures::max_pool_3x3_same_ties>([](auto x) { return max_pool2d<3, 2, same>(x); }).without_differences(),
        example<fixtures::max_pool_2x2_same>([](auto x) { return max_pool2d<2, 2, same>(x); }));
}

TEST_CASE("means of windows, and of whole images") {
  using mean_of = fixtures::global_avg_pool;
  using max_of = fixtures::global_max_pool;
  check(example<fixtures::avg_pool_2x2>([](auto x) { return average_pool2d<2>(x); }),
        example<fixtures::avg_pool_2x2_odd>([](auto x) { return average_pool2d<2>(x); }),
        example<fixtures::avg_pool_3x3_same>([](auto x) { return average_pool2d<3, 2, same>(x); }),
        example<fixtures::avg_pool_2x2_same>([](auto x) { return average_pool2d<2, 2, same>(x); }),
        example("global mean", [](auto x) { return mean<1, 2>(x); }, mean_of::out, mean_of::cotangent,
                given<2, 3, 4, 3>(mean_of::x, mean_of::d_x)),
        example("global max", [](auto x) { return max<1, 2>(x); }, max_of::out, max_of::cotangent,
                given<2, 3, 4, 3>(max_of::x, max_of::d_x)));
}

TEST_CASE("the first NaN in a window is its maximum and takes the gradient") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  check(example("nan", [](auto x) { return max_pool2d<2>(x); }, numbers{nan, 4}, numbers{2, 3},
                given<1, 2, 4, 1>(numbers{1, nan, 3, 4, nan, 6, 2, 1}, numbers{0, 2, 0, 3, 0, 0, 0, 0})).without_differences(),
        example("infinite", [](auto x) { return max_pool2d<2>(x); }, numbers{-infinity, infinity}, numbers{2, 3},
                given<1, 2, 4, 1>(numbers{-infinity, -infinity, 3, 4, -infinity, -infinity, 2, infinity},
                                  numbers{2, 0, 0, 0, 0, 0, 0, 3})).without_differences());
}

TEST_CASE("convolutions whose results only a pooling reads") {
  using c = fixtures::conv2d_same_stride2;
  const numbers image(c::x.begin(), c::x.begin() + 70), kernel(c::w.begin(), c::w.begin() + 36), bias = {0.1, -0.2};
  const auto images = given<1, 5, 7, 2>(image, numerically);
  const auto weights = given<3, 3, 2, 2>(kernel, numerically);
  const auto biases = given<2>(bias, numerically);
  check(example("valid", [](auto x, auto w, auto b) {
                 const auto y = max_pool2d<2>(relu(conv2d(x, w) + b));
                 return sum(y * y);
               }, images, weights, biases),
               example("same", [](auto x, auto w, auto b) {
                 const auto y = max_pool2d<2>(conv2d<same>(x, w) + b);
                 return sum(y * y);
               }, images, weights, biases),
               example("overlapping", [](auto x, auto w, auto b) {
                 const auto y = max_pool2d<2, 1>(relu(conv2d(x, w) + b));
                 return sum(y * y);
               }, images, weights, biases),
               example("read by others too", [](auto x, auto w, auto b) {
                 const auto y = relu(conv2d<same>(x, w) + b);
                 return sum(max_pool2d<2>(y)) + sum(y * y);
               }, images, weights, biases));
}

TEST_CASE("of a batch of images, only those present count") {
  using a = fixtures::max_pool_3x3_same;
  using b = fixtures::avg_pool_3x3_same;
  check_rows(2,
             example("max", [](auto x) { return max_pool2d<3, 2, same>(x); }, a::out, a::cotangent, given<-3, 5, 6, 2>(a::x, a::d_x)),
             example("mean", [](auto x) { return average_pool2d<3, 2, same>(x); }, b::out, b::cotangent,
                     given<-3, 5, 6, 2>(b::x, b::d_x)));
}

}  // namespace
