// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "unary.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("activations") {
  check(UNARY(relu, moderate, relu(x)), UNARY(relu6, moderate, relu6(x)), UNARY(leaky_relu, moderate, leaky_relu(x, 0.01)),
        UNARY(leaky_relu_02, moderate, leaky_relu(x)), UNARY(elu, moderate, elu(x)), UNARY(selu, moderate, selu(x)),
        UNARY(sigmoid, moderate, sigmoid(x)), UNARY(log_sigmoid, moderate, log_sigmoid(x)),
        UNARY(softplus, moderate, softplus(x)), UNARY(softsign, moderate, softsign(x)),
        UNARY(hard_sigmoid, moderate, hard_sigmoid(x)), UNARY(hard_silu, moderate, hard_silu(x)));
}

TEST_CASE("activations with a product") {
  check(UNARY(gelu, moderate, gelu(x)), UNARY(gelu_tanh, moderate, gelu_tanh(x)), UNARY(silu, moderate, silu(x)),
        UNARY(mish, moderate, mish(x)));
}

}  // namespace
