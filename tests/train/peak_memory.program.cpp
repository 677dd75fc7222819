// SPDX-License-Identifier: Apache-2.0
// Trains an MLP 784-256-128-10 for 100 steps of 64 rows: peak_memory.test.py looks at how much memory the process needs.
// With the argument `nothing` it only starts. Prints the peak of its resident memory in KiB (0: not known), and what it
// says it needs in bytes.
#include <tfx/tfx.hpp>

#include <cstdio>

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{});
float images[64 * 784];
std::int32_t labels[64];

/// As the system counts it for this program alone: what wait() reports includes the parent's pages before exec.
long peak_memory() {
  long kib = 0;
  if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
    for (char line[256]; std::fgets(line, sizeof line, status);)
      if (std::sscanf(line, "VmHWM: %ld", &kib) == 1) break;
    std::fclose(status);
  }
  return kib;
}

}  // namespace

int main(int count, char**) {
  if (count > 1) return std::printf("%ld\n", peak_memory()) < 0;
  const random_stream noise{.seed = 1};
  for (int i = 0; i < 64 * 784; ++i) images[i] = uniform01<float>(noise, std::uint64_t(i));
  for (int i = 0; i < 64; ++i) labels[i] = i % 10;
  using classifier = model<net, input<64, 28, 28>>;
  classifier m{seed{1}};
  double loss = 0;
  for (int i = 0; i < 100; ++i) loss = m.train_batch<training>(images, labels, 64).loss;
  const std::size_t variables = std::size_t(classifier::parameter_count) * 3 * sizeof(float);   // weights and two moments
  const std::size_t batch = sizeof images + sizeof labels;
  std::printf("%ld %zu %.3f\n", peak_memory(), variables + std::size_t(classifier::training_bytes<training>) + batch, loss);
}
