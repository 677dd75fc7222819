// SPDX-License-Identifier: Apache-2.0
// budget: seconds=19.5 megabytes=575 compiler=g++-12
// ResNet-18 on 32x32 images, 11.2 million parameters: trained, evaluated and used.
#include <tfx/tfx.hpp>

#include "images.hpp"

using namespace tfx;

template <int Width, int Step = 1> struct residual_block {
  constexpr auto operator()(tensor_expression auto x) const {
    auto h = x | nn::conv2d<Width, 3, same, stride<Step>>{.bias = false} | nn::batch_norm{} | nn::relu{}
               | nn::conv2d<Width, 3, same>{.bias = false} | nn::batch_norm{};
    if constexpr (Step == 1) return relu(x + h);
    else return relu((x | nn::conv2d<Width, 1, same, stride<Step>>{.bias = false} | nn::batch_norm{}) + h);
  }
};
inline constexpr auto net = nn::sequential(
    nn::named("stem", nn::conv2d<64, 3, same>{.bias = false}), nn::batch_norm{}, nn::relu{}, nn::repeat<2>(residual_block<64>{}),
    residual_block<128, 2>{}, residual_block<128>{}, residual_block<256, 2>{}, residual_block<256>{}, residual_block<512, 2>{},
    residual_block<512>{}, nn::global_average_pool{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

void use(const images<32, 32, 3>& data, const float* x, float* y) {
  model<net, input<32, 32, 32, 3>> classifier{seed{1}};
  classifier.fit<training>(data, {.epochs = 3});
  y[0] = float(classifier.evaluate<training>(data).loss);
  classifier.predict(x, y, 32);
}
