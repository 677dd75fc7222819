// SPDX-License-Identifier: Apache-2.0
// Writes what tensorboard.test.py reads: `pages FOLDER` something for every page, `fit FOLDER` what the observer writes, `on FOLDER`
// scalars until it is killed, a line on stdout for each that is in the file.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <tfx/summary/audio.hpp>
#include <tfx/summary/custom_scalars.hpp>
#include <tfx/summary/hparams.hpp>
#include <tfx/summary/mesh.hpp>
#include <tfx/summary/pr_curve.hpp>
#include <tfx/summary/text.hpp>
#include <tfx/tfx.hpp>
#include <tfx/train/tensorboard_gradients.hpp>

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::embedding<10, 4>{}, nn::flatten{}, nn::dense<8>{}, nn::relu{}, nn::residual(nn::dense<8>{}), nn::named("head", nn::dense<1>{}));
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = optim::exponential_decay{.initial = 0.1, .steps = 10, .rate = 0.5}}, metric::mean_absolute_error{});

/// The same in tensorboard.test.py.
double wave(int i) { return std::sin(0.1 * i) * (1 + i % 7); }

void pages(const std::filesystem::path& folder) {
  summary::event_writer log(folder / "pages");
  for (int step = 0; step < 3; ++step) {
    std::vector<double> waves;
    std::vector<float> same(5, 2.5f), colours, sound;
    std::vector<std::uint8_t> grey;
    for (int i = 0; i < 1000; ++i) waves.push_back(wave(i + step));
    for (int i = 0; i < 2 * 5 * 4 * 3; ++i) colours.push_back(float(i) / 100 - 0.1f);
    for (int i = 0; i < 6 * 7; ++i) grey.push_back(std::uint8_t(i * 6 + step));
    for (int i = 0; i < 800; ++i) sound.push_back(float(std::sin(i * 0.05 * (1 + i % 2))) * 1.1f);
    summary::scalar(log, "quality/wave", wave(step), step);
    summary::histogram(log, "waves", waves, step);
    summary::histogram(log, "same", same, step);
    summary::histogram(log, "none", std::vector<float>{}, step, 10);
    summary::image(log, "colours", colours, {.height = 5, .width = 4, .channels = 3, .images = 2}, step);
    summary::image(log, "grey", grey, {.height = 6, .width = 7}, step);
    summary::picture drawn(3, 2, {10, 20, 30});
    drawn.set(2, 1, {255, 0, 7});
    summary::image(log, "drawn", drawn, step);
    summary::audio(log, "sound", sound, {.rate = 8000, .channels = 2}, step);
    summary::text(log, "note", "step **" + std::to_string(step) + "**", step);
    const std::vector<std::string> cells = {"a", "b", "1", "2", "3", "4"};
    summary::text(log, "table", cells, 2, step);
    std::vector<int> labels;
    std::vector<float> predictions;
    for (int i = 0; i < 500; ++i) {
      labels.push_back(i % 3 == 0);
      predictions.push_back(float((i * 37 % 101) / 101.0 * 0.7 + (i % 3 == 0) * 0.3));
    }
    summary::pr_curve(log, "boots", labels, predictions, step, 11);
    const float corners[] = {0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, float(1 + step)};
    const std::int32_t faces[] = {0, 1, 2, 0, 1, 3, 0, 2, 3, 1, 2, 3};
    const std::uint8_t shades[] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 200, 200, 0};
    summary::mesh(log, "body", {.vertices = corners, .faces = faces, .colours = shades}, step);
    summary::mesh(log, "cloud", {.vertices = corners}, step);
  }
  for (int step = 0; step < 100; ++step) {
    summary::scalar(log, "quality/middle", step, step);
    summary::scalar(log, "quality/lower", step - 5, step);
    summary::scalar(log, "quality/upper", step + 5, step);
  }
  summary::custom_scalars(log, {{"quality", {{"waves", {"quality/wave", "quality/mid.*"}}, {.title = "between", .margins = {{"quality/middle", "quality/lower", "quality/upper"}}}}}, {"empty", {}, true}});
  write_graph_event<net, indices<16, 3>, training>(log);
  log.close();

  std::vector<float> points;
  std::vector<std::string> names, kinds;
  for (int i = 0; i < 60; ++i) {
    for (int k = 0; k < 4; ++k) points.push_back(float(wave(i * 4 + k)));
    names.push_back("point " + std::to_string(i));
    kinds.push_back(i % 2 ? "odd" : "even");
  }
  summary::projector projected(folder / "pages");
  projected.add("points", points, 4, {{"name", names}, {"kind", kinds}});
  projected.add("bare/points", points, 8);
  projected.add("named points", points, 4, {{"", names}});

  summary::event_writer search(folder / "search");
  summary::hparams_config(search, {{.name = "rate", .least = 1e-4, .greatest = 1e-1, .description = "of *learning*"}, {.name = "units", .values = {8, 16}}, {.name = "optimizer", .values = {"sgd", "adam"}}, {.name = "augment", .values = {true, false}}},
                          {{.tag = "epoch_loss", .run = "", .shown_as = "loss"}});
  for (int trial = 0; trial < 8; ++trial) {
    summary::event_writer run(folder / "search" / ("trial_" + std::to_string(trial)));
    summary::hparams(run, {{"rate", std::pow(10.0, -1 - trial % 3)}, {"units", trial % 2 ? 16 : 8}, {"optimizer", trial < 4 ? "sgd" : "adam"}, {"augment", trial % 4 == 0}});
    summary::scalar(run, "epoch_loss", 1.0 / (1 + trial), 3);
    summary::end_trial(run, trial == 7 ? summary::trial_status::failure : summary::trial_status::success);
  }
}

