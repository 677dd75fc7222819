// SPDX-License-Identifier: Apache-2.0
// manifest.program FILE SEED: trains, and writes the manifest of it to FILE. With the seed "time" no two runs are the same.
#include <chrono>
#include <cstdlib>
#include <string_view>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/tracking/manifest.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<4>{}, nn::tanh{}, nn::dense<1>{});
#if defined(OTHER_RATE)
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 2e-2});
#else
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-2});
#endif

int main(int, char** argument) {
  const bool timed = std::string_view(argument[2]) == "time";
  const auto number = timed ? std::uint64_t(std::chrono::steady_clock::now().time_since_epoch().count()) : std::uint64_t(std::atoi(argument[2]));
  std::vector<float> x, y;
  for (int i = 0; i < 600; ++i) x.push_back(0.125f * float(i % 13)), y.push_back(x.back() * 0.5f);
  const auto train = data::columns(x, y);
  model<net, input<16, 1>> m{seed{number}};
  tracking::manifest run;
  run.data("train", train);
  run.param("rate", 3e-2);
  run.param("optimizer", "adam \"as it is\"");
  m.fit<training>(train, {.epochs = 3, .quiet = true}, run);
  run.save(argument[1]);
}
