// SPDX-License-Identifier: Apache-2.0
// labels: exceptions heavy threads
// Checkpoints in a folder: names, how many stay, resuming with the same bits, damage.
#include <doctest/doctest.h>

#include <csignal>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <sys/resource.h>
#include <sys/stat.h>

#include <tfx/data/pipelines.hpp>
#include <tfx/tracking/mlflow.hpp>
#include <tfx/tracking/mlflow_files.hpp>
#include <tfx/train/average_weights.hpp>
#include <tfx/train/checkpoints.hpp>
#include <tfx/train/csv_log.hpp>

#include "../io/scratch.hpp"
#include "networks.hpp"

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<6>{}, nn::dropout{.rate = 0.2}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto deeper = nn::sequential(nn::dense<6>{}, nn::dropout{.rate = 0.2}, nn::tanh{}, nn::dense<1>{}, nn::dense<1>{});
inline constexpr auto wider = nn::sequential(nn::dense<7>{}, nn::tanh{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 0.02});
using learner = model<net, input<8, 2>>;

struct numbers {
  std::vector<std::array<float, 2>> x;
  std::vector<float> y;
  explicit numbers(int n = 60) {
    for (int i = 0; i < n; ++i) {
      x.push_back({float(i % 7) / 7, float(i % 5) / 5});
      y.push_back(x.back()[0] * x.back()[1] + 0.1f * float(i % 3));
    }
  }
  auto columns() const { return data::columns(x, y); }
};
std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) all.push_back(entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}
using file_names = std::vector<std::string>;
void flip_byte(const std::filesystem::path& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(std::streamoff(at));
  const char byte = char(file.get() ^ 1);
  file.seekp(std::streamoff(at));
  file.put(byte);
}

/// A run that is stopped after some batches, as often as it takes, by a process that forgets everything.
struct interrupted_run {
  std::filesystem::path folder;
  bool asynchronous = false;
  int every_steps = 3;

  history go(learner& m, int stop_after) {
    const numbers all, test(20);
    auto source = data::columns(all.x, all.y);
    early_stopping stopping{.watch = "val_loss", .patience = 3, .restore_best = true};
    reduce_on_plateau reduce{.watch = "loss", .factor = 0.5, .patience = 1, .min_delta = 0.01};
    int batches = 0;
    average_weights average{.momentum = 0.9};
    tracking::mlflow_files store(folder / "mlruns");
    tracking::mlflow_run run(store);
    return m.fit<training>(source, {.epochs = 6, .validation = test.columns(), .quiet = true, .resume = true}, checkpoints{.folder = folder, .name = "{step}", .every_steps = every_steps, .asynchronous = asynchronous},
                           csv_log(folder / "log.csv"), run, average, stopping, reduce, [&](const batch_end& b) { if (++batches == stop_after) throw std::runtime_error("the power is off"); (void)b; });
  }
  history finish(learner& m, int stop_after) {
    for (;;) {
      learner fresh{seed{3}};
      try {
        history h = go(fresh, stop_after);
        copy(m, fresh);
        return h;
      } catch (const std::runtime_error&) {
      }
    }
  }
};

}  // namespace

