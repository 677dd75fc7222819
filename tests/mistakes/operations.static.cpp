// SPDX-License-Identifier: Apache-2.0
// The approved texts of what can be wrong with an operation. docs/reference/errors.md shows some of them.
#include <tfx/tfx.hpp>
using namespace tfx;

namespace inner_extents_differ {
// region: matmul
inline constexpr auto net = [](auto x) {
  auto w = param<shape<27, 10>>(x, "weight");
  return matmul(x, w);
};
static_assert(mistake_in<net, input<64, 28>> ==
    "matmul (line 10): inner extents differ, [64, 28] times [27, 10]");
// end region
}

namespace shapes_that_cannot_be_broadcast {
// region: add
inline constexpr auto net = [](auto x) { return relu(x + param<shape<27>>(x, "bias")); };
static_assert(mistake_in<net, input<64, 28>> == "add: [64, 28] and [27] cannot be broadcast together");
// end region
inline constexpr auto three = [](auto x) { return where(x > 0, x, param<shape<27>>(x, "other")); };
static_assert(mistake_in<three, input<64, 28>> ==
    "where: [64, 28], [64, 28] and [27] cannot be broadcast together");
inline constexpr auto wide = [](auto x) { return broadcast_to<shape<3, 28>>(param<shape<27>>(x, "bias")); };
static_assert(mistake_in<wide, input<64, 28>> ==
    "broadcast_to (line 25): [27] cannot be broadcast to [3, 28]");
}

namespace an_axis_that_does_not_exist {
// region: axis
inline constexpr auto net = [](auto x) { return mean<3>(x); };
static_assert(mistake_in<net, input<64, 28, 28>> ==
    "mean<3> (line 32): axis 3 is out of range for [64, 28, 28], rank 3");
// end region
inline constexpr auto shares = [](auto x) { return softmax<2>(x); };
static_assert(mistake_in<shares, input<64, 10>> ==
    "softmax (line 36): axis 2 is out of range for [64, 10], rank 2");
inline constexpr auto largest = [](auto x) { return argmax<-3>(x); };
static_assert(mistake_in<largest, input<64, 10>> ==
    "argmax (line 39): axis -3 is out of range for [64, 10], rank 2");
}

namespace another_number_of_elements {
// region: reshape
inline constexpr auto net = nn::sequential(nn::reshape<7, 7, 16>{}, nn::conv2d<8, 3>{});
static_assert(mistake_in<net, input<64, 100>> ==
    "reshape (line 46): [64, 100] has 6400 elements, [64, 7, 7, 16] has 50176");
// end region
}

namespace a_range_outside_the_axis {
inline constexpr auto net = [](auto x) { return slice<1, 20, 40>(x); };
static_assert(mistake_in<net, input<64, 28>> ==
    "slice (line 53): [20, 40) is no range of axis 1 of [64, 28]");
}

namespace extents_beside_the_joined_axis {
inline constexpr auto net = [](auto x) { return concatenate<2>(x, param<shape<64, 27, 4>>(x, "more")); };
static_assert(mistake_in<net, input<64, 28, 4>> ==
    "concatenate: extents other than axis 2 differ from [64, 28, 4]");
}

namespace a_table_and_its_indices {
inline constexpr auto floats = [](auto x) { return gather(param<shape<100, 8>>(x, "table"), x); };
static_assert(mistake_in<floats, input<64>> ==
    "gather (line 65) expects integer indices, got floating point [64]");
inline constexpr auto line = [](auto i) { return gather(param<shape<100>>(i, "table"), i); };
static_assert(mistake_in_step<line, indices<64>> == "gather (line 68) expects a table [rows, columns], got [100]");
}

