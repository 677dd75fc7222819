// SPDX-License-Identifier: Apache-2.0
#include "gradient_check.hpp"

#include <doctest/doctest.h>

using tfx::testing::gradient_error;
using tfx::testing::max_gradient_error;

namespace {

double smooth(std::span<const double> x) { return std::exp(x[0]) * std::sin(x[1]) + x[2] * x[2] * x[2] / x[1]; }

std::array<double, 3> derivative_of_smooth(const std::array<double, 3>& x) {
  return {std::exp(x[0]) * std::sin(x[1]), std::exp(x[0]) * std::cos(x[1]) - x[2] * x[2] * x[2] / (x[1] * x[1]),
          3 * x[2] * x[2] / x[1]};
}

double kinked(std::span<const double> x) { return std::max(x[0], 0.0) + std::abs(x[1]); }

constexpr std::array point{0.75, 1.25, -2.0};

}  // namespace

TEST_CASE("a right gradient passes far below any tolerance in use") {
  CHECK(max_gradient_error(smooth, point, derivative_of_smooth(point)) < 1e-11);
}

TEST_CASE("a wrong gradient is found, with its place and both values") {
  auto gradient = derivative_of_smooth(point);
  gradient[1] *= 1 + 1e-6;
  const auto worst = gradient_error(smooth, point, gradient);
  CHECK(worst.element == 1);
  CHECK(worst.relative == doctest::Approx(1e-6).epsilon(1e-3));
  CHECK(worst.given == gradient[1]);
  CHECK(worst.uncertainty < 1e-8);
}

TEST_CASE("a kink beside the point does not disturb") {
  constexpr std::array x{0.01, -0.005};
  CHECK(max_gradient_error(kinked, x, std::array{1.0, -1.0}) < 1e-11);
  CHECK(max_gradient_error(kinked, x, std::array{0.5, -1.0}) == doctest::Approx(0.5));
}

TEST_CASE("zeros are compared with the size of the gradient, or absolutely") {
  auto first = [](std::span<const double> x) { return 1000 * x[0]; };
  constexpr std::array x{1.0, 2.0};
  CHECK(max_gradient_error(first, x, std::array{1000.0, 0.0}) < 1e-11);
  CHECK(max_gradient_error(first, x, std::array{1000.0, 1.0}) == doctest::Approx(1));
  auto nothing = [](std::span<const double>) { return 3.0; };
  CHECK(max_gradient_error(nothing, x, std::array{0.0, 0.0}) == 0);
  CHECK(max_gradient_error(nothing, x, std::array{0.0, 0.25}) == 0.25);
}

TEST_CASE("NaN and a wrong number of elements never pass") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(max_gradient_error(smooth, point, std::array{nan, 0.0, 0.0}) == std::numeric_limits<double>::infinity());
  CHECK(max_gradient_error(smooth, point, std::array{1.0}) == std::numeric_limits<double>::infinity());
  auto undefined = [nan](std::span<const double>) { return nan; };
  CHECK(max_gradient_error(undefined, point, std::array{0.0, 0.0, 0.0}) == std::numeric_limits<double>::infinity());
}
