// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include <tfx/lanes/lane.hpp>

namespace {

using tfx::lanes::lane;

template <class T> constexpr int digits = std::numeric_limits<T>::digits;

/// The distance between neighbouring numbers of T at x.
template <class T> long double ulp(long double x) {
  int exponent = 0;
  std::frexp(x, &exponent);
  const int least = std::numeric_limits<T>::min_exponent;
  return std::ldexp(1.0L, (exponent < least ? least : exponent) - digits<T>);
}

enum class spread { linear, logarithmic, both_signs };

/// The largest error over 200,000 arguments in [lo, hi], against the C library in long double.
template <class T, class Function, class Reference>
double worst(Function function, Reference reference, double lo, double hi, spread how = spread::linear) {
  std::mt19937_64 generator(1);
  std::uniform_real_distribution<double> unit(0, 1);
  double result = 0;
  for (int i = 0; i < 200'000; ++i) {
    const double u = unit(generator);
    double at = how == spread::linear ? lo + u * (hi - lo) : std::exp(std::log(lo) + u * (std::log(hi) - std::log(lo)));
    if (how == spread::both_signs && i % 2 == 1) at = -at;
    const T x = static_cast<T>(at);
    const long double expected = reference(static_cast<long double>(x));
    const double error = static_cast<double>(std::fabs(function(lane<T>(x)).v - expected) / ulp<T>(expected));
    if (!(error <= result)) result = error;
  }
  return result;
}

#define TFX_COMPARE(function) [](auto x) { return function(x); }, [](long double x) { return std::function(x); }

template <class T> constexpr double small = sizeof(T) == 4 ? 1e-37 : 1e-300;
template <class T> constexpr double large = sizeof(T) == 4 ? 1e38 : 1e300;

}  // namespace

TEST_CASE_TEMPLATE("exponentials are within their stated error", T, float, double) {
  const double lo = sizeof(T) == 4 ? -86.9 : -708, hi = sizeof(T) == 4 ? 88.7 : 709.7;
  CHECK(worst<T>(TFX_COMPARE(exp), lo, hi) <= 1.0);
  CHECK(worst<T>(TFX_COMPARE(exp), -1, 1) <= 1.0);
  CHECK(worst<T>(TFX_COMPARE(expm1), -5, 5) <= 2.0);
  CHECK(worst<T>(TFX_COMPARE(expm1), small<T>, 80, spread::both_signs) <= 2.0);
}

TEST_CASE_TEMPLATE("logarithms are within their stated error, for subnormal arguments too", T, float, double) {
  CHECK(worst<T>(TFX_COMPARE(log), sizeof(T) == 4 ? 1e-44 : 1e-320, large<T>, spread::logarithmic) <= 1.0);
  CHECK(worst<T>(TFX_COMPARE(log), 0.5, 2) <= 1.0);
  CHECK(worst<T>(TFX_COMPARE(log1p), -0.999999, 5) <= 2.0);
  CHECK(worst<T>(TFX_COMPARE(log1p), small<T>, static_cast<double>(std::numeric_limits<T>::max()), spread::logarithmic) <= 2.0);
  CHECK(worst<T>(TFX_COMPARE(log1p), large<T>, static_cast<double>(std::numeric_limits<T>::max())) <= 2.0);
}

TEST_CASE_TEMPLATE("sigmoid, tanh and erf are within their stated error", T, float, double) {
  const auto logistic = [](long double x) { return 1 / (1 + std::exp(-x)); };
  CHECK(worst<T>([](auto x) { return sigmoid(x); }, logistic, -80, 40) <= 2.5);
  CHECK(worst<T>([](auto x) { return sigmoid(x); }, logistic, -4, 4) <= 2.5);
  CHECK(worst<T>(TFX_COMPARE(tanh), -10, 10) <= 2.5);
  CHECK(worst<T>(TFX_COMPARE(tanh), small<T>, 50, spread::both_signs) <= 2.5);
  CHECK(worst<T>(TFX_COMPARE(erfc), -6, sizeof(T) == 4 ? 9.1 : 26.5) <= 6.0);
  CHECK(worst<T>(TFX_COMPARE(erfc), -1, 1) <= 6.0);
  const auto below = [](long double x) { return std::erfc(-x / std::sqrt(2.0L)) / 2; };
  CHECK(worst<T>([](auto x) { return normal_distribution(x).below; }, below, sizeof(T) == 4 ? -12.9 : -37.4, 8) <= 5.0);
  CHECK(worst<T>([](auto x) { return normal_distribution(x).bell; }, [](long double x) { return std::exp(-x * x / 2); },
                 sizeof(T) == 4 ? -13 : -37.5, sizeof(T) == 4 ? 13 : 37.5) <= 1.5);
  CHECK(worst<T>(TFX_COMPARE(erf), -6, 6) <= 1.5);
  CHECK(worst<T>(TFX_COMPARE(erf), small<T>, 50, spread::both_signs) <= 1.5);
}

