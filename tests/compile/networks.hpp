// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/tfx.hpp>

/// Networks that the tests of the passes go through: those of the benchmarks and of the budgets of compile time.
namespace networks {

using namespace tfx;

inline constexpr auto mlp = nn::sequential(nn::dense<256>{}, nn::relu{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto cnn =
    nn::sequential(nn::conv2d<32, 3>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<64, 3>{}, nn::relu{},
                   nn::max_pool<2>{}, nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto normalized_cnn =
    nn::sequential(nn::conv2d<8, 3, same>{}, nn::batch_norm{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<16, 3>{},
                   nn::relu{}, nn::average_pool<2>{}, nn::flatten{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
inline constexpr auto residual_blocks = nn::sequential(
    nn::dense<64>{}, nn::repeat<32>(nn::residual(nn::sequential(nn::dense<64>{}, nn::relu{}, nn::dense<64>{}))),
    nn::dense<10>{});
inline constexpr auto deep_mlp =
    nn::sequential(nn::repeat<8>(nn::sequential(nn::dense<256>{}, nn::relu{})), nn::dense<10>{});
inline constexpr auto deep_cnn = nn::sequential(nn::repeat<6>(nn::sequential(nn::conv2d<8, 3, same>{}, nn::relu{})),
                                                nn::max_pool<2>{}, nn::flatten{}, nn::dense<10>{});
inline constexpr auto lstm = nn::sequential(nn::lstm<64, return_sequences>{}, nn::lstm<32>{}, nn::dense<10>{});

template <int Width, int Step = 1> struct residual_block {
  constexpr auto operator()(tensor_expression auto x) const {
    auto h = x | nn::conv2d<Width, 3, same, stride<Step>>{.bias = false} | nn::batch_norm{} | nn::relu{} |
             nn::conv2d<Width, 3, same>{.bias = false} | nn::batch_norm{};
    if constexpr (Step == 1)
      return relu(x + h);
    else
      return relu((x | nn::conv2d<Width, 1, same, stride<Step>>{.bias = false} | nn::batch_norm{}) + h);
  }
};
inline constexpr auto resnet18 = nn::sequential(
    nn::named("stem", nn::conv2d<64, 3, same>{.bias = false}), nn::batch_norm{}, nn::relu{},
    nn::repeat<2>(residual_block<64>{}), residual_block<128, 2>{}, residual_block<128>{}, residual_block<256, 2>{},
    residual_block<256>{}, residual_block<512, 2>{}, residual_block<512>{}, nn::global_average_pool{}, nn::dense<10>{});

inline constexpr nn::transformer_encoder<4, 1024> encoder{};

inline constexpr auto regression = recipe(loss::mean_squared_error{}, optim::adam{.learning_rate = 1e-3});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3});

}  // namespace networks
