// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/elementwise.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("minimum, maximum, powers, a choice") {
  check(example<fixtures::minimum_same>([](auto x, auto y) { return minimum(x, y); }),
        example<fixtures::minimum_row>([](auto x, auto y) { return minimum(x, y); }),
        example<fixtures::maximum_same>([](auto x, auto y) { return maximum(x, y); }),
        example<fixtures::maximum_row>([](auto x, auto y) { return maximum(x, y); }),
        example<fixtures::pow_same>([](auto x, auto y) { return pow(x, y); }),
        example<fixtures::pow_row>([](auto x, auto y) { return pow(x, y); }),
        example<fixtures::where>([](auto x, auto y, auto c) { return where(c, x, y); }));
}

template <class Function> auto compared(std::string_view name, const fixtures::stored<bool, 3, 4>& out, Function f) {
  return example(name, f, out, numbers{}, given<3, 4>(fixtures::compare::x), given<4>(fixtures::compare::y));
}
TEST_CASE("comparisons") {
  using c = fixtures::compare;
  check(compared("less", c::less, [](auto x, auto y) { return x < y; }),
        compared("less_equal", c::less_equal, [](auto x, auto y) { return x <= y; }),
        compared("greater", c::greater, [](auto x, auto y) { return x > y; }),
        compared("greater_equal", c::greater_equal, [](auto x, auto y) { return x >= y; }),
        compared("equal", c::equal, [](auto x, auto y) { return x == y; }),
        compared("not_equal", c::not_equal, [](auto x, auto y) { return x != y; }));
}

constexpr double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();

TEST_CASE("ties, NaN and infinity are what the documentation says") {
  // All of the gradient of a tie goes to the first operand; a NaN in either operand is the result.
  const numbers x = {1, 2, 3, nan, 1, infinity}, y = {2, 2, 1, 1, nan, 1}, ones(6, 1);
  check(example("maximum", [](auto a, auto b) { return maximum(a, b); }, numbers{2, 2, 3, nan, nan, infinity}, ones,
                given<6>(x, numbers{0, 1, 1, 0, 0, 1}), given<6>(y, numbers{1, 0, 0, 1, 1, 0})).without_differences(),
        example("minimum", [](auto a, auto b) { return minimum(a, b); }, numbers{1, 2, 1, nan, nan, 1}, ones,
                given<6>(x, numbers{1, 1, 0, 0, 0, 0}), given<6>(y, numbers{0, 0, 1, 1, 1, 1})).without_differences(),
        // At a bound the gradient passes; NaN stays.
        example("clip", [](auto a) { return clip(a, 2, 3); }, numbers{2, 2, 3, nan, 2, 3}, ones,
                given<6>(x, numbers{0, 1, 1, 0, 0, 0})).without_differences(),
        example("relu", [](auto a) { return relu(a); }, numbers{0, 0, nan, infinity, 0, 2}, ones,
                given<6>(numbers{-1, 0, nan, infinity, -infinity, 2}, numbers{0, 0, 0, 1, 0, 1})).without_differences(),
        // Half of the slope at the middle: not that of one of the two branches.
        example("softplus", [](auto a) { return softplus(a); }, numbers{std::log(2.0), 1000, 0, infinity, 0, nan}, ones,
                given<6>(numbers{0, 1000, -1000, infinity, -infinity, nan}, numbers{0.5, 1, 0, 1, 0, nan})).without_differences(),
        example("where", [](auto a, auto b) { return where(a > b, a, 0); }, numbers{0, 0, 3, 0, 0, infinity}, ones,
                given<6>(x, numbers{0, 0, 1, 0, 0, 1}), given<6>(y)).without_differences(),
        example("pow", [](auto a, auto b) { return pow(a, b); }, numbers{0, 1, 1, 0.25, -8, 8}, ones,
                given<6>(numbers{0, 0, 5, -2, -2, 2}, numbers{0, 0, 0, 0.25, 12, 12}),
                given<6>(numbers{2, 0, 0, -2, 3, 3})).without_differences());
}

TEST_CASE("no gradient passes stop_gradient") {
  const numbers x = {1, 2, 3};
  check(example("x * stop(x)", [](auto a) { return a * stop_gradient(a); }, numbers{1, 4, 9}, numbers{1, 1, 1},
                given<3>(x, x)).without_differences(),
        example("stop(x * x) + x", [](auto a) { return stop_gradient(a * a) + a; }, numbers{2, 6, 12}, numbers{1, 1, 1},
                given<3>(x, numbers{1, 1, 1})).without_differences(),
        example("stop(x)", [](auto a) { return stop_gradient(exp(a)) * 0 + 1; }, numbers{1, 1, 1}, numbers{1, 1, 1},
                given<3>(x, numbers{0, 0, 0})).without_differences());
}

TEST_CASE("numbers combine with traced values from either side") {
  const numbers x = {1, -2, 4};
  check(example("n - x", [](auto a) { return 1 - a; }, numbers{0, 3, -3}, numbers{1, 1, 1}, given<3>(x, numbers{-1, -1, -1})),
        example("n / x", [](auto a) { return 2.0 / a; }, numbers{2, -1, 0.5}, numbers{1, 1, 1}, given<3>(x, numerically)),
        example("x / n", [](auto a) { return a / 2; }, numbers{0.5, -1, 2}, numbers{1, 1, 1}, given<3>(x, numerically)),
        example("n * x + n", [](auto a) { return 3 * a + 1 + 0 * a; }, numbers{4, -5, 13}, numbers{1, 1, 1},
                given<3>(x, numerically)),
        example("x - x", [](auto a) { return a - a; }, numbers{0, 0, 0}, numbers{1, 1, 1}, given<3>(x, numbers{0, 0, 0})),
        example("x < n", [](auto a) { return a < 1; }, numbers{0, 1, 0}, numbers{}, given<3>(x)));
}

}  // namespace