void fit(const std::filesystem::path& folder) {
  std::vector<std::array<int, 3>> words;
  std::vector<float> y;
  for (int i = 0; i < 160; ++i) words.push_back({i % 10, i / 10 % 10, i * 7 % 10}), y.push_back(float(wave(i)) / 8);
  auto data = data::columns(words, y);
  model<net, indices<16, 3>> m{seed{1}};
  tensorboard_gradients board(folder / "fit", {.histogram_freq = 2, .write_images = true, .write_steps_per_second = true, .update_freq = 3, .embeddings_freq = 1, .embeddings = {"embedding/weight"}});
  const auto past = m.fit<training>(data, {.epochs = 4, .validation = data, .validate_every = 2, .quiet = true}, board);
  words.resize(16);   // one batch, again and again
  y.resize(16);
  auto few = data::columns(words, y);
  model<net, indices<16, 3>> other{seed{2}};
  other.fit<training>(few, {.epochs = 4, .shuffle = false, .quiet = true}, tensorboard_gradients(folder / "one", {.histogram_freq = 1}));
  const auto row = [](const char* name, const auto& values) {
    std::printf("\"%s\": [", name);
    const char* between = "";
    for (const double x : values) std::printf("%s%.9g", between, std::isnan(x) ? -1.0 : x), between = ", ";
    std::printf("]");
  };
  std::printf("{");
  for (const std::string& name : past.names()) row(name.c_str(), past[name]), std::printf(", ");
  const auto table = m.weights().variable("embedding/weight");
  row("embedding", std::vector<double>(table.begin(), table.end()));
  std::printf("}\n");
}

[[noreturn]] void on(const std::filesystem::path& folder) {
  summary::event_writer log(folder / "on");
  for (int step = 0;; ++step) {
    summary::scalar(log, "step", step, step);
    if (step % 1000) continue;
    log.flush();
    std::printf("%d\n", step);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const std::string command = count == 3 ? arguments[1] : "";
  if (command == "pages") pages(arguments[2]);
  else if (command == "fit") fit(arguments[2]);
  else if (command == "on") on(arguments[2]);
  else return 1;
  return 0;
}
