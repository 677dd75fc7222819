// SPDX-License-Identifier: Apache-2.0
// mlflow.program STORE FILE: trains, and tells a folder or a server of MLflow about it. Prints the runs and the history for mlflow.test.py.
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/tracking/mlflow.hpp>
#include <tfx/tracking/mlflow_files.hpp>
#include <tfx/tracking/mlflow_server.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<4>{}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-2}, metric::mean_absolute_error{});

int main(int, char** argument) {
  const std::string where = argument[1], file = argument[2];
  std::unique_ptr<tracking::mlflow_store> store;
  if (where.starts_with("http")) store = std::make_unique<tracking::mlflow_server>(where);
  else store = std::make_unique<tracking::mlflow_files>(where);

  std::vector<float> x, y;
  for (int i = 0; i < 64; ++i) x.push_back(0.1f * float(i % 13)), y.push_back(x.back() * 0.5f);
  model<net, input<16, 1>> m{seed{1}};
  tracking::mlflow_run run(*store, {.experiment = "a \"test\": tfx", .name = "first", .params = {{"rate", 3e-2}, {"units", 4}, {"optimizer", "adam"}}, .tags = {{"kind", "a\nb \"c\""}}});
  const auto past = m.fit<training>(data::columns(x, y), {.epochs = 3, .validation = data::columns(x, y), .quiet = true}, run);
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
