// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/elementwise.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <int... E> struct extents {
  template <class... A> static auto give(const A&... a) { return given<E...>(a...); }
};

// A fixture is a namespace, which only the preprocessor can pass on.
#define BINARY(name, X, Y, ...)                                                                                \
  example(                                                                                                     \
      #name, [](auto x, auto y) { return __VA_ARGS__; }, fixtures::name::out, fixtures::name::cotangent,       \
      X::give(fixtures::name::x, fixtures::name::d_x), Y::give(fixtures::name::y, fixtures::name::d_y))
#define BROADCAST(name, ...)                                                                                    \
  BINARY(name##_same, matrix, matrix, __VA_ARGS__), BINARY(name##_row, matrix, row, __VA_ARGS__),               \
      BINARY(name##_outer, column, flat, __VA_ARGS__), BINARY(name##_middle, cube, middle, __VA_ARGS__),        \
      BINARY(name##_scalar, matrix, none, __VA_ARGS__)

using matrix = extents<3, 4>;
using row = extents<4>;
using column = extents<3, 1>;
using flat = extents<1, 4>;
using cube = extents<2, 3, 4>;
using middle = extents<3, 1>;
using none = extents<>;

TEST_CASE("sums and products in every way of broadcasting") {
  check(BROADCAST(add, x + y), BROADCAST(sub, x - y), BROADCAST(mul, x * y), BROADCAST(div, x / y));
}

}  // namespace
