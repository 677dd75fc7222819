// SPDX-License-Identifier: Apache-2.0
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/layers.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr auto conv_relu = nn::sequential(nn::conv2d<3, 3, same>{}, nn::relu{});

TEST_CASE("convolution, then relu") {
  using f = fixtures::conv2d_relu;
  layer_machine<conv_relu, shape<-5, 4, 5, 2>> m;
  m.state.batch = 2;
  CHECK(m.paths() == "conv2d/weight conv2d/bias");
  m.set("conv2d/weight", f::weight).set("conv2d/bias", f::bias).on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.gradient("conv2d/weight"), f::d_weight);
  CHECK_CLOSE(m.gradient("conv2d/bias"), f::d_bias);
}

}  // namespace