namespace attention_over_other_shapes {
inline constexpr auto flat = [](auto x) { return dot_product_attention(x, x, x); };
static_assert(mistake_in<flat, input<8, 16, 32>> ==
    "dot_product_attention (line 73) expects queries, keys and values [batch, positions, heads, size], got "
    "[8, 16, 32], [8, 16, 32] and [8, 16, 32]");
inline constexpr auto heads = [](auto x) {
  const auto k = reshape<8, 16, 2, 16>(x);
  return dot_product_attention(reshape<8, 16, 4, 8>(x), k, k);
};
static_assert(mistake_in<heads, input<8, 16, 32>> ==
    "dot_product_attention (line 79) expects queries, keys and values [batch, positions, heads, size], got "
    "[8, 16, 4, 8], [8, 16, 2, 16] and [8, 16, 2, 16]");
inline constexpr auto mask = [](auto x) { return dot_product_attention(x, x, x, param<shape<16, 15>>(x, "mask")); };
static_assert(mistake_in<mask, input<8, 16, 4, 8>> ==
    "dot_product_attention (line 84): the mask [16, 15] cannot be broadcast to [8, 4, 16, 16], [batch, heads, "
    "queries, keys]");
inline constexpr auto scale = [](auto x) { return dot_product_attention(x, x, x, -1.0); };
static_assert(mistake_in<scale, input<8, 16, 4, 8>> ==
    "dot_product_attention (line 88): the scale must be positive");
}

namespace a_batch_that_does_not_stay_the_leading_axis {
// region: batch
inline constexpr auto moved = [](auto x) { return outputs(matmul(transpose(x), x), sum<1>(transpose(x))); };
static_assert(mistake_in_step<moved, input<64, 10>> ==
    "permute (line 95): the batch stays the leading axis, [64, 10] cannot become [10, 64]");
inline constexpr auto pairs = [](auto x) { return expand_dims<1>(x) - expand_dims<0>(x); };
static_assert(mistake_in_step<pairs, input<64, 10>> ==
    "reshape (line 98): the batch stays the leading axis, [64, 10] cannot become [1, 64, 10]");
// end region
inline constexpr auto stacked = [](auto x) { return sum(stack<0>(x, x)); };
static_assert(mistake_in_step<stacked, input<64, 10>> ==
    "reshape: the batch stays the leading axis, [64, 10] cannot become [1, 640]");
inline constexpr auto padded = [](auto x) { return sum(pad<0, 1, 1>(x)); };
static_assert(mistake_in_step<padded, input<64, 10>> == "pad<0> (line 105): axis 0 is the batch in [64, 10]");
inline constexpr auto flipped = [](auto x) { return sum(flip<1, 0>(x)); };
static_assert(mistake_in_step<flipped, input<64, 10>> == "flip<0> (line 107): axis 0 is the batch in [64, 10]");
inline constexpr auto joined = [](auto x) { return sum(concatenate<0>(x, x)); };
static_assert(mistake_in_step<joined, input<64, 10>> == "concatenate<0>: axis 0 is the batch in [64, 10]");
inline constexpr auto beside = [](auto x) { return x + param<shape<64, 10>>(x, "bias"); };
static_assert(mistake_in<beside, input<64, 10>> ==
    "add: [64, 10] and [64, 10] cannot be broadcast together; the batch stays the leading axis, and meets the "
    "batch or one row");
inline constexpr auto contracted = [](auto x) { return matmul(transpose(x), param<shape<64, 3>>(x, "weight")); };
static_assert(mistake_in<contracted, input<64, 10>> ==
    "matmul (line 115): the batch is multiplied with the batch alone, got [64, 10] and [64, 3] of which one has it");
inline constexpr auto similar = [](auto x) { return matmul(x, transpose(x)); };
static_assert(mistake_in<similar, input<64, 10>> ==
    "matmul (line 118): the batch of the right operand can only be summed over");
inline constexpr auto one_row = [](auto x) { return sum(stack<0>(transpose(x), squeeze<0>(expand_dims<0>(transpose(x))))); };
static_assert(mistake_in_step<one_row, input<1, 10>> == "");
}

