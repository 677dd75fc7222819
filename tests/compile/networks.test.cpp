// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// The arena of real networks against the least that any plan of their launches could do with.
#include <string>

#include <doctest/doctest.h>

#include <tfx/tfx.hpp>

#include "../support/run_kernels.hpp"
#include "networks.hpp"

namespace {

using namespace tfx;

template <class Step> void check_arena(const std::string& name, const std::string& what) {
  builder b;
  record<Step>(b);
  REQUIRE(b.right());
  const testing::large_compiled_graph c(b);
  const double ratio = double(c.arena.arena) / c.arena.live_peak;
  MESSAGE(name, ", ", what, ": arena ", 4LL * c.arena.arena, " bytes, alive at once ", 4LL * c.arena.live_peak,
          ", ratio ", ratio, "; ", c.arena.in_place, " values in place");
  CHECK(ratio <= 1.10);
  CHECK(c.arena.arena <= c.arena.unplanned);
}
template <const auto& Net, class Input> void check_network(const std::string& name) {
  using in = typename Input::shape_type;
  CAPTURE(name);
  check_arena<detail::predict_step<Net, in>>(name, "prediction");
  check_arena<detail::recipe_step<Net, in, networks::training, true>>(name, "training");
}

}  // namespace

TEST_CASE("the arena is at most a tenth above what is alive at once") {
  check_network<networks::mlp, input<1, 784>>("mlp, one row");
  check_network<networks::mlp, input<64, 784>>("mlp");
  check_network<networks::cnn, input<1, 28, 28, 1>>("cnn, one image");
  check_network<networks::cnn, input<64, 28, 28, 1>>("cnn");
  check_network<networks::normalized_cnn, input<64, 28, 28, 1>>("cnn with batch norm");
  check_network<networks::residual_blocks, input<64, 784>>("32 residual blocks");
  check_network<networks::resnet18, input<32, 32, 32, 3>>("ResNet-18");
  check_network<networks::lstm, input<16, 20, 8>>("lstm");
}