TEST_CASE("names, and how many stay") {
  const scratch folder;
  const numbers all;
  learner m{seed{1}};
  const auto past = m.fit<training>(all.columns(), {.epochs = 5, .validation = all.columns(), .quiet = true}, checkpoints{.folder = folder.folder(), .name = "{epoch:02}-{val_loss:.3f}", .keep = 2});
  char four[40], five[40];
  std::snprintf(four, sizeof four, "04-%.3f.safetensors", past["val_loss"][3]);
  std::snprintf(five, sizeof five, "05-%.3f.safetensors", past["val_loss"][4]);
  CHECK(files_in(folder.folder()) == file_names{four, five});
  CHECK(latest_checkpoint(folder.folder()).filename() == five);
  learner other;
  load(other, latest_checkpoint(folder.folder()), {.allow_surplus = true});
  CHECK(networks::fingerprint_of(other) == networks::fingerprint_of(m));
  CHECK_THROWS_WITH(learner{}.fit<training>(all.columns(), {.quiet = true}, checkpoints{.folder = folder.folder()}),
                    (folder.folder().string() + " has " + five + " of step 40, and training begins at step 0; resume it with .resume = true, or give another folder").insert(0, "checkpoints: ").c_str());
  const scratch best;
  learner b{seed{1}};
  int epoch = 0;
  const auto seen = b.fit<training>(all.columns(), {.epochs = 6, .quiet = true}, [&](const epoch_end&) { ++epoch; },
                                    checkpoints{.folder = best.folder(), .keep = 1, .keep_best = 2, .watch = "loss", .best = best_is::highest});
  CHECK(files_in(best.folder()) == file_names{"1.safetensors", "2.safetensors", "6.safetensors"});   // the highest losses are the first ones
  CHECK_THROWS_WITH(b.fit<training>(all.columns(), {.quiet = true}, checkpoints{.folder = best.folder(), .name = "{accuracy}"}), "checkpoints: nothing is called 'accuracy'; known: loss");
  CHECK_THROWS_WITH(b.fit<training>(all.columns(), {.quiet = true}, checkpoints{.folder = best.folder(), .name = "{loss:x}"}),
                    "checkpoints: the name has {loss:x}; expected {name}, or {name:03} and {name:.2f} as in Python");
}

TEST_CASE("a run that is interrupted anywhere has the bits of one that is not") {
  const scratch alone;
  learner whole{seed{3}};
  const history expected = interrupted_run{alone.folder()}.finish(whole, -1);
  for (const bool asynchronous : {false, true})
    for (const int stop_after : {7, 9, 17}) {
      const scratch folder;
      learner resumed;
      const history found = interrupted_run{folder.folder(), asynchronous}.finish(resumed, stop_after);
      CHECK(networks::fingerprint_of(resumed) == networks::fingerprint_of(whole));
      CHECK(found["loss"] == expected["loss"]);
      CHECK(found["val_loss"] == expected["val_loss"]);
      CHECK(contents_of(folder / "log.csv") == contents_of(alone / "log.csv"));
      int whole_runs = 0;
      for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "mlruns"))
        if (entry.path().filename() == "val_loss") {
          const std::string lines = contents_of(entry.path());
          whole_runs += std::count(lines.begin(), lines.end(), '\n') == 6;
        }
      CHECK(whole_runs == 1);
    }
}

TEST_CASE("a pipeline goes on in the middle of a pass") {
  const numbers all;
  const auto run = [&](const std::filesystem::path& folder, int stop_after) {
    for (;;) {
      learner m{seed{3}};
      int batches = 0;
      auto train = data::columns(all.x, all.y) | data::shuffle(20, {.seed = 5}) | data::batch<8>();
      try {
        m.fit<training>(train, {.epochs = 3, .quiet = true, .resume = true}, checkpoints{.folder = folder, .every_steps = 2}, [&](const batch_end&) {
          if (++batches == stop_after) throw std::runtime_error("the power is off");
        });
        return networks::fingerprint_of(m);
      } catch (const std::runtime_error&) {
      }
    }
  };
  const scratch a, b;
  CHECK(run(a.folder(), -1) == run(b.folder(), 5));
}

