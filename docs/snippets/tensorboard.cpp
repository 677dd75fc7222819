// SPDX-License-Identifier: Apache-2.0
// What TensorBoard shows of a training, and things of one's own.
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <tfx/data/split.hpp>
#include <tfx/summary/hparams.hpp>
#include <tfx/summary/image.hpp>
#include <tfx/summary/text.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/tensorboard.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<16>{}, nn::tanh{}, nn::residual(nn::sequential(nn::dense<16>{}, nn::tanh{})), nn::named("arms", nn::dense<2>{}));
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 5e-3}, metric::accuracy{});

int main() {
  std::vector<std::array<float, 2>> points;
  std::vector<int> arms;
  for (int i = 0; i < 600; ++i) {
    const double out = (i * 61 % 100) / 100.0, angle = 5 * out + 3.14159 * (i % 2), radius = 0.2 + out + 0.1 * std::sin(i * 7.0);
    points.push_back({float(radius * std::cos(angle)), float(radius * std::sin(angle))});
    arms.push_back(i % 2);
  }
  auto [train, test] = data::split(data::columns(points, arms), 400);

  // region: fit
  model<net, input<32, 2>> m{seed{1}};
  m.fit<training>(train, {.epochs = 40, .validation = test, .quiet = true}, tensorboard("logs/run1", {.histogram_freq = 1, .update_freq = 5}));
  // end region

  // region: own
  summary::event_writer log("logs/own");
  for (int step = 0; step < 100; ++step) summary::scalar(log, "wave", std::sin(0.1 * step), step);

  summary::picture map(200, 200);   // what the network says of each place
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 200; ++x) {
      const auto logits = m.predict(std::array{float(x - 100) / 70, float(y - 100) / 70});
      map.set(x, y, logits[1] > logits[0] ? summary::rgb{244, 162, 97} : summary::rgb{42, 157, 143});
    }
  summary::image(log, "map", map, 0);
  summary::text(log, "note", "two **arms** of a spiral, 400 points", 0);
  log.close();   // says what could not be written
  // end region

  // region: search
  summary::event_writer search("logs/search");
  summary::hparams_config(search, {{.name = "seed"}, {.name = "epochs", .values = {5, 10, 20}}}, {{.tag = "epoch_accuracy", .run = "validation", .shown_as = "accuracy"}});
  for (const int epochs : {5, 10, 20})
    for (const int number : {1, 2}) {
      const std::string folder = "logs/search/" + std::to_string(epochs) + "_" + std::to_string(number);
      summary::event_writer trial(folder);
      summary::hparams(trial, {{"seed", number}, {"epochs", epochs}});
      model<net, input<32, 2>> one{seed{std::uint64_t(number)}};
      one.fit<training>(train, {.epochs = epochs, .validation = test, .quiet = true}, tensorboard(folder, {.write_graph = false}));
      summary::end_trial(trial);
    }
  // end region

  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator("logs")) files += entry.is_regular_file();
  std::printf("%d files of events\n", files);
  std::filesystem::remove_all("logs");
}
