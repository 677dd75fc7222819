// SPDX-License-Identifier: Apache-2.0
// A loop that is told things: where data come from, who watches, and what is left afterwards.
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>
#include <vector>

#include <tfx/data/class_weights.hpp>
#include <tfx/data/split.hpp>
#include <tfx/train/write_history.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<16>{}, nn::tanh{}, nn::dense<2>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 2e-2}, metric::accuracy{});

// region: source
struct spiral {   // a source of one's own: two arms, without end
  using record = data::record<data::field<shape<2>>, data::field<shape<>, int>>;
  int at = 0;
  int next(auto& batch) {
    auto [point, arm] = batch;
    for (std::size_t i = 0; i < std::size_t(batch.capacity); ++i, ++at) {
      const double out = (at * 37 % 100) / 100.0, angle = 4 * out + 3.14159 * (at % 2);
      point[i] = {(0.2 + out) * std::cos(angle), (0.2 + out) * std::sin(angle)};
      arm[i] = at % 2;
    }
    return batch.capacity;   // how many it has made; 0 is the end
  }
};
// end region

// region: observer
struct longest_fall {   // an observer of one's own hears the moments that it can be called with
  double before = 1e9, most = 0;
  int epoch = 0;
  void operator()(const epoch_end& e) {
    if (before - e["loss"] > most && e.epoch() > 1) most = before - e["loss"], epoch = e.epoch();
    before = e["loss"];
  }
  void operator()(const training_end&) { std::printf("the loss fell most in epoch %d\n", epoch); }
};
// end region

int main() {
  std::vector<std::array<float, 2>> points;
  std::vector<int> arms;
  for (int i = 0; i < 600; ++i) {
    const double out = (i * 61 % 100) / 100.0, angle = 4 * out + 3.14159 * (i % 2), radius = 0.2 + out + 0.2 * std::sin(i * 7.0);
    points.push_back({float(radius * std::cos(angle)), float(radius * std::sin(angle))});
    arms.push_back(i % 2);
  }
  // region: told
  auto [train, test] = data::split(data::columns(points, arms), 400);
  model<net, input<32, 2>> m{seed{1}};
  early_stopping stopping{.watch = "val_loss", .patience = 8, .restore_best = true};
  auto history = m.fit<training>(train, {.epochs = 200, .validation = test, .quiet = true},
      stopping,
      reduce_on_plateau{.factor = 0.5, .patience = 3},
      terminate_on_nan{},
      longest_fall{},
      [](const epoch_end& e) { if (e["val_accuracy"] == 1) e.stop(); });
  std::printf("%d epochs; val_accuracy %.3f\n", history.epochs(), history["val_accuracy"].back());
  history.save("history.csv");
  // end region
  std::remove("history.csv");

  // region: data
  m.fit<training>(data::class_weights(train, std::vector<float>{1, 3}), {.quiet = true});                       // the second class counts three times
  const std::vector<float> sure(600, 0.5f);
  m.fit<training>(data::columns(points, arms).weights(sure), {.quiet = true});                                 // a factor for each example
  m.fit<training>(spiral{}, {.epochs = 2, .steps_per_epoch = 50, .quiet = true});                              // so many batches are an epoch
  m.fit<training>(data::generate([n = 0]() mutable { ++n; return std::pair(std::array{0.1f * float(n % 7), 0.5f}, n % 2); }, 320), {.quiet = true});
  std::vector<std::pair<std::array<float, 2>, int>> pairs = {{{0.1f, 0.2f}, 0}, {{0.9f, 0.1f}, 1}};
  m.fit<training>(pairs, {.quiet = true});                                                                     // any range of pairs
  // end region
}
