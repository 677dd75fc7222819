// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "unary.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("activations") {
  check(unary<fixtures::relu>([](auto x) { return relu(x); }),
        unary<fixtures::relu6>([](auto x) { return relu6(x); }),
        unary<fixtures::leaky_relu>([](auto x) { return leaky_relu(x, 0.01); }),
        unary<fixtures::leaky_relu_02>([](auto x) { return leaky_relu(x); }),
        unary<fixtures::elu>([](auto x) { return elu(x); }),
        unary<fixtures::selu>([](auto x) { return selu(x); }),
        unary<fixtures::sigmoid>([](auto x) { return sigmoid(x); }),
        unary<fixtures::log_sigmoid>([](auto x) { return log_sigmoid(x); }),
        unary<fixtures::softplus>([](auto x) { return softplus(x); }),
        unary<fixtures::softsign>([](auto x) { return softsign(x); }),
        unary<fixtures::hard_sigmoid>([](auto x) { return hard_sigmoid(x); }),
        unary<fixtures::hard_silu>([](auto x) { return hard_silu(x); }));
}

TEST_CASE("activations with a product") {
  check(unary<fixtures::gelu>([](auto x) { return gelu(x); }),
        unary<fixtures::gelu_tanh>([](auto x) { return gelu_tanh(x); }),
        unary<fixtures::silu>([](auto x) { return silu(x); }),
        unary<fixtures::mish>([](auto x) { return mish(x); }));
}

}  // namespace
