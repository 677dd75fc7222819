// SPDX-License-Identifier: Apache-2.0
// checkpoints [FOLDER]: how long a checkpoint of 100 MB holds up a step, beside copying as many bytes, and how fast it is written, beside
// dd with fsync on the same disk, in turn.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <tfx/tfx.hpp>
#include <tfx/train/checkpoints.hpp>

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<5000>{}, nn::dense<1>{});
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::sgd{.learning_rate = 1e-6});
using big = model<net, input<4, 5000>>;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }
double median(std::vector<double> all) {
  std::nth_element(all.begin(), all.begin() + std::ptrdiff_t(all.size() / 2), all.end());
  return all[all.size() / 2];
}

/// Says how long each checkpoint held up its step.
struct timed : checkpoints {
  std::vector<double>* seconds = nullptr;
  using checkpoints::operator();
  void operator()(const batch_end& b) {
    const double start = now();
    checkpoints::operator()(b);
    seconds->push_back(now() - start);
  }
};
std::vector<double> held_up(const std::filesystem::path& folder, bool asynchronous, int steps) {
  std::filesystem::remove_all(folder);
  std::vector<std::array<float, 5000>> x(std::size_t(4 * steps));
  std::vector<float> y(x.size(), 1);
  std::vector<double> seconds;
  static big m{seed{1}};
  m.fit<training>(data::columns(x, y), {.quiet = true}, timed{{.folder = folder, .name = "{step}", .keep = 1, .every_epochs = 0, .every_steps = 1, .asynchronous = asynchronous}, &seconds});
  return seconds;
}

}  // namespace

int main(int count, char** word) {
  const std::filesystem::path folder = std::filesystem::path(count > 1 ? word[1] : ".") / "checkpoints.bench";
  const double bytes = double(big::parameter_count) * sizeof(float);
  std::vector<char> from(std::size_t(bytes), 1), to(from.size());
  std::vector<double> copies, later, written, dd;
  for (int round = 0; round < 5; ++round) {
    const double start = now();
    std::memcpy(to.data(), from.data(), from.size());
    if (round > 0) copies.push_back(now() - start);
    for (const double s : held_up(folder, true, 6)) later.push_back(s);
    for (const double s : held_up(folder, false, 2)) written.push_back(s);
    const std::string command = "dd if=/dev/zero of=" + (folder / "dd").string() + " bs=1M count=" + std::to_string(int(bytes / (1 << 20)) + 1) + " conv=fsync 2>/dev/null";
    const double before = now();
    if (std::system(command.c_str()) != 0) return 1;
    dd.push_back(now() - before);
  }
  std::filesystem::remove_all(folder);
  std::printf("%.0f MB; a copy takes %.1f ms, an asynchronous checkpoint holds a step up for %.1f ms: %.2f of a copy\n", bytes / 1e6, 1e3 * median(copies), 1e3 * median(later), median(later) / median(copies));
  std::printf("written in %.0f ms (%.0f MB/s), dd with fsync in %.0f ms: %.2f of its speed\n", 1e3 * median(written), bytes / 1e6 / median(written), 1e3 * median(dd), median(dd) / median(written));
}
