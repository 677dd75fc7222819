// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "reductions.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("variances and products over any axes") {
  namespace f = fixtures;
  check_axes<f::var_all, f::var_0, f::var_1, f::var_2, f::var_02, f::var_12>([]<int... Axis>(auto x) { return variance<Axis...>(x); });
  check_axes<f::prod_all, f::prod_0, f::prod_1, f::prod_2, f::prod_02, f::prod_12>([]<int... Axis>(auto x) { return product<Axis...>(x); });
  check(example<f::var_shifted>([](auto x) { return variance<2>(x); }).without_differences());
}

TEST_CASE("an offset costs a variance no more than its own rounding") {
  // 0, 2, 4, ... 0, 2, 4 beside 2^52: the variance is 8 / 3, and the mean is rounded.
  numbers x(63);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0x1p52 + 2.0 * double(i % 3);
  check(example("rows", [](auto a) { return variance(a); }, 8.0 / 3, numbers{}, given<63>(x)),
        example("columns", [](auto a) { return variance<0>(a); }, 8.0 / 3, numbers{}, given<63, 1>(x)),
        example("equal", [](auto a) { return variance(a); }, 0, numbers{}, given<63>(numbers(63, 1e17 / 3))));
}

TEST_CASE("a product with zeros has the right gradient") {
  const numbers x = {2, 0, 3, 0, 4, 0, 5, 6, 7};
  check(example("rows", [](auto a) { return product<1>(a); }, numbers{0, 0, 210}, numbers{1, 2, 3},
                given<3, 3>(x, numbers{0, 6, 0, 0, 0, 0, 126, 105, 90})),
        example("columns", [](auto a) { return product<0>(a); }, numbers{0, 0, 0}, numbers{1, 2, 3}, given<3, 3>(x, numerically)),
        example("middle", [](auto a) { return product<1>(a); }, numbers{6, 0, 30, 0}, numbers{1, 2, 3, 4},
                given<2, 2, 2>(numbers{2, 0, 3, 1, 5, 0, 6, 0}, numbers{3, 2, 2, 0, 18, 0, 15, 0})));
}

TEST_CASE("reduced axes can be kept") {
  using m = fixtures::mean_02;
  using v = fixtures::var_1;
  using p = fixtures::prod_2;
  check(example("mean", [](auto x) { return mean<0, 2>(x, keep_dims) + 0 * sum<0, 2>(x, keep_dims); }, m::out, m::cotangent,
                given<2, 3, 4>(m::x, m::d_x)),
        example("variance", [](auto x) { return reshape<2, 4>(variance<1>(x, keep_dims)); }, v::out, v::cotangent,
                given<2, 3, 4>(v::x, v::d_x)),
        example("product", [](auto x) { return reshape<2, 3>(product<2>(x, keep_dims)); }, p::out, p::cotangent,
                given<2, 3, 4>(p::x, p::d_x)),
        example("x - mean", [](auto x) { return mean<1>(x - mean<1>(x, keep_dims)); }, numbers(8, 0), numbers{},
                given<2, 3, 4>(m::x, numbers(24, 0))).without_differences().with_floor(1),
        example("max, min", [](auto x) { return max<1>(x, keep_dims) - min<1>(x, keep_dims); }, given<2, 3, 4>(m::x, numerically)));
}

}  // namespace
