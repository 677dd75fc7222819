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

}  // namespace
