// SPDX-License-Identifier: Apache-2.0
// Training that survives: checkpoints in a folder, and what is left when it was cut off.
#include <array>
#include <cstdio>
#include <filesystem>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/train/checkpoints.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<8>{}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 1e-2});
using surface = model<net, input<16, 2>>;

int main() {
  std::vector<std::array<float, 2>> x;
  std::vector<float> y;
  for (int i = 0; i < 320; ++i) {
    x.push_back({float(i % 17) / 17, float(i % 19) / 19});
    y.push_back(x.back()[0] * x.back()[1]);
  }
  const auto train = data::columns(x, y);
  std::filesystem::remove_all("runs/7");

  surface cut_off{seed{1}};
  cut_off.fit<training>(train, {.epochs = 4, .quiet = true}, checkpoints{.folder = "runs/7"});

  // region: fit
  surface m{seed{1}};
  auto history = m.fit<training>(train, {.epochs = 10, .quiet = true, .resume = true},
                                 checkpoints{.folder = "runs/7", .name = "{epoch}-{loss:.4f}", .keep = 3});
  // end region
  std::printf("%d epochs, four of them before\n", history.epochs());

  // region: latest
  surface best;
  load(best, latest_checkpoint("runs/7"), {.allow_surplus = true});   // the weights; the rest of the file is what training goes on from
  // end region
  const std::array<float, 2> half = {0.5f, 0.5f};
  std::printf("the weights are %s\n", best.predict(half)[0] == m.predict(half)[0] ? "the same" : "others");
  std::filesystem::remove_all("runs");
}
