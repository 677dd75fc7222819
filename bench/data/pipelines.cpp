// SPDX-License-Identifier: Apache-2.0
// Pipelines alone, for pipelines.py: `pipelines make FOLDER MEGABYTES` writes the files, `pipelines WORK FOLDER` prints the seconds of a
// pass and how many examples it had.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include <tfx/data/csv.hpp>
#include <tfx/data/pipelines.hpp>
#include <tfx/data/tf_records.hpp>

using namespace tfx;
using image = std::array<std::uint8_t, 784>;

namespace {

void make(const std::string& folder, std::size_t bytes) {
  std::uint64_t state = 1;
  const auto draw = [&] { return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33; };
  std::ofstream csv(folder + "/table.csv");
  std::string line = "a,b,c,d,e,f,g,h,i,j,kind\n";
  for (std::size_t done = 0; done < bytes; done += line.size()) {
    csv << line;
    line.clear();
    char number[32];
    for (int i = 0; i < 10; ++i) line.append(number, std::size_t(std::snprintf(number, sizeof number, "%.6g,", double(draw()) / 1e9 - 1)));
    line += std::to_string(draw() % 10) + "\n";
  }
  io::tf_record_writer records(folder + "/images.tfrecord");
  for (std::size_t done = 0; done < bytes; done += 840) {
    io::tf_example e;
    std::string pixels(784, '\0');
    for (char& p : pixels) p = char(draw());
    e.features["image"].bytes = {pixels};
    e.features["label"].integers = {std::int64_t(draw() % 10)};
    records.write(e.encode());
  }
  records.commit();
}

/// A pass over a pipeline of batches.
template <class P> void time(P p) {
  const auto start = std::chrono::steady_clock::now();
  std::size_t examples = 0, sum = 0;
  for (auto& batch : p) {
    examples += batch.size();
    sum += reinterpret_cast<const unsigned char*>(batch.data())[7];
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("{\"seconds\": %.6f, \"examples\": %zu, \"sum\": %zu}\n", seconds, examples, sum);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string work = argv[1], folder = argv[2];
  if (work == "make") {
    make(folder, std::size_t(std::atoi(argv[3])) << 20);
  } else if (work == "memory") {
    std::vector<std::pair<image, std::uint8_t>> examples(60000);
    for (std::size_t i = 0; i < examples.size(); ++i) examples[i].first.fill(examples[i].second = std::uint8_t(i));
    time(examples | data::shuffle(10'000) | data::batch<64>());
  } else if (work == "csv") {
    time(data::csv<std::array<float, 10>, int>(folder + "/table.csv") | data::batch<256>() | data::prefetch());
  } else if (work == "tfrecord") {
    time(data::tf_examples<image, int>(folder + "/images.tfrecord", {"image", "label"}) | data::batch<256>() | data::prefetch());
  } else if (work == "slow") {
    using namespace std::chrono_literals;
    auto p = data::from([i = 0]() mutable {
               std::this_thread::sleep_for(5ms);
               return i < 200 ? std::optional(i++) : std::nullopt;
             }) |
             data::batch<1>() | data::prefetch();
    const auto start = std::chrono::steady_clock::now();
    int n = 0;
    for (auto& batch : p) {
      n += int(batch.size());
      std::this_thread::sleep_for(5ms);   // the step
    }
    std::printf("{\"seconds\": %.6f, \"examples\": %d, \"sum\": 0}\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), n);
  }
}