namespace a_range_with_a_step {
inline constexpr auto net = [](auto x) { return slice<1, 0, 30, 3>(x); };
static_assert(mistake_in<net, input<64, 28>> ==
    "slice (line 126): [0, 30) is no range of axis 1 of [64, 28]");
}

namespace operands_that_are_no_matrices {
inline constexpr auto dot = [](auto x) { return matmul(param<shape<3>>(x, "a"), param<shape<3>>(x, "b")); };
static_assert(mistake_in<dot, input<64, 28>> == "matmul (line 132) of two vectors, [3] and [3], is dot");
inline constexpr auto scalar = [](auto x) { return matmul(x, sum(x)); };
static_assert(mistake_in<scalar, input<64, 28>> == "matmul (line 134) expects matrices or vectors, got [64, 28] and []");
}

namespace a_number_that_integers_do_not_have {
// region: number
struct look {
  constexpr auto operator()(auto image) const { return where(image < 300, image, 0); }
};
inline constexpr look step{};
static_assert(mistake_in_step<step, input_of<std::uint8_t, 64>> == "less: 300 is no uint8; cast the other operand to a type that has it");
// end region
template <class E> inline constexpr auto mistake = []<class F>(F f) {
  message wrong{};
  [&] {
    builder b;
    scope top(b);
    f(var<shape<8>, E>{b.add_input(shape<8>::value, dtype_of<E>, "x")});
    wrong = b.wrong;
  }();
  return wrong;
};
static_assert(mistake<std::uint8_t>([](auto x) { return x + 255; }).size == 0);
static_assert(mistake<std::uint8_t>([](auto x) { return x * 0.5 - 300.0; }).size == 0);
static_assert(mistake<std::int32_t>([](auto x) { return maximum(x, -2147483647 - 1); }).size == 0);
static_assert(mistake<std::int64_t>([](auto x) { return x > 9007199254740992LL; }).size == 0);
static_assert(mistake<bool>([](auto x) { return x + 7; }).size == 0);
static_assert(mistake<std::uint8_t>([](auto x) { return x == -1; }) == std::string_view("equal: -1 is no uint8; cast the other operand to a type that has it"));
static_assert(mistake<std::int8_t>([](auto x) { return clip(x, -128, 200); }) == std::string_view("minimum: 200 is no int8; cast the other operand to a type that has it"));
static_assert(mistake<std::uint16_t>([](auto x) { return where(x > 1, x, -1); }) == std::string_view("where: -1 is no uint16; cast the other operand to a type that has it"));
static_assert(mistake<std::int32_t>([](auto x) { return x / 3000000000; }) == std::string_view("divide: 3000000000 is no int32; cast the other operand to a type that has it"));
static_assert(mistake<std::uint8_t>([](auto x) { return pad<0, 1, 1>(x, 256); }) == std::string_view("pad: 256 is no uint8; cast the other operand to a type that has it"));
static_assert(mistake<std::uint8_t>([](auto x) { return pad<0, 1, 1>(x, -0.25); }) == std::string_view("pad: -0.25 is no uint8; cast the other operand to a type that has it"));
static_assert(mistake<bool>([](auto x) { return pad<0, 1, 1>(x, 2); }) == std::string_view("pad: 2 is no bool; cast the other operand to a type that has it"));
}

namespace an_order {
inline constexpr auto too_many = [](auto x) { return top_k<12>(x).template get<0>(); };
static_assert(mistake_in<too_many, input<4, 9>> == "top_k (line 171): 12 of 9 elements along axis 1 of [4, 9]");
inline constexpr auto of_batch = [](auto x) { return sort<0>(x); };
static_assert(mistake_in<of_batch, input<4, 9>> == "sort (line 173): axis 0 is the batch in [4, 9]");
inline constexpr auto nowhere = [](auto x) { return argsort<2>(x); };
static_assert(mistake_in<nowhere, input<4, 9>> == "argsort (line 175): axis 2 is out of range for [4, 9], rank 2");
}
