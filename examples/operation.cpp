// SPDX-License-Identifier: Apache-2.0
// An operation of one's own: no macro, no registration. It fuses and differentiates like the library's.
#include <cstdio>
#include <iostream>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/print.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

/// log(cosh(x)), a loss that is quadratic near zero and linear far away.
struct log_cosh_op : elementwise<log_cosh_op> {
  // x is a lane: one number in the compiler, several in a vector register; written once
  static constexpr auto apply(auto x) {
    const auto size = abs(x);
    return size + log1p(exp(-2 * size)) - 0.69314718055994531;
  }
  // traced code, so it has derivatives itself
  static constexpr auto derivative(auto x, auto, auto dy) { return dy * tanh(x); }
};
inline constexpr auto log_cosh = make_operation<log_cosh_op>;

/// Two arguments, two derivatives.
struct length_op : elementwise<length_op> {
  static constexpr auto apply(auto a, auto b) { return sqrt(a * a + b * b); }
  static constexpr auto derivative(auto a, auto b, auto y, auto dy) { return parts(dy * a / y, dy * b / y); }
};
inline constexpr auto length = make_operation<length_op>;

// On numbers, in the compiler.
static_assert(length(3.0, 4.0) == 5.0);
static_assert(grad(length)(3.0, 4.0) == 0.6 && grad<1>(length)(3.0, 4.0) == 0.8);
constexpr double second = grad(grad(log_cosh))(0.0);
static_assert(second == 1.0);

int main() {
  // On tensors: one loop with the library's operations.
  tensor<float, shape<2, 3>> error = {{-2, -1, 0}, {0.5f, 1, 20}};
  tensor loss = log_cosh(error) + 0.01f * abs(error);
  std::cout << "loss\n" << loss << '\n';

  // In functions that are differentiated.
  auto [value, slope] = value_and_grad([](auto e) { return mean(log_cosh(e)); })(error);
  std::printf("\nmean %g, its gradient\n", double(value));
  std::cout << slope << '\n';

  std::puts("\n    x   log(cosh x)      first     second      third derivative");
  for (double x = -2; x <= 2; x += 0.5)
    std::printf("%5.1f %13.9f %10.6f %10.6f %10.6f\n", x, log_cosh(x), grad(log_cosh)(x), grad(grad(log_cosh))(x),
                grad(grad(grad(log_cosh)))(x));
}
