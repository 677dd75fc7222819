// SPDX-License-Identifier: Apache-2.0
// A loop that is told things: a schedule, who watches, when it is over; broken off in the middle of an epoch, and taken up again.
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <tfx/io/safetensors.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/checkpoint.hpp>
#include <tfx/train/write_history.hpp>

using namespace tfx;

// region: recipe
inline constexpr auto net = nn::sequential(nn::dense<24>{}, nn::tanh{}, nn::dropout{.rate = 0.1}, nn::dense<24>{}, nn::tanh{}, nn::dense<2>{});
inline constexpr auto rate = optim::warm_up(optim::cosine_decay{.initial = 2e-2, .steps = 2000, .alpha = 0.05}, 30);
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = rate}, metric::accuracy{});
using spirals = model<net, input<32, 2>>;
// end region

int main() {
  std::vector<std::array<double, 2>> points;   // two arms that wind around each other, and some noise
  std::vector<int> arm;
  for (int i = 0; i < 1200; ++i) {
    const double out = (i * 61 % 100) / 100.0, angle = 5 * out + 3.14159 * (i % 2) + 0.3 * std::sin(i * 12.9898);
    points.push_back({(0.2 + out) * std::cos(angle), (0.2 + out) * std::sin(angle)});
    arm.push_back(i % 2);
  }
  const auto data = data::columns(points, arm);
  const auto folder = std::filesystem::temp_directory_path() / "tfx_told_loop";
  std::filesystem::create_directory(folder);

  // region: told
  spirals m{seed{1}};
  early_stopping stopping{.watch = "val_loss", .patience = 8, .restore_best = true};
  auto history = m.fit<training>(data, {.epochs = 100, .validation_split = 0.25, .quiet = true},   // the last quarter is not trained on
      stopping,
      reduce_on_plateau{.watch = "val_loss", .factor = 0.5, .patience = 3},
      terminate_on_nan{},
      [](const epoch_end& e) { if (e.epoch() % 10 == 0) std::printf("epoch %d: %.0f %% are right, rates times %g\n", e.epoch(), 100 * e["val_accuracy"], e.rate_factor()); },
      [](const epoch_end& e) { if (e["val_loss"] < 0.01) e.stop(); });
  std::printf("%d epochs, %s; the best was %d\n", history.epochs(), history.stopped() ? "stopped" : "all", stopping.best_epoch);
  std::printf("loss %.3f -> %.3f\n", history["loss"].front(), history["loss"].back());
  const double best = history["val_loss"][std::size_t(stopping.best_epoch - 1)];
  auto result = m.evaluate<training>(data::columns(std::span(points).subspan(900), std::span(arm).subspan(900)));
  std::printf("its weights are back: %s\n", result.loss == best ? "yes" : "no");
  history.save(folder / "history.csv");
  // end region

  // region: resume
  spirals whole{seed{1}}, broken{seed{1}}, resumed;
  whole.fit<training>(data, {.epochs = 4, .quiet = true});
  broken.fit<training>(data, {.epochs = 4, .quiet = true}, [&](const batch_end& b) {
    if (b.epoch() < 3 || b.batches() < 20) return;   // somebody turns the machine off in the third epoch
    save(checkpoint<training>(broken), folder / "at.safetensors");
    b.stop();
  });
  auto everything = checkpoint<training>(resumed);
  load(everything, folder / "at.safetensors");
  auto rest = resumed.fit<training>(data, {.epochs = 4, .quiet = true, .resume = true});
  // end region
  bool equal = true;
  resumed.for_each_variable([&](std::string_view path, const dims& shape, const float* there) {
    for (int i = 0; i < shape.size(); ++i) equal = equal && there[i] == whole.weights().variable(path)[std::size_t(i)];
  });
  std::printf("resumed in epoch %d: %s\n", rest.first_epoch() + 1, equal ? "the same bits" : "other bits");
  std::filesystem::remove_all(folder);
}
