// SPDX-License-Identifier: Apache-2.0
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

static_assert(map_op<add_op> && map_op<where_op> && !reduce_op<add_op> && !producer_op<add_op>);
static_assert(reduce_op<sum_op> && !map_op<sum_op>);
static_assert(producer_op<matmul_op> && producer_op<conv_op> && producer_op<attention_op> && producer_op<permute_op>);
static_assert(generate_op<column_index_op>);
static_assert(graph_op<reshape_op> && graph_op<carry_op> && graph_op<leaf_op> && !map_op<reshape_op>);
static_assert(!graph_op<int> && !operation_record<optim::sgd>);

struct of_four_op : elementwise<of_four_op> {
  static constexpr auto apply(auto a, auto b, auto c, auto d) { return a * b + c * d; }
};
static_assert(!graph_op<of_four_op>);
struct no_identity_op {
  static constexpr op_kind kind = op_kind::reduce;
  static constexpr int arity = 1;
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}
  static constexpr auto combine(auto a, auto b) { return a + b; }
};
static_assert(!graph_op<no_identity_op>);

static_assert(optim::optimizer<optim::sgd> && optim::optimizer<optim::adamw> && !optim::optimizer<loss::mean_squared_error>);
static_assert(optim::optimizer<decltype(optim::accumulate<4>(optim::adam{}))>);
static_assert(loss_for<loss::softmax_cross_entropy, var<shape<64, 10>>, var<shape<64>, std::int32_t>> && !loss_for<optim::sgd, var<shape<64, 10>>, var<shape<64, 10>>>);
static_assert(metric_for<metric::accuracy, var<shape<64, 10>>, var<shape<64>, std::int32_t>>);
static_assert(layer_for<nn::dense<8>, var<shape<64, 10>>> && !layer_for<optim::sgd, var<shape<64, 10>>>);

// A wrong number of inputs, of an operation that is one.
inline constexpr auto of_three = [](auto x) { return make_operation<multiply_op>(x, x, x); };
static_assert(mistake_in<of_three, input<4, 8>> == "multiply takes 2 inputs, got 3");

}  // namespace
