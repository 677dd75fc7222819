// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../support/at_lengths.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using steps = input<5, up_to<20>, 6>;

constexpr auto elementwise = [](auto x) { return outputs(tanh(x) * 2 + sum<2>(x, keep_dims), x - mean<1>(x, keep_dims)); };
constexpr auto reductions = [](auto x) {
  return outputs(sum<1>(x), mean<1>(x), max<1>(x), mean(x), sum<0, 1>(x), mean<1, 2>(x), variance<1>(x), log_sum_exp<1>(x));
};
constexpr auto softmaxes = [](auto x) { return outputs(softmax<1>(x), log_softmax<2>(x), argmax<1>(x)); };
constexpr auto shapes = [](auto x) {
  using x_type = decltype(x);
  constexpr int batch = x_type::dim.extent[0], length = x_type::dim.extent[1];
  return outputs(transpose(x) * 2, reshape<batch, length * 6>(x) + 1, flip<1>(x), slice<2, 1, 4>(x) * x_type::dim.extent[2], concatenate<2>(x, 2 * x),
                 pad<2, 1, 1>(x), expand_dims<1>(x) + expand_dims<2>(slice<2, 0, 1>(x)));
};
constexpr auto products = [](auto x) {
  const auto across = matmul(x, transpose(x));
  return outputs(across, matmul(transpose(x), x), matmul(softmax<2>(across), x), nn::dense<3>{}(x), nn::dense<33>{}(x));
};
constexpr auto tokens = [](auto i) { return nn::embedding<7, 5>{}(i); };
constexpr auto attending = [](auto x) { return nn::multi_head_attention<2>{}(nn::dense<8>{}(x)); };
constexpr auto recurrent = [](auto x) { return outputs(nn::lstm<4>{}(x), nn::gru<3, return_sequences>{}(x)); };

constexpr auto numbers_of_steps = [](auto x) {
  const auto column = expand_dims<2>(x), row = expand_dims<1>(x);
  return outputs(flip<1>(x) * 2, softmax<1>(x), matmul(column, row), permute<0, 2, 1>(column + row) * row, pad<1, 2, 0>(x), max<1>(x));
};
constexpr auto windows = [](auto x) {
  return outputs(nn::depthwise_conv1d<3, same>{}(x), nn::conv1d<16, 5, same, groups<2>>{}(x), nn::conv1d<4, 3, causal, dilation<2>>{}(x),
                 mean<1>(nn::conv1d<20, 1>{}(x)), nn::max_pool1d<3, 1, same>{}(x));
};

TEST_CASE("elementwise work, reductions and softmaxes are those of the steps present") {
  check_lengths<elementwise, steps>();
  check_lengths<reductions, steps>(1e-6);   // one over 42 is one over 6 by one over 7
  check_lengths<softmaxes, steps>();
}
TEST_CASE("what is moved is moved at the length present") { check_lengths<shapes, steps>(); }
TEST_CASE("products have the rows, columns and terms present") { check_lengths<products, steps>(); }
TEST_CASE("sequences of numbers") { check_lengths<numbers_of_steps, input<5, up_to<20>>>(); }
TEST_CASE("windows over steps") { check_lengths<windows, steps>(); }
TEST_CASE("layers over steps") {
  check_lengths<tokens, indices<5, up_to<20>>>();
  check_lengths<attending, steps>();
  check_lengths<recurrent, steps>();
}

}  // namespace
