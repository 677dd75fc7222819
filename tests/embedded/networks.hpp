// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/nn.hpp>

// What the host trains and the board predicts with.
inline constexpr auto mlp = tfx::nn::sequential(tfx::nn::dense<16>{}, tfx::nn::relu{}, tfx::nn::dense<4>{});
inline constexpr auto cnn =
    tfx::nn::sequential(tfx::nn::conv2d<4, 3, tfx::same>{.bias = false}, tfx::nn::batch_norm{}, tfx::nn::relu{}, tfx::nn::max_pool<2>{},
                        tfx::nn::conv2d<8, 3>{}, tfx::nn::relu{}, tfx::nn::max_pool<2>{}, tfx::nn::flatten{}, tfx::nn::dense<4>{}, tfx::nn::softmax{});

inline constexpr int examples = 3;   ///< predicted, one after the other

/// The same numbers everywhere: multiples of 2^-23 in [-1, 1).
inline void fill(float* to, int count, std::uint32_t seed) {
  for (int i = 0; i < count; ++i) {
    seed = seed * 1664525u + 1013904223u;
    to[i] = float(std::int32_t(seed >> 8) - (1 << 23)) * 0x1p-23f;
  }
}
