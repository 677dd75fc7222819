// SPDX-License-Identifier: Apache-2.0
// The approved texts of what can be wrong with a network. docs/reference/errors.md shows this file.
#include <tfx/tfx.hpp>
using namespace tfx;

namespace a_layer_gets_an_image {
// region: flatten
inline constexpr auto net = nn::sequential(
    nn::conv2d<6, 5, same>{}, nn::relu{}, nn::max_pool<2>{}, nn::conv2d<16, 5>{}, nn::relu{}, nn::max_pool<2>{},
    nn::dense<120>{}, nn::relu{}, nn::dense<10>{});
static_assert(mistake_in<net, input<64, 28, 28, 1>> ==
    "dense<120> at dense (line 10) expects [batch, features], got [64, 5, 5, 16]; put nn::flatten before it");
// end region
}

namespace a_layer_gets_a_vector {
// region: image
inline constexpr auto net = nn::sequential(nn::conv2d<6, 5, same>{}, nn::relu{});
static_assert(mistake_in<net, input<64, 784>> ==
    "conv2d<6, 5> at conv2d (line 18) expects [batch, height, width, channels], got [64, 784]");
// end region
}

namespace channels_and_groups {
inline constexpr auto net = nn::sequential(nn::conv2d<8, 3, groups<3>>{});
static_assert(mistake_in<net, input<64, 28, 28, 4>> ==
    "conv2d<8, 3> at conv2d (line 25): 3 groups divide neither [64, 28, 28, 4] nor 8 channels evenly");
}

namespace a_window_larger_than_the_image {
// region: window
inline constexpr auto net = nn::sequential(nn::conv2d<8, 7>{}, nn::relu{});
static_assert(mistake_in<net, input<64, 5, 5, 1>> ==
    "conv2d at conv2d (line 32): the window [7, 7, 1, 8] is larger than the image [64, 5, 5, 1]");
// end region
inline constexpr auto pooled = nn::sequential(nn::max_pool<4>{});
static_assert(mistake_in<pooled, input<64, 3, 3, 1>> ==
    "max_pool2d (line 36): the window [4, 4] is larger than the image [64, 3, 3, 1]");
static_assert(mistake_in<pooled, input<64, 9>> ==
    "max_pool2d (line 36) expects images [batch, height, width, channels], got [64, 9]");
}

namespace a_residual_branch_changes_the_shape {
// region: residual
inline constexpr auto branch = nn::sequential(nn::conv2d<16, 3, same>{}, nn::relu{});
inline constexpr auto net = nn::sequential(nn::conv2d<8, 3, same>{}, nn::repeat<4>(nn::residual(branch)));
static_assert(mistake_in<net, input<64, 28, 28, 1>> ==
    "residual at repeat/0/residual (line 46): the branch changes the shape from [64, 28, 28, 8] to [64, 28, 28, 16]");
// end region
}

namespace a_block_of_ones_own {
// region: block
struct block {
  constexpr auto operator()(auto x) const {
    auto h = x | nn::conv2d<16, 3, same>{} | nn::relu{};
    return relu(x + h);
  }
};
inline constexpr auto net = nn::sequential(nn::conv2d<8, 3, same>{}, nn::repeat<4>(block{}));
static_assert(mistake_in<net, input<64, 28, 28, 1>> ==
    "add at repeat/0/block (line 56): [64, 28, 28, 8] and [64, 28, 28, 16] cannot be broadcast together");
// end region
}

namespace a_repeated_layer_changes_the_shape {
inline constexpr auto net = nn::sequential(nn::repeat<3>(nn::dense<8>{}));
static_assert(mistake_in<net, input<64, 4>> ==
    "repeat at repeat/0 (line 67): the body changes the shape from [64, 4] to [64, 8]");
}

namespace two_parameters_of_one_name {
// region: names
inline constexpr auto net = [](auto x) {
  auto a = param<shape<8>>(x, "gain");
  auto b = param<shape<8>>(x, "gain");
  return x * a + b;
};
static_assert(mistake_in<net, input<64, 8>> ==
    "two parameters are named gain; nn::named tells layers apart, nn::shared makes them one");
// end region
}

