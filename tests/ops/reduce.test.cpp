// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "reductions.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("sums and means over any axes") {
  namespace f = fixtures;
  check_axes<f::sum_all, f::sum_0, f::sum_1, f::sum_2, f::sum_02, f::sum_12>([]<int... Axis>(auto x) { return sum<Axis...>(x); });
  check_axes<f::mean_all, f::mean_0, f::mean_1, f::mean_2, f::mean_02, f::mean_12>([]<int... Axis>(auto x) { return mean<Axis...>(x); });
}

TEST_CASE("largest and smallest over any axes") {
  namespace f = fixtures;
  check_axes<f::max_all, f::max_0, f::max_1, f::max_2, f::max_02, f::max_12>([]<int... Axis>(auto x) { return max<Axis...>(x); });
  check_axes<f::min_all, f::min_0, f::min_1, f::min_2, f::min_02, f::min_12>([]<int... Axis>(auto x) { return min<Axis...>(x); });
}

TEST_CASE("ties share a gradient, NaN is the result") {
  const numbers x = {1, 3, 3, 2, 5, 5, 5, 5};
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  check(example("max", [](auto a) { return max<1>(a); }, numbers{3, 5}, numbers{2, 8},
                given<2, 4>(x, numbers{0, 1, 1, 0, 2, 2, 2, 2})).without_differences(),
        example("min", [](auto a) { return min<0>(a); }, numbers{1, 3, 3, 2}, numbers{1, 2, 3, 4},
                given<2, 4>(x, numbers{1, 2, 3, 4, 0, 0, 0, 0})).without_differences(),
        example("max of all", [](auto a) { return max(a); }, 5, 1,
                given<2, 4>(x, numbers{0, 0, 0, 0, 0.25, 0.25, 0.25, 0.25})).without_differences(),
        example("max in the middle", [](auto a) { return max<1>(a); }, numbers{3, 3, 5, 5}, numbers{2, 4, 6, 8},
                given<2, 2, 2>(x, numbers{0, 4, 2, 0, 3, 4, 3, 4})).without_differences(),
        example("nan", [](auto a) { return max<1>(a); }, numbers{nan, 7}, numbers{},
                given<2, 2>(numbers{nan, 1, -7, 7})),
        example("nan", [](auto a) { return min<1>(a); }, numbers{nan, -7}, numbers{},
                given<2, 2>(numbers{1, nan, -7, 7})),
        // A NaN takes the gradient, as of a pooling's window.
        example("nan's share", [](auto a) { return max<1>(a); }, numbers{nan, 7}, numbers{4, 3},
                given<2, 3>(numbers{nan, 1, nan, 7, -7, 0}, numbers{2, 0, 2, 3, 0, 0})).without_differences(),
        example("nan's share in the middle", [](auto a) { return max<1>(a); }, numbers{3, nan, 5, 5}, numbers{2, 4, 6, 8},
                given<2, 2, 2>(numbers{1, nan, 3, 2, 5, 4, 4, 5}, numbers{0, 4, 2, 0, 6, 0, 0, 8})).without_differences(),
        example("an infinite share", [](auto a) { return max<1>(a); }, numbers{3}, numbers{infinity},
                given<1, 2>(numbers{1, 3}, numbers{0, infinity})).without_differences());
}

}  // namespace
