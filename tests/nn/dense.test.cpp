// SPDX-License-Identifier: Apache-2.0
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/layers.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::dense<4> dense{};
constexpr auto dense_relu = nn::sequential(nn::dense<4>{}, nn::relu{});

TEST_CASE("dense") {
  using f = fixtures::dense;
  layer_machine<dense, shape<-8, 5>> m;
  m.state.batch = 3;
  CHECK(m.paths() == "dense/weight dense/bias");
  m.set("dense/weight", f::weight).set("dense/bias", f::bias).on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.gradient("dense/weight"), f::d_weight);
  CHECK_CLOSE(m.gradient("dense/bias"), f::d_bias);
}

TEST_CASE("dense, then relu") {
  using f = fixtures::dense_relu;
  layer_machine<dense_relu, shape<3, 5>> m;
  m.set("dense/weight", f::weight).set("dense/bias", f::bias).on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.gradient("dense/weight"), f::d_weight);
  CHECK_CLOSE(m.gradient("dense/bias"), f::d_bias);
}

}  // namespace
