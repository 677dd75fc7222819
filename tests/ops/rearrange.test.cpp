// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/movement.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("elements move where they belong, and gradients back") {
  check(example<fixtures::reshape>([](auto x) { return reshape<2, -1>(x); }),
        example<fixtures::transpose>([](auto x) { return transpose(x); }),
        example<fixtures::transpose_021>([](auto x) { return transpose(x); }),
        example<fixtures::transpose_102>([](auto x) { return permute<1, 0, 2>(x); }),
        example<fixtures::transpose_201>([](auto x) { return permute<2, 0, 1>(x); }),
        example<fixtures::transpose_210>([](auto x) { return permute<2, 1, 0>(x); }),
        example<fixtures::slice>([](auto x) { return slice<1, 0, 3>(slice<0, 1, 3>(x)); }),
        example<fixtures::slice_strided>([](auto x) { return slice<2, 1, 4, 2>(slice<1, 0, 3, 2>(x)); }),
        example<fixtures::flip>([](auto x) { return flip<0, 1>(x); }),
        example<fixtures::pad>([](auto x) { return pad<1, 2, 1>(pad<0, 1, 0>(x)); }),
        example<fixtures::pad_value>([](auto x) { return pad<1, 1, 1>(pad<0, 1, 1>(x, 1.5), 1.5); }),
        example<fixtures::broadcast_to>([](auto x) { return broadcast_to<shape<2, 3, 4>>(x); }),
        example<fixtures::tile>([](auto x) { return tile<2, 2>(x); }));
}

TEST_CASE("tensors are joined") {
  using c0 = fixtures::concatenate_0;
  using c1 = fixtures::concatenate_1;
  using s = fixtures::stack;
  check(example("concatenate<0>", [](auto x, auto y, auto z) { return concatenate<0>(x, y, z); }, c0::out, c0::cotangent,
                given<3, 4>(c0::x, c0::d_x), given<1, 4>(c0::y, c0::d_y), given<2, 4>(c0::z, c0::d_z)),
        example("concatenate<1>", [](auto x, auto y, auto z) { return concatenate<1>(x, y, z); }, c1::out, c1::cotangent,
                given<3, 4>(c1::x, c1::d_x), given<3, 1>(c1::y, c1::d_y), given<3, 2>(c1::z, c1::d_z)),
        example("stack", [](auto x, auto y) { return stack(x, y); }, s::out, s::cotangent, given<3, 4>(s::x, s::d_x),
                given<3, 4>(s::y, s::d_y)),
        example("unstack", [](auto x, auto y) { return squeeze<0>(slice<0, 1, 2>(stack(x, y))); }, s::y, numbers{},
                given<3, 4>(s::x, numbers(12, 0)), given<3, 4>(s::y, numbers(12, 1))).without_differences());
}

constexpr auto multiples = [](auto x) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return stack<1>(x * double(I)...); }(std::make_index_sequence<40>{});
};
TEST_CASE("any number of tensors is joined") {
  using c0 = fixtures::concatenate_0;
  numbers all;
  for (const double x : c0::z)
    for (int i = 0; i < 40; ++i) all.push_back(x * i);
  check(example("40", [](auto x) { return multiples(x); }, all, numbers(all.size(), 1), given<8>(c0::z, numbers(8, 40 * 39 / 2))));
}

TEST_CASE("a permutation undone is the tensor itself") {
  using t = fixtures::transpose_201;
  check(example("twice", [](auto x) { return permute<1, 2, 0>(permute<2, 0, 1>(x)); }, t::x, t::x, given<2, 3, 4>(t::x, t::x)),
        example("three times", [](auto x) { return permute<2, 0, 1>(permute<2, 0, 1>(permute<2, 0, 1>(x))); }, t::x, t::x,
                given<2, 3, 4>(t::x, t::x)),
        example("flip", [](auto x) { return flip<1>(flip<1>(x)); }, t::x, t::x, given<2, 3, 4>(t::x, t::x)),
        example("equal extents", [](auto x) { return permute<1, 2, 0>(permute<2, 0, 1>(reshape<2, 2, 6>(x))); }, t::x, t::x,
                given<2, 3, 4>(t::x, t::x)));
}

}  // namespace
