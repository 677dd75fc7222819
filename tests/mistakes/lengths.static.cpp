// SPDX-License-Identifier: Apache-2.0
// The approved texts of what can be wrong with lengths. docs/reference/errors.md shows some of them.
#include <tfx/tfx.hpp>
using namespace tfx;

namespace a_variable_that_follows {
// region: variable
inline constexpr auto net = nn::sequential(nn::dense<8>{}, nn::flatten{}, nn::dense<3>{});
static_assert(mistake_in<net, input<64, up_to<20>, 4>> ==
    "dense_1/weight: a variable has a fixed shape, and [296, 3] follows a length; reduce over the steps first; 37 stands for up_to<20>");
// end region
}

namespace fewer_steps {
// region: steps
inline constexpr auto net = [](auto x) { return slice<1, 1, decltype(x)::dim.extent[1]>(x); };
static_assert(mistake_in<net, input<64, up_to<20>, 4>> ==
    "slice_box: [64, 36, 4] follows a length neither as a multiple of it nor as some steps more; 37 stands for up_to<20>");
// end region
inline constexpr auto halves = nn::sequential(nn::max_pool1d<2>{});
static_assert(mistake_in<halves, input<64, up_to<20>, 4>> ==
    "max_pool2d (line 20): [64, 1, 18, 4] follows a length neither as a multiple of it nor as some steps more; 37 stands for up_to<20>");
}

namespace an_extent_that_is_the_length_by_chance {
inline constexpr auto net = [](auto x) { return x + param<shape<37, 4>>(x, "table"); };
static_assert(mistake_in<net, input<64, up_to<20>, 4>> ==
    "add: [64, 41, 4] and [37, 4] cannot be broadcast together; 41 stands for up_to<20> and may be another one in each run");
}

namespace a_number_of_steps {
inline constexpr auto net = [](auto x) { return x / double(decltype(x)::dim.extent[1]); };
static_assert(mistake_in<net, input<64, up_to<20>, 4>> ==
    "constant is something else where the length is another one: extents of their own follow no length, and a number that does is a sum or a mean; 37 stands for up_to<20>");
}

namespace an_ordinary_mistake {
inline constexpr auto net = [](auto x) { return matmul(x, param<shape<5, 4>>(x, "weight")); };
static_assert(mistake_in<net, input<64, up_to<20>, 4>> ==
    "matmul (line 38): inner extents differ, [64, 37, 4] times [5, 4]; 37 stands for up_to<20>");
}

namespace near_bounds {
inline constexpr auto net = [](auto x, auto y) { return mean<1>(x) + mean<1>(y); };
static_assert(mistake_in<net, inputs<input<64, up_to<20>, 4>, input<64, up_to<21>, 4>>> ==
    "up_to<20> and up_to<21> are too near to each other to be told apart; write up_to<21, 1> for the second; 37 stands for up_to<20>");
}
