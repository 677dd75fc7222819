// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "unary.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("trigonometric and hyperbolic functions") {
  using a = fixtures::atan2;
  check(unary<fixtures::sin>([](auto x) { return sin(x); }),
        unary<fixtures::cos>([](auto x) { return cos(x); }),
        unary<fixtures::tan>([](auto x) { return tan(x); }, inside_one),
        unary<fixtures::asin>([](auto x) { return asin(x); }, inside_one),
        unary<fixtures::acos>([](auto x) { return acos(x); }, inside_one),
        unary<fixtures::atan>([](auto x) { return atan(x); }),
        unary<fixtures::sinh>([](auto x) { return sinh(x); }),
        unary<fixtures::cosh>([](auto x) { return cosh(x); }),
        unary<fixtures::tanh>([](auto x) { return tanh(x); }),
        example("atan2", [](auto y, auto x) { return atan2(y, x); }, a::out, a::cotangent,
                given<3, 4>(a::y, a::d_y), given<3, 4>(a::x, a::d_x)));
}

/// Distance in units of the last place of the exact result.
template <class T> double ulps(T found, long double exact) {
  if (found == T(exact) || (std::isnan(found) && std::isnan(exact))) return 0;
  const T e = T(exact);
  return double(std::abs((long double)(found)-exact) / std::abs(std::nextafter(e, T(INFINITY)) - e));
}

template <class T, class Op, class Exact> double worst_ulps(Op, Exact exact, double from, double to) {
  double worst = 0;
  for (int i = 0; i <= 20000; ++i) {
    const T x = T(from + (to - from) * i / 20000);
    worst = std::max(worst, ulps(Op::apply(lanes::lane<T>(x)).v, exact((long double)(x))));
  }
  return worst;
}

TEST_CASE_TEMPLATE("inverse and hyperbolic functions keep their digits", T, float, double) {
  CHECK(worst_ulps<T>(atan_op{}, [](long double x) { return std::atan(x); }, -20, 20) <= 3);
  CHECK(worst_ulps<T>(asin_op{}, [](long double x) { return std::asin(x); }, -1, 1) <= 4);
  CHECK(worst_ulps<T>(acos_op{}, [](long double x) { return std::acos(x); }, -1, 0.99) <= 4);
  CHECK(worst_ulps<T>(sinh_op{}, [](long double x) { return std::sinh(x); }, -88, 88) <= 4);
  CHECK(worst_ulps<T>(sinh_op{}, [](long double x) { return std::sinh(x); }, -1e-3, 1e-3) <= 4);
  CHECK(worst_ulps<T>(cosh_op{}, [](long double x) { return std::cosh(x); }, -88, 88) <= 4);
}

TEST_CASE_TEMPLATE("atan2 in its special cases", T, float, double) {
  const T infinity = std::numeric_limits<T>::infinity(), special[] = {T(0), T(-0.0), T(1), T(-1), infinity, -infinity};
  for (const T y : special)
    for (const T x : special) {
      CAPTURE(y);
      CAPTURE(x);
      const T found = atan2_op::apply(lanes::lane<T>(y), lanes::lane<T>(x)).v, expected = std::atan2(y, x);
      CHECK(std::signbit(found) == std::signbit(expected));
      CHECK(ulps(found, (long double)(expected)) <= 1);
    }
  CHECK(std::isnan(atan2_op::apply(lanes::lane<T>(NAN), lanes::lane<T>(1)).v));
  CHECK(std::isnan(atan2_op::apply(lanes::lane<T>(1), lanes::lane<T>(NAN)).v));
  CHECK(std::isnan(asin_op::apply(lanes::lane<T>(T(1.5))).v));
  CHECK(atan_op::apply(lanes::lane<T>(-infinity)).v == T(-1.5707963267948966));
  CHECK(sinh_op::apply(lanes::lane<T>(-infinity)).v == -infinity);
}

}  // namespace
