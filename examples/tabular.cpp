// SPDX-License-Identifier: Apache-2.0
// A table: columns of different sizes are normalised, sure rows count for more, and training stops when it no longer helps.
// twins/tabular.py is the same in Keras.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include <tfx/data/split.hpp>
#include <tfx/nn/adapt.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::normalization{}, nn::dense<32>{}, nn::relu{}, nn::dense<32>{}, nn::relu{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-3}, metric::mean_absolute_error{}, metric::r2_score{});

/// A number in [0, 1) for every row and column, the same in every language.
double noise(int row, int column) {
  const double s = std::sin(row * 12.9898 + column * 78.233) * 43758.5453;
  return s - std::floor(s);
}

int main(int argc, char** argv) {
  std::vector<std::array<float, 4>> x;
  std::vector<float> y, sure;
  for (int i = 0; i < 1500; ++i) {
    const double size = 20 + 180 * noise(i, 0), age = 100 * noise(i, 1), distance = 30 * noise(i, 2), floor = std::floor(10 * noise(i, 3));
    const bool estimated = i % 3 == 0;
    x.push_back({float(size), float(age), float(distance), float(floor)});
    y.push_back(float(size * (4 - 0.1 * distance) / 100 + std::cos(age / 20) + 0.1 * floor + (estimated ? 2 : 0.1) * (noise(i, 4) - 0.5)));
    sure.push_back(estimated ? 0.1f : 1.0f);
  }
  auto [learn, rest] = data::split(data::columns(x, y).weights(sure), 1000);
  auto [validation, test] = data::split(rest, 250);

  // region: training
  model<net, input<32, 4>> m{seed{argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1}};
  adapt(m, "normalization", std::span(x).first(1000));
  early_stopping stopping{.watch = "val_loss", .patience = 10, .restore_best = true};
  auto history = m.fit<training>(learn, {.epochs = 100, .validation = validation, .quiet = true}, stopping);
  auto result = m.evaluate<training>(test);
  // end region
  std::printf("%d epochs, the best was %d\n", history.epochs(), stopping.best_epoch);
  std::printf("mean absolute error %.3f\n", result["mean_absolute_error"]);
  std::printf("r2 %.3f\n", result["r2_score"]);
}
