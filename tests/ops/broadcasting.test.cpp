// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/elementwise.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// One function with operands of the same shape, rows, columns beside rows, in the middle, and single numbers.
template <class... Case, class Function> void check_each(Function f) { check(example<Case>(f)...); }

TEST_CASE("sums and products in every way of broadcasting") {
  namespace f = fixtures;
  check_each<f::add_same, f::add_row, f::add_outer, f::add_middle, f::add_scalar>([](auto x, auto y) { return x + y; });
  check_each<f::sub_same, f::sub_row, f::sub_outer, f::sub_middle, f::sub_scalar>([](auto x, auto y) { return x - y; });
  check_each<f::mul_same, f::mul_row, f::mul_outer, f::mul_middle, f::mul_scalar>([](auto x, auto y) { return x * y; });
  check_each<f::div_same, f::div_row, f::div_outer, f::div_middle, f::div_scalar>([](auto x, auto y) { return x / y; });
}

TEST_CASE("a value under a shape that does not share its axes") {
  const auto spread = [](auto x, auto y) { return reshape<6, 5>(x) + y; };
  numbers x, y(60, 0.5), out, ones(60, 1), twos(30, 2);
  for (int i = 0; i < 30; ++i) x.push_back(i);
  for (int i = 0; i < 60; ++i) out.push_back(i % 30 + 0.5);
  check(example("rows", spread, out, ones, given<5, 6>(x, twos), given<2, 6, 5>(y, ones)),
        example("columns", [](auto v, auto w) { return reshape<10, 3>(v) * w; }, given<5, 6>(x, numerically), given<2, 10, 3>(y, numerically)));
}

}  // namespace
