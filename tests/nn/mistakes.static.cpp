// SPDX-License-Identifier: Apache-2.0
// What layers say that get something else than they expect.
#include <tfx/tfx.hpp>
using namespace tfx;

namespace images {
inline constexpr auto flip = nn::sequential(nn::random_flip{});
static_assert(mistake_in<flip, input<64, 784>> == "random_flip expects [batch, height, width, channels], got [64, 784]");
inline constexpr auto crop = nn::sequential(nn::random_crop<32, 32>{});
static_assert(mistake_in<crop, input<64, 28, 28, 1>> ==
    "random_crop<32, 32> (line 9) expects [batch, height, width, channels] of at least that size, got [64, 28, 28, 1]");
inline constexpr auto resize = nn::sequential(nn::resizing<8, 8>{});
static_assert(mistake_in<resize, input<64, 28>> == "resizing<8, 8> (line 12) expects [batch, height, width, channels], got [64, 28]");
}

namespace recurrent {
inline constexpr auto rank = nn::sequential(nn::gru<4>{});
static_assert(mistake_in<rank, input<64, 28>> == "gru<4> at gru (line 17) expects [batch, steps, features], got [64, 28]");
inline constexpr auto mask = [](auto x) { return nn::lstm<4>{}(x, max<1>(x)); };
static_assert(mistake_in<mask, input<64, 7, 3>> ==
    "lstm<4> at lstm (line 19) expects [batch, steps, features] and a mask [batch, steps], got [64, 7, 3] and [64, 3]");
inline constexpr auto state = [](auto x) { return nn::lstm<4>{}(x, initial_state(max<1>(x))); };
static_assert(mistake_in<state, input<64, 7, 3>> ==
    "lstm<4> at lstm (line 22) expects [batch, steps, features] and an initial state of two parts [batch, units], got [64, 7, 3] and [64, 3]");
inline constexpr auto masking = nn::sequential(nn::masking{});
static_assert(mistake_in<masking, input<64, 28>> == "masking expects [batch, steps, features], got [64, 28]");
inline constexpr auto masked_twice = [](auto x) { return masked(x, max<1>(x)); };
static_assert(mistake_in<masked_twice, input<64, 7, 3>> == "masked expects [batch, steps, ...] and a mask [batch, steps], got [64, 7, 3] and [64, 3]");
}

namespace halves {
inline constexpr auto odd = nn::sequential(nn::glu{});
static_assert(mistake_in<odd, input<64, 7>> == "glu (line 32): there are no halves of axis -1 of [64, 7]");
}

namespace merging_and_encoding {
inline constexpr auto dot = [](auto x) { return nn::dot{}(x, max<1>(x)); };
static_assert(mistake_in<dot, input<64, 7, 3>> == "dot expects [batch, features] or [batch, steps, features] twice, got [64, 7, 3] and [64, 3]");
inline constexpr auto one_hot = nn::sequential(nn::one_hot<3>{});
static_assert(mistake_in<one_hot, input<64>> == "one_hot<3> expects integers, got floating point [64]");
inline constexpr auto counts = nn::sequential(nn::category_encoding<3>{});
static_assert(mistake_in<counts, indices<64>> == "category_encoding<3> (line 41) expects integers [batch, count], got [64]");
}
