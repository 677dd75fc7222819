// SPDX-License-Identifier: Apache-2.0
// The approved texts of what can be wrong with training a network. docs/reference/errors.md shows some of them.
#include <tfx/tfx.hpp>
using namespace tfx;

inline constexpr auto good = nn::sequential(nn::flatten{}, nn::dense<32>{}, nn::relu{}, nn::dense<10>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::accuracy{});
static_assert(mistake_in<good, input<64, 28, 28>, training> == "");

namespace no_parameter_has_that_name {
// region: only
inline constexpr auto body = nn::named("body", nn::dense<4>{});
inline constexpr auto head = nn::named("head", nn::dense<1>{});
inline constexpr auto step = [](auto x) {
  auto loss = mean(square(head(body(x))));
  minimize(loss, optim::sgd{}, only{"haed"});
  return loss;
};
static_assert(mistake_in_step<step, input<64, 8>> ==
    "only{'haed'} names no parameter; did you mean 'head'? Known: body, head");
// end region
inline constexpr auto far_off = [](auto x) {
  auto loss = mean(square(head(body(x))));
  minimize(loss, optim::sgd{}, only{"tail"});
  return loss;
};
static_assert(mistake_in_step<far_off, input<64, 8>> == "only{'tail'} names no parameter; known: body, head");
}

namespace nothing_to_train {
inline constexpr auto step = [](auto x) {
  auto loss = mean(square(x));
  minimize(loss, optim::sgd{});
  return loss;
};
static_assert(mistake_in_step<step, input<64, 8>> == "minimize: there are no parameters to train");
}

namespace an_operation_without_derivative {
// region: derivative
struct doubled_op : elementwise<doubled_op> {
  static constexpr auto apply(auto x) { return x + x; }
};
inline constexpr auto doubled = make_operation<doubled_op>;
inline constexpr auto net = nn::sequential(nn::dense<8>{}, [](auto x) { return doubled(x); }, nn::dense<10>{});
static_assert(mistake_in<net, input<64, 8>> == "");
static_assert(mistake_in<net, input<64, 8>, training> ==
    "doubled has no derivative (line 45), but dense/weight is trained through it; "
    "add one, or stop_gradient / nn::frozen");
// end region
inline constexpr auto frozen_before = nn::sequential(
    nn::frozen(nn::dense<8>{}), [](auto x) { return doubled(x); }, nn::dense<10>{});
static_assert(mistake_in<frozen_before, input<64, 8>, training> == "");
// The parameter that is named is one that is trained through the operation, not just any.
inline constexpr auto through = nn::named("through", nn::dense<10>{});
inline constexpr auto beside = [](auto x) { return (x | nn::dense<10>{}) + doubled(x | through); };
static_assert(mistake_in<beside, input<64, 8>, training> ==
    "doubled has no derivative (line 55), but through/weight is trained through it; "
    "add one, or stop_gradient / nn::frozen");
}

namespace outputs_that_do_not_suit_the_loss {
// region: logits
inline constexpr auto step = [](auto x, auto labels) { return loss::softmax_cross_entropy{}(x | nn::conv2d<10, 3>{}, labels); };
static_assert(mistake_in_step<step, input<64, 28, 28, 1>, indices<64>> ==
    "softmax_cross_entropy expects logits [batch, ..., classes] and one class number each, "
    "got [64, 26, 26, 10] and integers [64]");
// end region
}

namespace a_wrong_network_is_said_first {
inline constexpr auto net = nn::sequential(nn::conv2d<6, 5, same>{}, nn::dense<10>{});
static_assert(mistake_in<net, input<64, 28, 28, 1>, training> ==
    "dense<10> at dense (line 72) expects [batch, features], got [64, 28, 28, 6]; put nn::flatten before it");
}

namespace data_that_does_not_suit_the_model {
// region: data
template <class Image, class Label, class Type, int Classes> struct images {
  using record = data::record<data::field<Image>, data::field<Label, Type, Classes>>;
};
using cifar = images<shape<32, 32, 3>, shape<>, int, 10>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, cifar> ==
    "fit: column 0 of the data is [32, 32, 3], input 0 of the network is [28, 28]");
