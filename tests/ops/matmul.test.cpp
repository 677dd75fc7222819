// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/contraction.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("matrix products") {
  check(example<fixtures::matmul>([](auto x, auto y) { return matmul(x, y); }),
        example<fixtures::matmul_transposed_left>([](auto x, auto y) { return matmul(transpose(x), y); }),
        example<fixtures::matmul_transposed_right>([](auto x, auto y) { return matmul(x, transpose(y)); }),
        example<fixtures::matmul_transposed_both>([](auto x, auto y) { return matmul(transpose(x), transpose(y)); }),
        example<fixtures::matmul_batched>([](auto x, auto y) { return matmul(x, y); }),
        example<fixtures::matmul_batched_shared>([](auto x, auto y) { return matmul(x, y); }),
        example<fixtures::matmul_batched_transposed>([](auto x, auto y) { return matmul(x, transpose(y)); }),
        example<fixtures::matvec>([](auto x, auto y) { return matmul(x, y); }),
        example<fixtures::matvec>([](auto x, auto y) { return matmul(y, transpose(x)); }),
        example<fixtures::dot>([](auto x, auto y) { return dot(x, y); }),
        example<fixtures::outer>([](auto x, auto y) { return outer(x, y); }));
}

TEST_CASE("a product with itself, with a transpose of itself, and a shared right operand read in a batch") {
  using b = fixtures::matmul_batched;
  using m = fixtures::matmul;
  check(example("x x^T", [](auto x) { return matmul(x, transpose(x)); }, given<3, 4>(m::x, numerically)),
        example("x^T x", [](auto x) { return matmul(transpose(x), x); }, given<3, 4>(m::x, numerically)),
        example("x x", [](auto x) { return matmul(x, x); }, given<4, 4>(numbers(m::y.begin(), m::y.begin() + 16), numerically)),
        example("x^T y, batched", [](auto x, auto y) { return matmul(transpose(x), y); }, given<2, 3, 4>(b::x, numerically),
                given<2, 3, 4>(b::x, numerically)),
        example("x^T y, shared", [](auto x, auto y) { return matmul(transpose(x), y); }, given<2, 3, 4>(b::x, numerically),
                given<3, 5>(m::out, numerically)),
        example("x y, left shared", [](auto x, auto y) { return matmul(x, y); }, given<3, 4>(m::x, numerically),
                given<2, 4, 5>(b::y, numerically)),
        example("row of each", [](auto x, auto y) { return matmul(x, y); }, given<4>(numbers(m::y.begin(), m::y.begin() + 4), numerically), given<2, 4, 5>(b::y, numerically)),
        example("rank 4", [](auto x, auto y) { return matmul(reshape<2, 1, 3, 4>(x), reshape<2, 1, 4, 5>(y)); },
                b::out, b::cotangent, given<2, 3, 4>(b::x, b::d_x), given<2, 4, 5>(b::y, b::d_y)));
}

}  // namespace