TEST_CASE("damage is passed over, another network is refused") {
  const scratch folder;
  const numbers all;
  learner m{seed{1}};
  m.fit<training>(all.columns(), {.epochs = 3, .quiet = true}, checkpoints{.folder = folder.folder()});
  const auto newest = folder.folder() / "3.safetensors";
  for (std::uintmax_t at = 3; at < std::filesystem::file_size(newest); at += 97) {   // the header, the metadata, names, numbers
    flip_byte(newest, at);
    CHECK(latest_checkpoint(folder.folder()).filename() == "2.safetensors");
    flip_byte(newest, at);
  }
  CHECK(latest_checkpoint(folder.folder()) == newest);
  std::filesystem::resize_file(newest, std::filesystem::file_size(newest) - 100);
  CHECK(latest_checkpoint(folder.folder()).filename() == "2.safetensors");
  std::filesystem::resize_file(folder.folder() / "1.safetensors", 0);
  flip_byte(folder.folder() / "2.safetensors", 1500);
  CHECK_THROWS_WITH(latest_checkpoint(folder.folder()), ("checkpoints: none of the 3 in " + folder.folder().string() + " can be read").c_str());
  const scratch good;
  learner n{seed{1}};
  n.fit<training>(all.columns(), {.quiet = true}, checkpoints{.folder = good.folder()});
  model<wider, input<8, 2>> another;
  CHECK_THROWS_AS(another.fit<training>(all.columns(), {.quiet = true, .resume = true}, checkpoints{.folder = good.folder()}), io::mismatch_error);
  const scratch more;
  model<deeper, input<8, 2>> with_more;
  with_more.fit<training>(all.columns(), {.quiet = true}, checkpoints{.folder = more.folder()});
  CHECK_THROWS_AS(learner{}.fit<training>(all.columns(), {.quiet = true, .resume = true}, checkpoints{.folder = more.folder()}), io::mismatch_error);
}

TEST_CASE("a damaged one is not among those that are kept") {
  const scratch folder;
  const numbers all;
  learner{seed{1}}.fit<training>(all.columns(), {.epochs = 3, .quiet = true}, checkpoints{.folder = folder.folder(), .name = "epoch {epoch}"});
  const auto newest = folder.folder() / "epoch 3.safetensors";
  flip_byte(newest, std::filesystem::file_size(newest) - 3);
  learner{seed{1}}.fit<training>(all.columns(), {.epochs = 3, .quiet = true, .resume = true}, checkpoints{.folder = folder.folder(), .name = "{step}", .keep = 1, .every_epochs = 0, .every_steps = 1},
                                 [](const batch_end& b) { b.stop(); });
  CHECK(files_in(folder.folder()) == file_names{"17.safetensors", "epoch 3.safetensors"});
  CHECK(latest_checkpoint(folder.folder()).filename() == "17.safetensors");
}

TEST_CASE("there is room for a copy however writing and training overlap") {
  const scratch folder;
  const auto slow = folder / "slow";   // opening it for writing waits for a reader
  REQUIRE(mkfifo(std::string(slow).c_str(), 0600) == 0);
  detail::checkpoint_writer writer;
  writer.reserve(100);
  for (int round = 0; round < 3; ++round) {
    for (const auto& path : {std::filesystem::path(slow), folder.folder() / "next.safetensors"}) {
      auto job = writer.take_room();
      REQUIRE(job);
      job->as.path = path;
      writer.write_later(std::move(job));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));   // the thread has taken it
    }
    std::ifstream(slow, std::ios::binary).ignore(1 << 20);
    CHECK(writer.wait());
    auto job = writer.take_room();
    REQUIRE(job);
    job->as.path = folder.folder() / "alone.safetensors";
    writer.write_later(std::move(job));
    CHECK(writer.wait());
  }
}

TEST_CASE("a disk without room: training goes on, and the last one is an error") {
  const scratch folder;
  const numbers all;
  const auto old = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  for (const bool asynchronous : {false, true}) {
    const rlimit none{100, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    learner m{seed{1}};
    int epochs = 0;
    CHECK_THROWS_AS(m.fit<training>(all.columns(), {.epochs = 3, .quiet = true}, checkpoints{.folder = folder.folder(), .asynchronous = asynchronous}, [&](const epoch_end&) { ++epochs; }), io::file_error);
    CHECK(epochs == 3);
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK(files_in(folder.folder()).empty());
  }
  std::signal(SIGXFSZ, old);
}
