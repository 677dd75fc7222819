// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/loss.hpp>
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>

#include "../support/at_lengths.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using steps = input<5, up_to<20>, 6>;

/// A step that learns to make a network's results small.
template <class Net> constexpr auto learning(Net net) {
  return [net](auto x) {
    const auto y = net(x);
    const auto loss = mean(y * y);
    minimize(loss, optim::adam{.learning_rate = 0.01});
    return outputs(loss, y);
  };
}
constexpr auto dense_steps = learning([](auto x) { return mean<1>(tanh(nn::dense<9>{}(x))); });
constexpr auto attending = learning([](auto x) { return nn::multi_head_attention<2>{}(nn::dense<8>{}(x)); });
constexpr auto composed = learning([](auto x) {
  const auto h = nn::dense<4>{}(x);
  return matmul(softmax<2>(matmul(h, transpose(h))), h);
});
constexpr auto recurrent = learning([](auto x) { return nn::lstm<4>{}(nn::gru<3, return_sequences>{}(x)); });
constexpr auto both_ways = learning([](auto x) { return nn::bidirectional(nn::lstm<3, return_sequences>{})(x); });
constexpr auto tokens = learning([](auto i) { return nn::lstm<4>{}(nn::embedding<7, 5>{}(i)); });
constexpr auto convolved = learning([](auto x) { return max<1>(nn::conv1d<4, 3, same>{}(x)); });
constexpr auto normalized = learning([](auto x) { return nn::dropout{.rate = 0.25}(nn::layer_norm{}(nn::batch_norm{}(x))); });

TEST_CASE("what is learnt at a length is what is learnt with that extent") {
  check_lengths<dense_steps, steps>(1e-5, 3);
  check_lengths<composed, steps>(1e-5, 3);
}
TEST_CASE("attention") { check_lengths<attending, steps>(1e-5, 3); }
TEST_CASE("recurrent layers") {
  check_lengths<recurrent, steps>(1e-5, 3);
  check_lengths<both_ways, steps>(1e-5, 3);
  check_lengths<tokens, indices<5, up_to<20>>>(1e-5, 3);
}
TEST_CASE("convolution and normalisation") {
  check_lengths<convolved, steps>(1e-5, 3);
  check_lengths<normalized, steps>(1e-5, 3);
}

}  // namespace
