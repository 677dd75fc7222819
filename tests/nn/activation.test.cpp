// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/elementwise.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// A layer on the numbers of the function.
template <class Case, class Layer> auto layer(Layer) {
  return example<Case>([](auto x) { return call_layer(Layer{}, x); }).without_differences();
}

TEST_CASE("activations as layers are the functions of their names") {
  check(layer<fixtures::relu>(nn::relu{}), layer<fixtures::elu>(nn::elu{}), layer<fixtures::selu>(nn::selu{}),
        layer<fixtures::gelu>(nn::gelu{}), layer<fixtures::silu>(nn::silu{}), layer<fixtures::softplus>(nn::softplus{}),
        layer<fixtures::sigmoid>(nn::sigmoid{}), layer<fixtures::tanh>(nn::tanh{}),
        example<fixtures::leaky_relu_02>([](auto x) { return call_layer(nn::leaky_relu{.slope = 0.2}, x); }));
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