using one_hot_labels = images<shape<28, 28>, shape<10>, float, 10>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, one_hot_labels> ==
    "fit: column 1 of the data is floating point [10], softmax_cross_entropy expects class numbers, integers []");
using hundred_classes = images<shape<28, 28>, shape<>, int, 100>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, hundred_classes> ==
    "fit: column 1 of the data has 100 classes, softmax_cross_entropy has an output of 10");
// end region
inline constexpr auto regression = recipe(loss::mean_squared_error{}, optim::adam{});
using numbers = images<shape<28, 28>, shape<3>, float, 0>;
static_assert(mistake_in_data<good, input<64, 28, 28>, regression, numbers> ==
    "fit: column 1 of the data is [3], mean_squared_error expects [10]");
using fashion = images<shape<28, 28>, shape<>, unsigned char, 10>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, fashion> == "");
}

namespace more_memory_than_allowed {
// region: memory
using m = model<good, input<64, 28, 28>, backend::scalar>;
static_assert(m::fits<8192>);
static_assert(mistake_in_memory<m, 4096> ==
    "predict needs 8192 bytes of arena, the limit is 4096; the largest buffer is relu [64, 32] from line 6");
// end region
}

namespace softmax_twice {
// region: softmax
inline constexpr auto net = nn::sequential(nn::dense<10>{}, nn::softmax{});
static_assert(mistake_in<net, input<64, 8>, training> ==
    "softmax_cross_entropy expects logits and applies softmax itself, but the output is that of a softmax; leave nn::softmax out");
// end region
inline constexpr auto dense = recipe(loss::softmax_cross_entropy_dense{}, optim::adam{});
static_assert(mistake_in<net, input<64, 8>, dense>.starts_with("softmax_cross_entropy_dense expects logits"));
inline constexpr auto one_number = nn::sequential(nn::dense<1>{}, nn::sigmoid{});
inline constexpr auto yes_or_no = recipe(loss::binary_cross_entropy{}, optim::adam{});
static_assert(mistake_in<one_number, input<64, 8>, yes_or_no>.starts_with("binary_cross_entropy expects logits"));
inline constexpr auto attention = nn::sequential(nn::dense<10>{}, nn::softmax{}, nn::dense<10>{});
static_assert(mistake_in<attention, input<64, 8>, training> == "");
}

namespace a_recipe_that_the_compiler_cannot_read {
const auto recipe_of_its_own = recipe(loss::softmax_cross_entropy{}, optim::adam{});
static_assert(mistake_in<good, input<64, 28, 28>, recipe_of_its_own> == "the recipe is not constexpr; write: inline constexpr auto training = recipe(...)");
}

namespace no_parameter_is_named {
inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<10>{});
inline constexpr auto decayed = recipe(loss::softmax_cross_entropy{} + penalty::orthogonal{.on = "body"}, optim::adam{});
static_assert(mistake_in<net, input<64, 28, 28>, decayed> ==
    "orthogonal{'body'} names no parameter that is trained; known: dense/weight, dense/bias");
inline constexpr auto held = recipe(loss::softmax_cross_entropy{}, optim::constrained(optim::adam{}, constraint::max_norm{.on = "*/kernel"}));
static_assert(mistake_in<net, input<64, 28, 28>, held> ==
    "max_norm{'*/kernel'} names no parameter that is trained; known: dense/weight, dense/bias");
inline constexpr auto shrunk = recipe(loss::softmax_cross_entropy{}, optim::decayed(optim::lion{}, 1e-2, "kernel"));
static_assert(mistake_in<net, input<64, 28, 28>, shrunk> ==
    "decayed{'kernel'} names no parameter that is trained; known: dense/weight, dense/bias");
}

namespace metric_of_another_output {
inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<10>{});
inline constexpr auto nine = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::confusion_matrix<9>{});
static_assert(mistake_in<net, input<64, 28, 28>, nine> == "confusion_matrix<9> expects outputs [batch, ..., 9], got [64, 10]");
inline constexpr auto number = recipe(loss::softmax_cross_entropy{}, optim::adam{}, metric::root_mean_squared_error{});
static_assert(mistake_in<net, input<64, 28, 28>, number> == "recipe: the metric root_mean_squared_error gives no number of [64, 10] and [64]");
}
