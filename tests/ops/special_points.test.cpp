// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Values and derivatives, of second and higher order too, where a rule could multiply 0 by infinity or square what is too
// large to be squared. Expected: the mathematical function's own, by hand; JAX in float64 agrees where it is not NaN.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/values.hpp>
#include <tfx/loss.hpp>

using namespace tfx;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity(), largest = std::numeric_limits<double>::max();

/// The value and the first derivatives of f at x.
template <int Order, class F> double derivative(F f, double x) {
  if constexpr (Order == 0) return double(f(x));
  else return derivative<Order - 1>(grad(f), x);
}
/// An activation that is 0 far below and x far above, with its slopes.
template <class F> void check_ends(F f) {
  for (const double x : {1e3, 1e20, 1e160, largest, infinity}) {
    CAPTURE(x);
    const tensor<double, shape<2>> at = {x, -x}, value = f(at);
    CHECK(value[0] == x);
    CHECK(value[1] == 0);
    CHECK(derivative<1>(f, x) == 1);
    CHECK(derivative<1>(f, -x) == 0);
    CHECK(derivative<2>(f, x) == 0);
    CHECK(derivative<2>(f, -x) == 0);
  }
}

}  // namespace

TEST_CASE("whole powers have the derivatives of polynomials at 0") {
  CHECK(derivative<1>([](auto x) { return pow(x, 0); }, 0) == 0);
  CHECK(derivative<1>([](auto x) { return pow(x, 0); }, 2) == 0);
  CHECK(derivative<1>([](auto x) { return pow(x, 1); }, 0) == 1);
  CHECK(derivative<2>([](auto x) { return pow(x, 1); }, 0) == 0);
  CHECK(derivative<2>([](auto x) { return pow(x, 2); }, 0) == 2);
  CHECK(derivative<3>([](auto x) { return pow(x, 2); }, 0) == 0);
  CHECK(derivative<3>([](auto x) { return pow(x, 3); }, 0) == 6);
  CHECK(derivative<4>([](auto x) { return pow(x, 3); }, 0) == 0);
  CHECK(derivative<2>([](auto x) { return pow(x, 1.5); }, 0) == infinity);
  const auto bell = [](auto x) { return exp(-pow(x, 2)); };
  CHECK(derivative<2>(bell, 0) == -2);
  CHECK(derivative<3>(bell, 0) == 0);
  CHECK(derivative<4>(bell, 0) == 12);
}

TEST_CASE("a power whose exponent is a value too") {
  const auto f = [](auto x, auto y) { return pow(x, y); };
  const auto [dx, dy] = grad<0, 1>(f)(0.0, 0.0);
  CHECK(dx == 0);
  CHECK(dy == 0);
  const auto along_x = [&](double y) { return grad<0>(grad<0>(f))(0.0, y); };
  CHECK(along_x(0) == 0);
  CHECK(along_x(1) == 0);
  CHECK(along_x(2) == 2);
  CHECK(along_x(3) == 0);
  // d^2/dx dy x^y = x^(y - 1) (1 + y log x)
  CHECK(grad<0>(grad<1>(f))(2.0, 0.0) == doctest::Approx(0.5));
  CHECK(grad<1>(grad<0>(f))(2.0, 0.0) == doctest::Approx(0.5));
  CHECK(grad<1>(grad<0>(f))(2.0, 1.0) == doctest::Approx(1 + std::log(2.0)));
}

TEST_CASE("x log y counts as nothing where x is 0") {
  const auto f = [](auto x, auto y) { return xlogy(x, y); };
  CHECK(xlogy(tensor<double, shape<>>{0.0}, tensor<double, shape<>>{0.0}).eval().data()[0] == 0);
  CHECK(f(2.0, 3.0) == doctest::Approx(2 * std::log(3.0)));
  const auto [dx, dy] = grad<0, 1>(f)(0.0, 0.0);
  CHECK(dx == 0);
  CHECK(dy == 0);
  CHECK(grad<0>(grad<1>(f))(0.0, 4.0) == 0.25);
  // A divergence: p (log p - log q) with p = (0, 1), q = (1/2, 1/2) is log 2.
  const tensor<double, shape<2>> p = {0, 1}, q = {0.5, 0.5};
  const auto divergence = [](auto a, auto b) { return sum(xlogy(a, a) - xlogy(a, b)); };
  CHECK(compiled(divergence)(p, q) == doctest::Approx(std::log(2.0)));
  const auto of_q = grad<1>(divergence)(p, q);
  CHECK(of_q[0] == 0);
  CHECK(of_q[1] == doctest::Approx(-2));
}

