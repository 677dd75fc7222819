// SPDX-License-Identifier: Apache-2.0
// A network that the compiler has trained before the program exists: exclusive or, 100 steps of gradient descent in
// constant evaluation. A training that failed would not compile.
#include <cstdio>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

constexpr auto network = [](auto x, auto w1, auto b1, auto w2, auto b2) {
  return tanh(matmul(tanh(matmul(x, w1) + b1), w2) + b2);
};
constexpr auto loss = [](auto w1, auto b1, auto w2, auto b2, auto x, auto y) {
  return mean(square(network(x, w1, b1, w2, b2) - y));
};

struct parameters {
  tensor<float, shape<2, 4>> w1 = {{0.7f, -0.4f, 0.5f, -0.9f}, {-0.6f, 0.8f, 0.3f, -0.5f}};
  tensor<float, shape<4>> b1 = {0.1f, -0.2f, 0.3f, 0.0f};
  tensor<float, shape<4, 1>> w2 = {{0.5f}, {-0.7f}, {0.6f}, {0.4f}};
  tensor<float, shape<1>> b2 = {0.0f};
  float last_loss = 1;
};

constexpr tensor<float, shape<4, 2>> inputs = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
constexpr tensor<float, shape<4, 1>> targets = {{-1}, {1}, {1}, {-1}};

constexpr parameters trained(parameters p, int steps) {
  for (int i = 0; i < steps; ++i) {
    auto [value, dw1, db1, dw2, db2] = value_and_grad<0, 1, 2, 3>(loss)(p.w1, p.b1, p.w2, p.b2, inputs, targets);
    p.w1 -= 0.5f * dw1;
    p.b1 -= 0.5f * db1;
    p.w2 -= 0.5f * dw2;
    p.b2 -= 0.5f * db2;
    p.last_loss = value;
  }
  return p;
}

// Four constants, each trained from the one before: compilers limit how long one evaluation may take.
constexpr parameters after_25 = trained({}, 25);
constexpr parameters after_50 = trained(after_25, 25);
constexpr parameters after_75 = trained(after_50, 25);
constexpr parameters after_100 = trained(after_75, 25);
static_assert(after_100.last_loss < 0.01f);

constexpr tensor<float, shape<4, 1>> answers =
    compiled(network)(inputs, after_100.w1, after_100.b1, after_100.w2, after_100.b2);

int main() {
  std::printf("loss after 0, 25, 50, 75, 100 steps: 1, %.4f, %.4f, %.4f, %.4f\n\n", after_25.last_loss,
              after_50.last_loss, after_75.last_loss, after_100.last_loss);
  std::puts("a b   network  a xor b");
  for (int i = 0; i < 4; ++i) {
    const int a = int(inputs(i, 0)), b = int(inputs(i, 1));
    std::printf("%d %d   %+.4f  %d\n", a, b, answers(i, 0), answers(i, 0) > 0);
  }
}
