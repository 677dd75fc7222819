// SPDX-License-Identifier: Apache-2.0
// A training step of one's own: two networks against each other, two optimizers, one program.
//
// The generator learns to bend a cloud of normal numbers into a banana: x = (a, b / 2 + a^2 - 1) with a, b normal,
// whose mean is (0, 0) and whose covariance is ((1, 0), (0, 2.25)).
#include <cstdio>

#include <tfx/expr/values.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr int batch = 256;
using points = tensor<float, shape<batch, 2>>;

inline constexpr auto generator = nn::shared("generator", nn::sequential(  //
    nn::dense<32>{}, nn::tanh{}, nn::dense<32>{}, nn::tanh{}, nn::dense<2>{}));
inline constexpr auto discriminator = nn::shared("discriminator", nn::sequential(  //
    nn::dense<64>{}, nn::leaky_relu{}, nn::dense<64>{}, nn::leaky_relu{}, nn::dense<1>{}));

struct gan_step {
  constexpr auto operator()(auto real, auto noise, auto rate) const {
    auto fake = generator(noise);
    // The discriminator says how real a point looks, in logits. Each network minimises its loss over its parameters.
    auto d_loss = mean(softplus(-discriminator(real))) + mean(softplus(discriminator(stop_gradient(fake))));
    minimize(d_loss, optim::adam{.learning_rate = rate, .beta1 = 0.5}, only{"discriminator"});
    auto g_loss = mean(softplus(-discriminator(fake)));  // asks the discriminator that has just learned
    minimize(g_loss, optim::adam{.learning_rate = 0.3 * rate, .beta1 = 0.5}, only{"generator"});
    return outputs(d_loss, g_loss, fake);
  }
};
inline constexpr gan_step gan{};

points real_points(int number) {
  points x = random_normal<batch, 2>(1'000'000 + number);
  for (int i = 0; i < batch; ++i) x(i, 1) = 0.5f * x(i, 1) + x(i, 0) * x(i, 0) - 1;
  return x;
}

/// Moments of a cloud of points, and a picture of it.
struct cloud {
  static constexpr int columns = 33, rows = 15;
  static constexpr double left = -3.3, right = 3.3, low = -2.6, high = 4.9;
  double n = 0, sum[2] = {}, products[2][2] = {}, bend = 0;
  int seen[rows][columns] = {};

  void add(const points& x) {
    for (int i = 0; i < batch; ++i) {
      const double p[2] = {x(i, 0), x(i, 1)};
      for (int a = 0; a < 2; ++a) {
        sum[a] += p[a];
        for (int b = 0; b < 2; ++b) products[a][b] += p[a] * p[b];
      }
      bend += p[0] * p[0] * p[1];
      n += 1;
      const double column = (p[0] - left) / (right - left) * columns, row = (high - p[1]) / (high - low) * rows;
      if (column >= 0 && column < columns && row >= 0 && row < rows) ++seen[int(row)][int(column)];
    }
  }
  double mean(int a) const { return sum[a] / n; }
  double covariance(int a, int b) const { return products[a][b] / n - mean(a) * mean(b); }
  char shade(int row, int column) const {
    const double share = 1000 * seen[row][column] / n;
    return share < 0.2 ? ' ' : share < 2 ? '.' : share < 6 ? ':' : share < 12 ? 'o' : '#';
  }
};

int main() {
  program<gan, input<batch, 2>, input<batch, 2>, input<>> step{seed{1}};
  constexpr int steps = 12000;
  for (int i = 0; i <= steps; ++i) {
    const float rate = i < steps / 2 ? 4e-3f : 4e-3f * float(steps - i) / (steps / 2);
    auto [d_loss, g_loss, fake] = step(real_points(i), random_normal<batch, 2>(2'000'000 + i), rate);
    if (i % 2000 == 0) std::printf("step %5d  discriminator %.4f  generator %.4f\n", i, d_loss, g_loss);
  }

  cloud real, generated;
  for (int i = 0; i < 80; ++i) {
    real.add(real_points(steps + 1 + i));
    // With a rate of 0 a step changes nothing.
    auto [d_loss, g_loss, fake] = step(real_points(0), random_normal<batch, 2>(3'000'000 + i), 0);
    generated.add(fake);
  }
  std::puts("\n                    mean               covariance          mean of x^2 y");
  const auto print = [](const char* name, const cloud& c) {
    std::printf("%-10s %7.2f %7.2f  %7.2f %7.2f %7.2f %12.2f\n", name, c.mean(0), c.mean(1), c.covariance(0, 0),
                c.covariance(0, 1), c.covariance(1, 1), c.bend / c.n);
  };
  print("real", real);
  print("generated", generated);

  std::printf("\n%-*s   %s\n", cloud::columns, "real", "generated");
  for (int row = 0; row < cloud::rows; ++row) {
    for (const cloud* c : {&real, &generated}) {
      for (int column = 0; column < cloud::columns; ++column) std::putchar(c->shade(row, column));
      std::fputs(c == &real ? " | " : "\n", stdout);
    }
  }
}
