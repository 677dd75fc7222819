// SPDX-License-Identifier: Apache-2.0
// mlflow.program STORE FILE: trains, and tells a folder or a server of MLflow about it. Prints the runs and the history for mlflow.test.py.
// mlflow.program search STORE LOGS: the same of a search, which TensorBoard's page HParams shows too. Prints the results.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/tracking/mlflow.hpp>
#include <tfx/tracking/mlflow_files.hpp>
#include <tfx/tracking/mlflow_server.hpp>
#include <tfx/tracking/search.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<4>{}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-2}, metric::mean_absolute_error{});

namespace {

std::unique_ptr<tracking::mlflow_store> store_at(const std::string& place) {
  if (place.starts_with("http")) return std::make_unique<tracking::mlflow_server>(place);
  return std::make_unique<tracking::mlflow_files>(place);
}

struct line {
  std::vector<float> x, y;
  line() {
    for (int i = 0; i < 64; ++i) x.push_back(0.1f * float(i % 13)), y.push_back(x.back() * 0.5f);
  }
  auto columns() const { return data::columns(x, y); }
} const examples;

void search(const std::string& place, const std::string& logs) {
  store_at(place)->experiment("search");
  const auto results = tracking::search(tracking::at_random({{.name = "seed", .least = 1, .greatest = 1000, .whole = true}, {.name = "epochs", .values = {1, 2, 3}}}, 8), [&](const tracking::trial& t) {
    if (t.number == 5) throw std::runtime_error("no luck");
    const auto store = store_at(place);
    tracking::mlflow_run run(*store, {.experiment = "search", .name = std::to_string(t.number), .params = t.params});
    model<net, input<16, 1>> m{seed{std::uint64_t(t["seed"])}};
    return m.fit<training>(examples.columns(), {.epochs = int(t["epochs"]), .quiet = true}, run)["loss"].back();
  }, {.processes = 3, .log = logs, .value = "loss"});
  for (const auto& r : results) std::printf("%.0f %.0f %.17g %s\n", r.of["seed"], r.of["epochs"], r.value, r.mistake.c_str());
}

}  // namespace

int main(int, char** argument) {
  if (std::string_view(argument[1]) == "search") {
    search(argument[2], argument[3]);
    return 0;
  }
  const std::string file = argument[2];
  const auto store = store_at(argument[1]);
  model<net, input<16, 1>> m{seed{1}};
  tracking::mlflow_run run(*store, {.experiment = "a \"test\": tfx", .name = "first", .params = {{"rate", 3e-2}, {"units", 4}, {"optimizer", "adam"}}, .tags = {{"kind", "a\nb \"c\""}}});
  const auto past = m.fit<training>(examples.columns(), {.epochs = 3, .validation = examples.columns(), .quiet = true}, run);
  for (int i = 0; i < 2500; ++i) run.metric("inside/wave", 0.25 * i, i);
  for (int i = 0; i < 150; ++i) run.tag("tag " + std::to_string(i), std::to_string(i));
  run.param("late", true);
  run.artifact(file, "weights");
  const std::string name = file.substr(file.rfind('/') + 1);
  run.register_model("spirals", "weights/" + name);
  store->alias("spirals", "champion", run.register_model("spirals", "weights/" + name));
  run.end();
  std::printf("%s\n", run.id().c_str());
  for (const double loss : past["val_loss"]) std::printf("%.17g ", loss);

  try {
    tracking::mlflow_run other(*store, {.experiment = "a \"test\": tfx", .name = "second"});
    std::printf("\n%s\n", other.id().c_str());
    other.param("rate", 1);
    throw std::runtime_error("on the way");
  } catch (const std::runtime_error&) {
  }
  tracking::mlflow_run third(*store, {.experiment = "other"});
  third.param("rate", 1);
  try {
    third.param("rate", 2);
  } catch (const std::runtime_error& error) {
    std::printf("%s\n", error.what());
  }
}