TEST_CASE_TEMPLATE("sine and cosine are within their stated error", T, float, double) {
  CHECK(worst<T>(TFX_COMPARE(sin), -10, 10) <= 1.6);
  CHECK(worst<T>(TFX_COMPARE(cos), -10, 10) <= 1.6);
  CHECK(worst<T>(TFX_COMPARE(sin), -131072, 131072) <= 1.6);
  CHECK(worst<T>(TFX_COMPARE(cos), -131072, 131072) <= 1.6);
  const double most = static_cast<double>(std::numeric_limits<T>::max());
  CHECK(worst<T>(TFX_COMPARE(sin), 1e5, most, spread::both_signs) <= 1.6);
  CHECK(worst<T>(TFX_COMPARE(cos), 1e5, most, spread::both_signs) <= 1.6);
  CHECK(worst<T>(TFX_COMPARE(sin), most / 2, most) <= 1.6);
  CHECK(std::isnan(sin(lane<T>(std::numeric_limits<T>::infinity())).v));
  CHECK(std::isnan(cos(lane<T>(-std::numeric_limits<T>::infinity())).v));
}

TEST_CASE("angles next to a multiple of pi / 2 keep their digits, however large") {
  // Of all doubles the nearest to one, and a well-known number; sines and cosines from mpmath.
  constexpr double near = 0x1.6ac5b262ca1ffp+849;
  CHECK(cos(lane<double>(near)).v == doctest::Approx(-4.687165924254628e-19).epsilon(1e-15));
  CHECK(sin(lane<double>(near)).v == 1);
  CHECK(sin(lane<double>(1e22)).v == doctest::Approx(-0.8522008497671888).epsilon(1e-15));
  CHECK(sin(lane<double>(-1e22)).v == doctest::Approx(0.8522008497671888).epsilon(1e-15));
  CHECK(cos(lane<double>(1e22)).v == doctest::Approx(0.5232147853951389).epsilon(1e-15));
  static_assert(sin(lane<double>(1e22)).v < -0.852200849767188 && cos(lane<float>(1e30f)).v == cos(lane<float>(-1e30f)).v);
}

TEST_CASE_TEMPLATE("powers are within their stated error", T, float, double) {
  const auto power = [](T base) { return [base](auto x) { return pow(decltype(x)(base), x); }; };
  const auto expected = [](T base) {
    return [base](long double x) { return std::pow(static_cast<long double>(base), x); };
  };
  CHECK(worst<T>(power(T(1.4)), expected(T(1.4)), -250, 250) <= 1.5);
  CHECK(worst<T>(power(T(0.999)), expected(T(0.999)), 0, 50000) <= 1.5);
  CHECK(worst<T>([](auto x) { return pow(x, 20); }, [](long double x) { return std::pow(x, 20.0L); }, 0.1, 50) <= 1.5);
  CHECK(worst<T>([](auto x) { return pow(x, 0.5); }, [](long double x) { return std::sqrt(x); }, 0, 1e6) <= 1.5);
}

TEST_CASE_TEMPLATE("the quantile inverts the normal distribution", T, float, double) {
  const double tolerance = sizeof(T) == 4 ? 1e-6 : 1e-14;
  for (double p : {1e-6, 1e-3, 0.02, 0.075, 0.3, 0.49, 0.6, 0.97, 0.9999}) {
    const T argument = static_cast<T>(p);
    const double x = static_cast<double>(tfx::lanes::math::normal_quantile(argument));
    const double back = 0.5 * std::erfc(-x / std::sqrt(2.0));
    CHECK(back == doctest::Approx(static_cast<double>(argument)).epsilon(20 * tolerance));
  }
}

TEST_CASE_TEMPLATE("the exact operations of constant evaluation are those of the processor", T, float, double) {
  namespace exact = tfx::lanes::exact;
  using word = typename exact::format<T>::word;
  std::mt19937_64 generator(2);
  const auto any = [&] { return std::bit_cast<T>(static_cast<word>(generator())); };
  const auto same = [](T a, T b) { return std::bit_cast<word>(a) == std::bit_cast<word>(b) || (a != a && b != b); };
  int wrong = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    T a = any(), b = any(), c = any();
    if (i % 4 == 1) {  // cancellation
      a = static_cast<T>(1 + static_cast<double>(generator() >> 12) * 0x1p-52);
      b = static_cast<T>(1 + static_cast<double>(generator() >> 12) * 0x1p-52);
      c = static_cast<T>(-(a * b) * (1 + static_cast<T>(i % 5 - 2) * std::numeric_limits<T>::epsilon()));
    }
    if (i % 4 == 3) c = -(a * b);
    wrong += !same(exact::fma(a, b, c), std::fma(a, b, c));
    wrong += !same(exact::add(a, c), a + c);
    wrong += !same(exact::multiply(a, b), a * b);
    wrong += !same(exact::divide(a, b), a / b);
    wrong += !same(exact::sqrt(a), std::sqrt(a));
  }
  CHECK(wrong == 0);
}
