// SPDX-License-Identifier: Apache-2.0
#include <tfx/tfx.hpp>

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<64>{}, nn::repeat<BLOCKS>(nn::residual(nn::sequential(nn::dense<64>{}, nn::relu{}, nn::dense<64>{}))), nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});

using step = model<net, input<64, 784>>::training_plan<training>;

void run(bindings<float>& memory) { executable<step, backend::simd<>, float>::run(memory); }
