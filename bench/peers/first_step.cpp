// SPDX-License-Identifier: Apache-2.0
//
// first_step: one training step of the network 784-256-128-10 (batch 64, Adam) in a new process;
// bench/peers/first_step.py is the same in other frameworks. What is measured is the life of the process.
#include <cstdio>
#include <vector>

#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3});

int main() {
  constexpr int batch = 64, features = 784;
  std::vector<float> x(batch * features), labels(batch);
  init::fill(init::normal{0, 1}, 1, 1, x.data(), batch * features, 0, 1);
  for (int i = 0; i < batch; ++i) labels[std::size_t(i)] = float(i % 10);
  model<mlp, input<batch, features>> net;
  std::printf("%g\n", net.train_batch<training>(x.data(), labels.data(), batch).loss);
}