namespace a_shared_layer_between_two_widths {
inline constexpr auto layer = nn::shared("embedding", nn::dense<4>{});
inline constexpr auto twice = nn::sequential(layer, nn::relu{}, layer);
static_assert(mistake_in<twice, input<64, 8>> ==
    "shared parameter embedding/weight (line 85) is [8, 4], asked for as [4, 4]");
}

namespace what_is_not_a_layer {
struct takes_two {
  template <class S, class T> constexpr auto operator()(var<S, T> a, var<S, T> b) const { return a + b; }
};
inline constexpr auto net = nn::sequential(nn::dense<4>{}, takes_two{});
static_assert(mistake_in<net, input<64, 8>> == "layer takes_two (line 95) cannot be called with [64, 4]");
}

namespace an_if_on_a_traced_value {
// region: if
inline constexpr auto net = [](auto x) {
  if (x > 0) return x;
  return relu(x);
};
static_assert(mistake_in<net, input<64, 8>> ==
    "if: a traced value has no truth value while compiling; use where(condition, a, b)");
// end region
}

namespace a_right_network {
inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<32>{}, nn::relu{}, nn::dense<10>{});
static_assert(mistake_in<net, input<64, 28, 28>> == "");
}

namespace attention_needs_positions {
inline constexpr auto net = nn::sequential(nn::multi_head_attention<4>{});
static_assert(mistake_in<net, input<64, 128>> ==
    "multi_head_attention<4> at multi_head_attention (line 116) expects [batch, positions, features], got [64, 128]");
static_assert(mistake_in<net, input<64, 16, 30>> ==
    "multi_head_attention<4> at multi_head_attention (line 116): 4 heads do not divide 30 features evenly");
inline constexpr auto block = nn::sequential(nn::transformer_encoder<4, 64>{});
static_assert(mistake_in<block, input<64, 28, 28, 1>> ==
    "transformer_encoder<4, 64> at transformer_encoder (line 121) expects [batch, positions, features], got [64, 28, 28, 1]");
}

namespace layers_of_nothing {
inline constexpr auto dense = nn::sequential(nn::dense<0>{});
static_assert(mistake_in<dense, input<64, 8>> == "dense<0> at dense (line 127) gives at least one feature");
inline constexpr auto conv = nn::sequential(nn::conv2d<0, 3>{});
static_assert(mistake_in<conv, input<64, 8, 8, 1>> ==
    "conv2d<0, 3> at conv2d (line 129) gives at least one channel, from a window of at least one pixel");
}

namespace what_the_compiler_cannot_read {
const auto net = nn::sequential(nn::dense<4>{});
static_assert(mistake_in<net, input<64, 8>> == "the network is not constexpr; write: inline constexpr auto net = ...");
double half = 0.5;
const auto captures = [half = half](auto x) { return half * x; };
static_assert(mistake_in_step<captures, input<64, 8>> == "the step is not constexpr; write: inline constexpr auto step = ...");
}

namespace what_a_network_is_called_with {
struct takes_two {
  constexpr auto operator()(auto a, auto b) const { return concatenate<1>(a, b); }
};
inline constexpr takes_two net{};
static_assert(mistake_in<net, input<64, 8>> == "network takes_two cannot be called with 1 input, [64, 8]");
static_assert(mistake_in<net, inputs<input<64, 8>, input<64, 3>>> == "");
inline constexpr auto number = [](auto) { return 3; };
static_assert(mistake_in<number, input<64, 8>> == "network lambda gives neither a traced value nor outputs(a, b, ...)");
}

#include <cmath>

namespace functions_of_numbers {
// region: number
inline constexpr auto net = nn::sequential(nn::dense<4>{}, [](auto x) { return 1 / (1 + std::exp(-x)); });
static_assert(mistake_in<net, input<64, 8>> ==
    "layer lambda (line 157) gives a number, no traced value: of a traced x write exp(x), not std::exp(x)");
// end region
}

namespace sizes_in_parentheses {
// region: parentheses
inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense(8), nn::relu{}, nn::dense<10>{});
static_assert(mistake_in<net, input<64, 28, 28>> ==
    "dense(8) (line 165): what decides a shape is a template argument; write nn::dense<8>{}");
// end region
inline constexpr auto words = nn::sequential(nn::embedding(100, 16), nn::lstm(8));
static_assert(mistake_in<words, indices<64, 20>>.ends_with("write nn::embedding<100, 16>{}"));
}
