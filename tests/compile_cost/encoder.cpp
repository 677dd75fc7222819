// SPDX-License-Identifier: Apache-2.0
// budget: seconds=10 megabytes=390 compiler=g++-12
// A transformer encoder block, trained and used.
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr nn::transformer_encoder<4, 1024> net{};
inline constexpr auto training = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 1e-3});

void use(const float* x, const float* target, float* y) {
  model<net, input<8, 128, 256>> block{seed{1}};
  for (int step = 0; step < 3; ++step) block.train_batch<training>(x, target, 8);
  block.predict(x, y, 8);
}
