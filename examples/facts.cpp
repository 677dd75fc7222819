// SPDX-License-Identifier: Apache-2.0 What the compiler knows of a network before the program runs: its memory, its
// work, and every kernel. A limit that is not kept is a compile error, so a model that does not fit a device is never
// shipped.
#include <iostream>

#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(
    nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dropout{.rate = 0.2}, nn::dense<10>{});
inline constexpr auto training = recipe(
    loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

// region: facts
using one_image = model<net, input<1, 28, 28>>;
static_assert(one_image::parameter_count == 784 * 128 + 128 + 128 * 10 + 10);
static_assert(one_image::flops == 2 * (784 * 128 + 128 * 10) + 128 + 128 + 10);   // products, two biases, relu
static_assert(one_image::arena_bytes < 4_KiB);         // what layers hand to each other
static_assert(one_image::inference_bytes < 4_KiB);     // and what kernels need for themselves

using batch = model<net, input<64, 28, 28>>;
static_assert(batch::training_bytes<training> < 1_MiB);
static_assert(mistake_in<net, input<64, 28, 28>, training> == "");                // there is nothing to complain about
// end region

int main() { std::cout << explain<batch>(); }
