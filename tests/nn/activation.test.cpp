// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/elementwise.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

#define LAYER(name, layer)                                                                                        \
  example(                                                                                                        \
      #name, [](auto x) { return call_layer(layer, x); }, fixtures::name::out, fixtures::name::cotangent,         \
      given<4, 4>(fixtures::name::x, fixtures::name::d_x))                                                        \
      .without_differences()

TEST_CASE("activations as layers are the functions of their names") {
  check(LAYER(relu, nn::relu{}), LAYER(leaky_relu_02, nn::leaky_relu{.slope = 0.2}), LAYER(elu, nn::elu{}),
               LAYER(selu, nn::selu{}), LAYER(gelu, nn::gelu{}), LAYER(silu, nn::silu{}), LAYER(softplus, nn::softplus{}),
               LAYER(sigmoid, nn::sigmoid{}), LAYER(tanh, nn::tanh{}));
}

TEST_CASE("the default slope of the layer is Keras's") {
  CHECK(nn::leaky_relu{}.slope == 0.3);
  check(example("leaky", [](auto x) { return call_layer(nn::leaky_relu{}, x); }, numbers{-0.3, 2}, numbers{1, 1},
                          given<2>(numbers{-1, 2}, numbers{0.3, 1})));
}

TEST_CASE("softmax as a layer is along the last axis") {
  check(example("softmax", [](auto x) { return call_layer(nn::softmax{}, x); }, numbers{0.25, 0.75, 0.5, 0.5}, numbers{},
                          given<2, 2>(numbers{0, std::log(3.0), 4, 4})));
}

}  // namespace
