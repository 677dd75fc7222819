// SPDX-License-Identifier: Apache-2.0
// libraries: z
// arguments: --example --epochs 6 --quiet
// From a table in a file to a network that is kept, watched and can be made again: stop it whenever you like, and the same command goes on.
#include <array>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <tuple>

#include <tfx/data/csv.hpp>
#include <tfx/data/pipelines.hpp>
#include <tfx/data/statistics.hpp>
#include <tfx/io/safetensors.hpp>
#include <tfx/nn/adapt.hpp>
#include <tfx/tfx.hpp>
#include <tfx/tracking/manifest.hpp>
#include <tfx/tracking/mlflow.hpp>
#include <tfx/tracking/mlflow_files.hpp>
#include <tfx/train/checkpoints.hpp>
#include <tfx/train/csv_log.hpp>
#include <tfx/train/tensorboard.hpp>

#include "../command_line.hpp"

using namespace tfx;

namespace {

constexpr std::string_view help = R"(train [--table FILE] [--run FOLDER] [--epochs N] [--mlflow FOLDER] [--example] [--quiet]

Learns the price of houses from a table with the columns size, age, garden (none, small, large) and price.

  --table FILE     the table; houses.csv
  --run FOLDER     checkpoints, logs and the weights go there; runs/houses. If it has checkpoints, training goes on from the newest
  --epochs N       in all; 20
  --mlflow FOLDER  the folder of MLflow's runs; mlruns
  --example        makes a table of 2,000 houses and a run of its own, and removes both
  --quiet          no progress bar
)";

inline constexpr auto net = nn::sequential(nn::normalization{}, nn::dense<32>{}, nn::relu{}, nn::dense<32>{}, nn::relu{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 3e-3}, metric::mean_absolute_error{});

struct run_options {
  std::filesystem::path table, folder, mlflow;
  int epochs;
  bool quiet;
};

history train(const run_options& o) {
  // What is read: rows with a size, the price in hundreds of thousands; damaged rows are left out and counted.
  std::uint64_t bad = 0;
  auto rows = data::csv<std::optional<float>, float, int, float>(o.table, {.columns = {"size", "age", "garden", "price"}, .categories = {{"garden", {"none", "small", "large"}}}}) |
              data::ignore_errors({.seen = &bad}) | data::filter([](const auto& r) { return std::get<0>(r).has_value(); }) |
              data::map([](std::optional<float> size, float age, int garden, float price) { return std::pair(std::array{*size, age, float(garden)}, price / 100); });

  model<net, input<32, 3>> m{seed{1}};
  std::vector<std::array<float, 3>> seen;
  for (auto& [x, price] : rows) seen.push_back(x);
  adapt(m, "normalization", seen);
  std::printf("%zu rows, %llu left out\n", seen.size(), static_cast<unsigned long long>(bad));

  // What they are like: a table in other units is refused when training goes on with it.
  const auto facts = o.folder / "statistics.csv";
  if (!std::filesystem::exists(facts)) {
    io::atomic_file file(facts);
    file.write(data::statistics_of(rows).text());
    file.commit();
  }
  std::ifstream kept(facts);
  const data::statistics known(std::string(std::istreambuf_iterator<char>(kept), {}));
  auto checked = rows | data::check(known);
  auto test = checked | data::take(400) | data::batch<32>();
  auto learn = checked | data::skip(400) | data::shuffle(1000, {.seed = 1}) | data::batch<32>() | data::prefetch();

  // What is kept while it trains. The same call goes on after a crash.
  tracking::mlflow_files store(o.mlflow);
  tracking::mlflow_run run(store, {.experiment = "houses", .name = o.folder.filename().string(), .params = {{"epochs", o.epochs}}});
  tracking::manifest came_from;
  came_from.param("epochs", o.epochs);
  auto past = m.fit<training>(learn, {.epochs = o.epochs, .validation = test, .quiet = o.quiet, .resume = true}, run, came_from, csv_log(o.folder / "log.csv"), tensorboard(o.folder / "logs"),
                              checkpoints{.folder = o.folder / "checkpoints", .name = "{epoch}-{val_loss:.4f}", .keep_best = 1, .asynchronous = true});

  // What goes out of the door.
  save(m, o.folder / "houses.safetensors");
  run.artifact(o.folder / "houses.safetensors", "weights");
  run.end();
  came_from.save(o.folder / "manifest.json");
  return past;
}

/// The same houses everywhere; of some the size is not known, and one row is damaged.
void write_example(const std::filesystem::path& path) {
  const auto noise = [](int row, int column) {
    const double s = std::sin(row * 12.9898 + column * 78.233) * 43758.5453;
    return s - std::floor(s);
  };
  std::ofstream out(path);
  out << "size,age,garden,price\n";
  const char* gardens[] = {"none", "small", "large"};
  for (int i = 0; i < 2000; ++i) {
    const int size = int(40 + 160 * noise(i, 0)), age = int(100 * noise(i, 1)), garden = int(3 * noise(i, 2));
    out << (i % 50 == 7 ? "" : std::to_string(size)) << "," << age << "," << (i == 1000 ? "lawn" : gardens[garden]) << "," << std::round(size * (3 - 0.01 * age) + 60 * garden + 20 * noise(i, 3)) << "\n";
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    command_line words(argc, argv, help);
    const bool example = words.flag("--example");
    const std::filesystem::path own = std::filesystem::temp_directory_path() / "tfx-houses";
    run_options o{words.text("--table", example ? (own / "houses.csv").string() : "houses.csv"), words.text("--run", example ? (own / "run").string() : "runs/houses"),
                  words.text("--mlflow", example ? (own / "mlruns").string() : "mlruns"), words.number("--epochs", 20, 1, 100'000), words.flag("--quiet")};
    words.finish();
    if (example) {
      std::filesystem::remove_all(own);
      std::filesystem::create_directories(own);
      write_example(o.table);
      std::filesystem::create_directories(o.folder);
      run_options first = o;   // as if it had been cut off in the middle
      first.epochs = o.epochs / 2;
      train(first);
    }
    std::filesystem::create_directories(o.folder);
    const history past = train(o);
    std::printf("%d epochs, off by %.1f on average of houses that it has not seen\n", past.epochs(), 100 * past["val_mean_absolute_error"].back());
    if (example) std::filesystem::remove_all(own);
    else std::printf("weights, log and manifest: %s\n", o.folder.c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train: %s\n", error.what());
    return 1;
  }
}
