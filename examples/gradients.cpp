// SPDX-License-Identifier: Apache-2.0
// Gradients of plain functions: while compiling, at run time, of gradients.
#include <cstdio>
#include <iostream>

#include <tfx/autodiff/custom_gradient.hpp>
#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/print.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

constexpr auto f = [](auto x) { return x * x + 2 * x - 5; };
static_assert(grad(f)(3.0) == 8.0);        // in the compiler
static_assert(grad(grad(f))(3.0) == 2.0);  // transformations nest

constexpr auto mean_squared = [](auto w, auto b, auto x, auto y) { return mean(square(matmul(x, w) + b - y)); };

constexpr auto rosenbrock = [](auto x) {
  auto a = slice<0, 0, 1>(x), b = slice<0, 1, 2>(x);
  return sum(square(1 - a) + 100 * square(b - a * a));
};

// What is rounded going forward lets the gradient through unchanged going back.
constexpr auto rounded = custom_gradient([](auto x) { return round(x); }, [](auto, auto, auto dy) { return dy; });

int main() {
  // Fit a line through four points: y = 3 x - 1.
  tensor<float, shape<4, 1>> x = {{0}, {1}, {2}, {3}}, y = {{-1}, {2}, {5}, {8}};
  tensor<float, shape<1, 1>> w = {{0}};
  tensor<float, shape<1>> b = {0};
  for (int step = 0; step <= 200; ++step) {
    auto [loss, dw, db] = value_and_grad<0, 1>(mean_squared)(w, b, x, y);  // with respect to the first two arguments
    if (step % 50 == 0) std::printf("step %3d  loss %9.6f  w %7.4f  b %7.4f\n", step, loss, w(0, 0), b[0]);
    w -= 0.1f * dw;
    b -= 0.1f * db;
  }

  // Newton's method on Rosenbrock's valley, with the Hessian as the Jacobian of the gradient.
  std::puts("\nNewton steps from (-1.2, 1)");
  tensor<double, shape<2>> p = {-1.2, 1};
  for (int step = 0; step < 7; ++step) {
    tensor slope = grad(rosenbrock)(p);
    tensor h = jacobian(grad(rosenbrock))(p);
    const double determinant = h(0, 0) * h(1, 1) - h(0, 1) * h(1, 0);
    p[0] -= (h(1, 1) * slope[0] - h(0, 1) * slope[1]) / determinant;
    p[1] -= (h(0, 0) * slope[1] - h(1, 0) * slope[0]) / determinant;
    std::printf("%9.6f %9.6f\n", p[0], p[1]);
  }

  tensor<double, shape<3>> at = {1, 2, 3}, direction = {1, 0, -1};
  constexpr auto cube = [](auto v) { return v * v * v; };
  constexpr auto total = [cube](auto v) { return sum(cube(v)); };
  std::cout << "\nJacobian of x^3 at " << at << "\n" << jacobian(cube)(at) << '\n';
  std::cout << "times " << direction << "           " << jvp(cube)(at, direction) << '\n';
  std::cout << "Hessian of its sum, the same    " << hvp(total)(at, direction) << '\n';

  double k = 0.5;  // captured numbers work too
  std::printf("\nd/dx k x^2 at 3, k = 0.5: %g\n", grad([k](auto v) { return k * v * v; })(3.0));
  std::printf("d/dx x round(x) at 2.6:   %g\n", grad([](auto v) { return v * rounded(v); })(2.6));
}
