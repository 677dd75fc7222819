// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/convolution.hpp"
#include "../fixtures/elementwise.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

const numbers four = {0.3, -0.7, 1.1, 0.45}, six = {0.9, -0.4, 0.25, -1.2, 0.6, 0.15}, twelve = {
    0.5, -0.3, 0.8, 1.2, -0.9, 0.1, 0.7, -1.1, 0.35, 0.6, -0.2, 0.95};

/// sum(v * gradient of sum(f(x) * c)): its gradient is checked against central differences of the first derivative.
template <class F> struct second {
  constexpr second() = default;
  constexpr explicit second(F) {}
  constexpr auto operator()(auto x, auto c, auto v) const { return sum(gradient_of(F{}(x), c, x) * v); }
};

TEST_CASE("gradients of gradients: elementwise and reductions") {
  const auto x = given<6>(numbers{0.5, 1.5, 0.7, 2.1, 1.1, 0.3}, numerically), c = given<6>(six, numerically),
             v = given<6>(numbers{1, -2, 0.5, 0.25, -1, 3}, numerically);
  check(example("tanh", second([](auto a) { return tanh(a); }), x, c, v),
        example("sigmoid", second([](auto a) { return sigmoid(a); }), x, c, v),
        example("exp * log", second([](auto a) { return exp(a) * log(a); }), x, c, v),
        example("sqrt / x", second([](auto a) { return sqrt(a) / (a + 2); }), x, c, v),
        example("pow", second([](auto a) { return pow(a, 3) + pow(a, -0.5); }), x, c, v),
        example("sin, cos", second([](auto a) { return sin(a) * cos(2 * a); }), x, c, v).with_floor(0x1p-3),
        example("gelu", second([](auto a) { return gelu(a); }), x, c, v),
        example("softplus", second([](auto a) { return softplus(a); }), x, c, v),
        example("relu", second([](auto a) { return relu(a - 1) * a; }), x, c, v),
        example("where", second([](auto a) { return where(a > 1, a * a, exp(a)); }), x, c, v));
}

TEST_CASE("gradients of gradients: over axes") {
  const auto x = given<3, 4>(twelve, numerically), v = given<3, 4>(numbers_of(fixtures::add_same::x), numerically);
  const auto same_shape = given<3, 4>(numbers_of(fixtures::add_same::y), numerically);
  const auto row = given<4>(four, numerically);
  check(example("softmax", second([](auto a) { return softmax(a); }), x, same_shape, v).with_floor(0x1p-3),
        example("log_softmax", second([](auto a) { return log_softmax<0>(a); }), x, same_shape, v),
        example("log_sum_exp", second([](auto a) { return log_sum_exp<0>(a); }), x, row, v),
        example("variance", second([](auto a) { return variance<0>(a); }), x, row, v),
        example("max", second([](auto a) { return max<0>(a * a); }), x, row, v),
        example("batch norm", second([](auto a) {
                  const auto centred = a - mean<0>(a);
                  return centred / sqrt(mean<0>(centred * centred) + 0.01);
                }), x, same_shape, v));
}

TEST_CASE("gradients of gradients: products, convolutions, pooling") {
  using d = fixtures::conv2d_same_stride2;
  const numbers reversed(twelve.rbegin(), twelve.rend()), image(d::x.begin(), d::x.begin() + 40), mask(d::x.begin() + 40, d::x.begin() + 80), kernel(d::w.begin(), d::w.begin() + 36);
  check(example("matmul, x and w", [](auto x, auto w, auto c, auto v) { return sum(gradient_of(matmul(x, w), c, x) * v); },
                given<3, 4>(twelve, numerically), given<4, 3>(reversed, numerically),
                given<3, 3>(numbers(twelve.begin(), twelve.begin() + 9), numerically), given<3, 4>(twelve, numerically)),
        example("matmul^2", [](auto x, auto w) {
                  const auto y = matmul(x, w);
                  return sum(gradient_of(sum(y * y), y.h.graph->constant(1), w) * w);
                }, given<3, 4>(twelve, numerically), given<4, 3>(reversed, numerically)),
        example("conv", [](auto x, auto w, auto v) {
                  const auto y = conv2d<same, stride<2>>(x, w);
                  return sum(gradient_of(sum(y * y), y.h.graph->constant(1), x) * v);
                }, given<1, 4, 5, 2>(image, numerically), given<3, 3, 2, 2>(kernel, numerically), given<1, 4, 5, 2>(mask, numerically)),
        example("conv, weights", [](auto x, auto w, auto v) {
                  const auto y = conv2d<same, stride<2>>(x, w);
                  return sum(gradient_of(sum(y * y), y.h.graph->constant(1), w) * v);
                }, given<1, 4, 5, 2>(image, numerically), given<3, 3, 2, 2>(kernel, numerically), given<3, 3, 2, 2>(kernel, numerically)),
        example("max pool", [](auto x, auto v) {
                  const auto y = max_pool2d<2>(x * x);
                  return sum(gradient_of(sum(y * y), y.h.graph->constant(1), x) * v);
                }, given<1, 4, 5, 2>(image, numerically), given<1, 4, 5, 2>(mask, numerically)),
        example("average pool", [](auto x, auto v) {
                  const auto y = average_pool2d<2, 2, same>(x * x);
                  return sum(gradient_of(sum(y * y), y.h.graph->constant(1), x) * v);
                }, given<1, 4, 5, 2>(image, numerically), given<1, 4, 5, 2>(mask, numerically)));
}

}  // namespace
