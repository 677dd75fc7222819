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
inline constexpr auto net = nn::sequential(nn::conv2d<10, 3>{});
static_assert(mistake_in<net, input<64, 28, 28, 1>, training> ==
    "softmax_cross_entropy expects logits [batch, classes] and one class number each, "
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
  using image_shape = Image;
  using label_shape = Label;
  using label_type = Type;
  static constexpr int classes = Classes;
};
using cifar = images<shape<32, 32, 3>, shape<>, int, 10>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, cifar> ==
    "fit: one image of the data is [32, 32, 3], the model's input is [28, 28]");
using one_hot_labels = images<shape<28, 28>, shape<10>, float, 10>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, one_hot_labels> ==
    "softmax_cross_entropy expects class numbers (integers []), the labels are floating point [10]");
using hundred_classes = images<shape<28, 28>, shape<>, int, 100>;
static_assert(mistake_in_data<good, input<64, 28, 28>, training, hundred_classes> ==
    "softmax_cross_entropy: the data has 100 classes, the model's output is [64, 10]");
// end region
inline constexpr auto regression = recipe(loss::mean_squared_error{}, optim::adam{});
using numbers = images<shape<28, 28>, shape<3>, float, 0>;
static_assert(mistake_in_data<good, input<64, 28, 28>, regression, numbers> ==
    "mean_squared_error expects labels like the model's output [64, 10], one label of the data is [3]");
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
