// SPDX-License-Identifier: Apache-2.0
//
// first_step: one training step of the network 784-256-128-10 (batch 64, Adam) in a new process;
// bench/peers/first_step.py is the same in other frameworks. What is measured is the life of the process. Prints the loss
// and, last, the largest resident memory in KiB.
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3});

/// Of this program alone; what `getrusage` says starts with the process that started it. 0 where the system does not say.
long peak_kib() {
  std::ifstream status("/proc/self/status");
  long found = 0;
  for (std::string word; status >> word;) {
    if (word == "VmHWM:") status >> found;
  }
  return found;
}

int main() {
  constexpr int batch = 64, features = 784;
  std::vector<float> x(batch * features);
  std::vector<std::int32_t> labels(batch);
  init::fill(init::normal{0, 1}, 1, 1, x.data(), batch * features, 0, 1);
  for (int i = 0; i < batch; ++i) labels[std::size_t(i)] = i % 10;
  model<mlp, input<batch, features>> net;
  const double loss = net.train_batch<training>(x.data(), labels.data(), batch).loss;
  std::printf("%g\n%ld\n", loss, peak_kib());
}
