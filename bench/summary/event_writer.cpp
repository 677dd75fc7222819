// SPDX-License-Identifier: Apache-2.0
// How many scalars a second are written to an event file, and what one for each step costs an MLP's training.
//
//     bench/summary/event_writer [folder]
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <tfx/summary/event_writer.hpp>
#include <tfx/tfx.hpp>

using namespace tfx;

namespace {

inline constexpr auto net = nn::sequential(nn::dense<128>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

template <class F> double seconds_of(F f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int count, char** arguments) {
  const std::filesystem::path folder = count > 1 ? arguments[1] : std::filesystem::temp_directory_path() / "tfx_event_writer";
  constexpr int scalars = 1'000'000;
  double best = 1e9;
  for (int k = 0; k < 5; ++k) {
    best = std::min(best, seconds_of([&] {
      summary::event_writer log(folder, {.full = summary::when_full::wait});
      for (int i = 0; i < scalars; ++i) summary::scalar(log, "loss", 1.0 / (i + 1), i);
      log.close();
    }));
  }
  std::printf("%.2f million scalars a second, in the file\n", scalars / best / 1e6);

  constexpr int rows = 20'000, steps = (rows + 63) / 64, pairs = 30;
  std::vector<std::array<float, 784>> x(rows);
  std::vector<int> y;
  for (int i = 0; i < rows; ++i) {
    for (int k = 0; k < 784; ++k) x[std::size_t(i)][std::size_t(k)] = float((i * 31 + k * 17) % 97) / 97;
    y.push_back(i % 10);
  }
  const auto data = data::columns(x, y);
  model<net, input<64, 784>> m{seed{1}};
  summary::event_writer log(folder);
  std::int64_t step = 0;
  const auto writes = [&](const batch_end& b) { summary::scalar(log, "loss", b["loss"], ++step); };
  const auto nothing = [&](const batch_end& b) { step += b["loss"] > 1e30; };
  m.fit<training>(data, {.quiet = true}, nothing);
  std::vector<double> ratios, without;
  for (int k = 0; k < pairs; ++k) {
    const double before = seconds_of([&] { m.fit<training>(data, {.quiet = true}, nothing); });
    const double with = seconds_of([&] { m.fit<training>(data, {.quiet = true}, writes); });
    without.push_back(before / steps * 1e6);
    ratios.push_back(with / before);
  }
  std::sort(ratios.begin(), ratios.end());
  std::sort(without.begin(), without.end());
  std::printf("a step of %.0f us, with a scalar %.2f %% longer (median of %d pairs, half of them within %.2f to %.2f %%)\n", without[0], 100 * (ratios[pairs / 2] - 1), pairs, 100 * (ratios[pairs / 4] - 1),
              100 * (ratios[3 * pairs / 4] - 1));
  log.close();
  std::filesystem::remove_all(folder);
}
