// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/compile/roofline.hpp>

using tfx::machine;
using tfx::roofline;

namespace {

constexpr machine round_numbers{.gigaflops = 100, .levels = {{1000, 200}, {10'000, 50}, {100'000, 20}, {0, 10}}};

}  // namespace

TEST_CASE("work takes as long as its operations or its bytes, whichever is more") {
  CHECK(roofline(round_numbers, 1000, 1000).nanoseconds() == doctest::Approx(10));  // 1000 / 100 against 1000 / 200
  CHECK(roofline(round_numbers, 100, 1000).nanoseconds() == doctest::Approx(5));
}
TEST_CASE("bytes come from the smallest level that holds them") {
  CHECK(roofline(round_numbers, 0, 1001).nanoseconds() == doctest::Approx(1001.0 / 50));
  CHECK(roofline(round_numbers, 0, 100'000).nanoseconds() == doctest::Approx(5000));
  CHECK(roofline(round_numbers, 0, 100'001).nanoseconds() == doctest::Approx(10000.1));
}
TEST_CASE("the share of the peak is that of the operations in the time") {
  CHECK(roofline(round_numbers, 1000, 1000).share_of_peak() == doctest::Approx(1));
  CHECK(roofline(round_numbers, 250, 1000).share_of_peak() == doctest::Approx(0.5));
  CHECK(roofline(round_numbers, 0, 1000).share_of_peak() == 0);
  CHECK(roofline(round_numbers, 0, 0).share_of_peak() == 0);
}

static_assert(roofline(round_numbers, 1000, 500).share_of_peak() == 1);
