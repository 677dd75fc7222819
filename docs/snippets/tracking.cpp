// SPDX-License-Identifier: Apache-2.0
// Runs that are tracked: MLflow, a manifest, a search, and where time goes.
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <tfx/backend/timed/timed.hpp>
#include <tfx/data/split.hpp>
#include <tfx/io/safetensors.hpp>
#include <tfx/tfx.hpp>
#include <tfx/tracking/manifest.hpp>
#include <tfx/tracking/mlflow.hpp>
#include <tfx/tracking/mlflow_files.hpp>
#include <tfx/tracking/search.hpp>
#include <tfx/train/average_weights.hpp>
#include <tfx/train/csv_log.hpp>
#include <tfx/train/find_nan.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<16>{}, nn::tanh{}, nn::dense<2>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 2e-2}, metric::accuracy{});

int main() {
  std::vector<std::array<float, 2>> points;
  std::vector<int> arms;
  for (int i = 0; i < 600; ++i) {
    const double out = (i * 61 % 100) / 100.0, angle = 4 * out + 3.14159 * (i % 2), radius = 0.2 + out + 0.2 * std::sin(i * 7.0);
    points.push_back({float(radius * std::cos(angle)), float(radius * std::sin(angle))});
    arms.push_back(i % 2);
  }
  const auto parts = data::split(data::columns(points, arms), 400);
  const auto &train = parts.first, &test = parts.second;   // clang 14 has no names of parts in lambdas
  model<net, input<32, 2>> m{seed{1}};

  // region: mlflow
  tracking::mlflow_files store("mlruns");   // or tracking::mlflow_server store("http://127.0.0.1:5000")
  tracking::mlflow_run run(store, {.experiment = "spirals", .name = "adam", .params = {{"rate", 2e-2}, {"units", 16}}});
  m.fit<training>(train, {.epochs = 20, .validation = test, .quiet = true}, run);
  save(m, "spirals.safetensors");
  run.artifact("spirals.safetensors", "weights");
  store.alias("spirals", "champion", run.register_model("spirals", "weights/spirals.safetensors"));
  run.end();
  // end region

  // region: manifest
  model<net, input<32, 2>> again{seed{1}};
  tracking::manifest came_from;
  came_from.data("train", train);
  came_from.param("rate", 2e-2);
  again.fit<training>(train, {.epochs = 20, .validation = test, .quiet = true}, came_from);
  came_from.save("manifest.json");
  // end region

  // region: search
  const std::vector<tracking::choice> choices = {{.name = "seed", .least = 1, .greatest = 1000, .whole = true}, {.name = "epochs", .values = {5, 10, 20}}};
  auto results = tracking::search(tracking::at_random(choices, 8), [&](const tracking::trial& t) {
    model<net, input<32, 2>> one{seed{std::uint64_t(t["seed"])}};
    return one.fit<training>(train, {.epochs = int(t["epochs"]), .validation = test, .quiet = true})["val_accuracy"].back();
  }, {.processes = 2, .highest = true, .log = "logs/search", .value = "val_accuracy"});
  const auto& best = tracking::best_of(results, true);
  std::printf("%zu trials; the best has %g epochs\n", results.size(), best.of["epochs"]);
  // end region

  // region: observers
  m.fit<training>(train, {.epochs = 5, .validation = test, .quiet = true}, average_weights{.momentum = 0.99}, csv_log("log.csv"), find_nan{});
  // end region

  // region: timed
  model<net, input<32, 2>, backend::timed<>> measured{seed{1}};
  measured.fit<training>(train, {.epochs = 5, .quiet = true});
  const std::string table = backend::measured().table();
  backend::measured().save_trace("trace.json");   // ui.perfetto.dev shows it
  // end region
  std::printf("%s\n", table.substr(0, table.find('\n')).c_str());
  for (const char* left : {"mlruns", "spirals.safetensors", "manifest.json", "logs", "log.csv", "trace.json"}) std::filesystem::remove_all(left);
}
