// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// The arena of real networks against the least that any plan of their launches could do with.
#include <string>

#include <doctest/doctest.h>

#include <tfx/compile/explain.hpp>
#include <tfx/tfx.hpp>

#include "../support/run_kernels.hpp"
#include "networks.hpp"

namespace {

using namespace tfx;

template <class Step> void check_arena(const std::string& name, const std::string& what) {
  builder b;
  record<Step>(b);
  REQUIRE(b.right());
  const testing::compiled_graph c(b);
  const double ratio = double(c.arena.arena) / c.arena.live_peak;
  MESSAGE(name, ", ", what, ": arena ", 4LL * c.arena.arena, " bytes, alive at once ", 4LL * c.arena.live_peak,
          ", ratio ", ratio, "; ", c.arena.in_place, " values in place");
  CHECK(ratio <= 1.10);
  CHECK(c.arena.arena <= c.arena.unplanned);
}
template <const auto& Net, class Input, const auto& Recipe = networks::training>
void check_network(const std::string& name) {
  using in = detail::list_of_inputs<Input>;
  CAPTURE(name);
  check_arena<detail::predict_step<Net, in>>(name, "prediction");
  check_arena<detail::recipe_step<Net, in, Recipe, true>>(name, "training");
}

/// Parameters whose new value is made from a gradient that lies in memory.
template <const auto& Net, class Input, const auto& Recipe> int stored_gradients() {
  builder b;
  record<detail::recipe_step<Net, detail::list_of_inputs<Input>, Recipe, true>>(b);
  const testing::compiled_graph c(b);
  int n = 0;
  for (int i = 0; i < c.g.n_nodes; ++i) {
    if (c.g[i].op->kind != op_kind::assign || !c.g.leaves[c.g[c.g[i].aux].aux].trainable) continue;
    n += !detail::updated_with_gradient(c.g, c.fused, i);
  }
  return n;
}
inline constexpr auto by_sgd = recipe(loss::softmax_cross_entropy{}, optim::sgd{.momentum = 0.9});
inline constexpr auto clipped = recipe(loss::softmax_cross_entropy{}, optim::adam{.clip_norm = 1});
inline constexpr auto by_value = recipe(loss::softmax_cross_entropy{}, optim::adam{.clip_value = 1});

}  // namespace

TEST_CASE("a parameter changes in the launch that makes its gradient, so that the gradient is never stored") {
  using namespace networks;
  using images = input<64, 28, 28, 1>;
  CHECK(stored_gradients<mlp, input<64, 784>, training>() == 0);
  CHECK(stored_gradients<mlp, input<64, 784>, by_sgd>() == 0);
  CHECK(stored_gradients<mlp, input<64, 784>, by_value>() == 0);
  CHECK(stored_gradients<cnn, images, training>() == 0);
  CHECK(stored_gradients<cnn, images, by_sgd>() == 0);
  CHECK(stored_gradients<normalized_cnn, images, training>() == 3);  // sums that the gradients of its input and of the other parameter need as well
  CHECK(stored_gradients<residual_blocks, input<64, 784>, training>() == 0);
  CHECK(stored_gradients<encoder, input<8, 128, 256>, regression>() == 0);
}
TEST_CASE("a clipped norm needs all gradients first") {
  CHECK(stored_gradients<networks::mlp, input<64, 784>, clipped>() == 6);
}

TEST_CASE("the arena is at most a tenth above what is alive at once") {
  check_network<networks::mlp, input<1, 784>>("mlp, one row");
  check_network<networks::mlp, input<64, 784>>("mlp");
  check_network<networks::cnn, input<1, 28, 28, 1>>("cnn, one image");
  check_network<networks::cnn, input<64, 28, 28, 1>>("cnn");
  check_network<networks::normalized_cnn, input<64, 28, 28, 1>>("cnn with batch norm");
  check_network<networks::residual_blocks, input<64, 784>>("32 residual blocks");
  check_network<networks::resnet18, input<32, 32, 32, 3>>("ResNet-18");
  check_network<networks::lstm, input<16, 20, 8>>("lstm");
  check_network<networks::encoder, input<8, 128, 256>, networks::regression>("transformer encoder");
}
