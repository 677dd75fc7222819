// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/contraction.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <int... E> struct extents {
  template <class... A> static auto give(const A&... a) { return given<E...>(a...); }
};

// A fixture is a namespace, which only the preprocessor can pass on.
#define PRODUCT(name, X, Y, ...)                                                                          \
  example(                                                                                                \
      #name, [](auto x, auto y) { return __VA_ARGS__; }, fixtures::name::out, fixtures::name::cotangent,  \
      X::give(fixtures::name::x, fixtures::name::d_x), Y::give(fixtures::name::y, fixtures::name::d_y))

using m34 = extents<3, 4>;
using m43 = extents<4, 3>;
using m45 = extents<4, 5>;
using m54 = extents<5, 4>;
using b234 = extents<2, 3, 4>;
using b245 = extents<2, 4, 5>;
using b254 = extents<2, 5, 4>;
using v3 = extents<3>;
using v4 = extents<4>;

TEST_CASE("matrix products") {
  check(PRODUCT(matmul, m34, m45, matmul(x, y)), PRODUCT(matmul_transposed_left, m43, m45, matmul(transpose(x), y)),
        PRODUCT(matmul_transposed_right, m34, m54, matmul(x, transpose(y))),
        PRODUCT(matmul_transposed_both, m43, m54, matmul(transpose(x), transpose(y))),
        PRODUCT(matmul_batched, b234, b245, matmul(x, y)), PRODUCT(matmul_batched_shared, b234, m45, matmul(x, y)),
        PRODUCT(matmul_batched_transposed, b234, b254, matmul(x, transpose(y))),
        PRODUCT(matvec, m34, v4, matmul(x, y)), PRODUCT(matvec, m34, v4, matmul(y, transpose(x))), PRODUCT(dot, v4, v4, dot(x, y)), PRODUCT(outer, v3, v4, outer(x, y)));
}

TEST_CASE("a product with itself, with a transpose of itself, and a shared right operand read in a batch") {
  namespace b = fixtures::matmul_batched;
  namespace m = fixtures::matmul;
  check(example("x x^T", [](auto x) { return matmul(x, transpose(x)); }, given<3, 4>(m::x, numerically)),
        example("x^T x", [](auto x) { return matmul(transpose(x), x); }, given<3, 4>(m::x, numerically)),
        example("x x", [](auto x) { return matmul(x, x); }, given<4, 4>(numbers(m::y, m::y + 16), numerically)),
        example("x^T y, batched", [](auto x, auto y) { return matmul(transpose(x), y); }, given<2, 3, 4>(b::x, numerically),
                given<2, 3, 4>(b::x, numerically)),
        example("x^T y, shared", [](auto x, auto y) { return matmul(transpose(x), y); }, given<2, 3, 4>(b::x, numerically),
                given<3, 5>(m::out, numerically)),
        example("x y, left shared", [](auto x, auto y) { return matmul(x, y); }, given<3, 4>(m::x, numerically),
                given<2, 4, 5>(b::y, numerically)),
        example("row of each", [](auto x, auto y) { return matmul(x, y); }, given<4>(numbers(m::y, m::y + 4), numerically), given<2, 4, 5>(b::y, numerically)),
        example("rank 4", [](auto x, auto y) { return matmul(reshape<2, 1, 3, 4>(x), reshape<2, 1, 4, 5>(y)); },
                b::out, b::cotangent, given<2, 3, 4>(b::x, b::d_x), given<2, 4, 5>(b::y, b::d_y)));
}

}  // namespace
