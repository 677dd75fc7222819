// SPDX-License-Identifier: Apache-2.0
// budget: seconds=12.5 megabytes=440 compiler=g++-12
// Two convolutions and two dense layers, trained, evaluated and used.
#include <tfx/tfx.hpp>

#include "images.hpp"

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::conv2d<32, 3, same>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<64, 3, same>{}, nn::relu{},
                                           nn::max_pool<2>{}, nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

void use(const images<28, 28, 1>& data, const float* x, float* y) {
  model<net, input<64, 28, 28, 1>> classifier{seed{1}};
  classifier.fit<training>(data, {.epochs = 3});
  y[0] = float(classifier.evaluate<training>(data).loss);
  classifier.predict(x, y, 64);
}