TEST_CASE("the inverses of sine and cosine at the ends") {
  CHECK(derivative<1>([](auto x) { return asin(x); }, 1) == infinity);
  CHECK(derivative<2>([](auto x) { return asin(x); }, 1) == infinity);
  CHECK(derivative<2>([](auto x) { return asin(x); }, -1) == -infinity);
  CHECK(derivative<2>([](auto x) { return acos(x); }, 1) == -infinity);
}

TEST_CASE("an angle's derivative depends on the ratio, however long the sides are") {
  const auto f = [](auto y, auto x) { return atan2(y, x); };
  for (const double size : {1e-300, 1.0, 1e300}) {
    const auto [dy, dx] = grad<0, 1>(f)(3 * size, 4 * size);
    CHECK(dy * size == doctest::Approx(4 / 25.0));
    CHECK(dx * size == doctest::Approx(-3 / 25.0));
  }
  const auto [dy, dx] = grad<0, 1>(f)(1.0, infinity);
  CHECK(dy == 0);
  CHECK(dx == 0);
  const tensor<double, shape<2>> y = {largest, largest / 2}, x = {largest, largest};
  const tensor<double, shape<2>> angle = compiled(f)(y, x);
  CHECK(angle[0] == doctest::Approx(std::atan(1.0)).epsilon(1e-15));
  CHECK(angle[1] == doctest::Approx(std::atan(0.5)).epsilon(1e-15));
}

TEST_CASE("functions with limits end with slopes of 0") {
  const auto check_flat = [](auto f, double below, double above) {
    for (const double x : {1e20, largest, infinity}) {
      CAPTURE(x);
      CHECK(f(x) == doctest::Approx(above));
      CHECK(f(-x) == doctest::Approx(below));
      for (const double at : {x, -x}) {
        CHECK(std::abs(derivative<1>(f, at)) < 1e-39);
        CHECK(std::abs(derivative<2>(f, at)) < 1e-59);
      }
    }
  };
  check_flat([](auto x) { return erf(x); }, -1, 1);
  check_flat([](auto x) { return erfc(x); }, 2, 0);
  check_flat([](auto x) { return atan(x); }, -std::acos(0.0), std::acos(0.0));
  check_flat([](auto x) { return tanh(x); }, -1, 1);
  CHECK(derivative<2>([](auto x) { return atan(x); }, 2) == doctest::Approx(-4 / 25.0));
  CHECK(derivative<2>([](auto x) { return erf(x); }, 1) == doctest::Approx(-4 / std::sqrt(std::acos(-1.0)) * std::exp(-1.0)));
}

TEST_CASE("activations end as their limits do") {
  check_ends([](auto x) { return gelu(x); });
  check_ends([](auto x) { return gelu_tanh(x); });
  check_ends([](auto x) { return silu(x); });
  check_ends([](auto x) { return mish(x); });
  check_ends([](auto x) { return hard_silu(x); });
  const auto softsign_of = [](auto x) { return softsign(x); };
  CHECK(softsign_of(infinity) == 1);
  CHECK(derivative<1>(softsign_of, infinity) == 0);
  CHECK(derivative<1>(softsign_of, 1e9) == doctest::Approx(1e-18));
}

TEST_CASE("gelu has its own digits far below 0") {
  // x * Phi(x) from mpmath.
  const tensor<double, shape<3>> x = {-6, -8, -20}, y = gelu(x);
  CHECK(y[0] == doctest::Approx(-5.9195258702261885e-09).epsilon(1e-14));
  CHECK(y[1] == doctest::Approx(-4.976768459417427e-15).epsilon(1e-14));
  CHECK(y[2] == doctest::Approx(-5.507248237212468e-88).epsilon(1e-14));
  const tensor<float, shape<1>> single = {-6}, of_single = gelu(single);
  CHECK(double(of_single[0]) == doctest::Approx(-5.9195258702261885e-09).epsilon(1e-6));
}

TEST_CASE("a huber loss of what is far away has the slope delta") {
  const auto f = [](auto y) { return loss::huber{.delta = 2}(y, 0 * stop_gradient(y)); };
  CHECK(derivative<1>(f, 1e200) == 2);
  CHECK(derivative<1>(f, -1e200) == -2);
  CHECK(derivative<1>(f, 2) == 2);
  CHECK(derivative<1>(f, 1.5) == 1.5);
  CHECK(derivative<2>(f, 1.5) == 1);
}
