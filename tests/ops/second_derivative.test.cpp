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

numbers joined(numbers a, const numbers& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

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

TEST_CASE("gradients of gradients: products of elements, also of zeros") {
  const auto v = given<2, 3, 2>(twelve, numerically);
  const numbers zeros = {0.5, 0, 0.8, 0, -0.9, 0.1, 0.7, -1.1, 0, 0.6, -0.2, 0};
  const auto second_of = [&](auto name, auto f, auto c) {
    check(example(name, second(f), given<2, 3, 2>(twelve, numerically), c, v), example(name, second(f), given<2, 3, 2>(zeros, numerically), c, v));
  };
  second_of("of the last axis", [](auto a) { return product<2>(a); }, given<2, 3>(six, numerically));
  second_of("of the middle", [](auto a) { return product<1>(a); }, given<2, 2>(four, numerically));
  second_of("of all", [](auto a) { return product(a); }, given<>(numbers{0.7}, numerically));
  check(example("third derivative", [](auto a, auto c) {
          const auto one = a.h.graph->constant(1);
          const auto d = sum(square(gradient_of(product<0>(a), c, a)));
          return sum(square(gradient_of(d, one, a)));
        }, given<4>(four, numerically), given<>(numbers{0.7}, numerically)));
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

/// sum(u * gradient of sum(y * c) with respect to q, and so on for k and v): its gradients are second derivatives.
template <class F> struct second_of_three {
  constexpr second_of_three() = default;
  constexpr explicit second_of_three(F) {}
  constexpr auto operator()(auto q, auto k, auto v, auto c, auto... more) const {
    const auto y = F{}(q, k, v, more...);
    return sum(sin(gradient_of(y, c, q))) + sum(sin(gradient_of(y, c, k))) + sum(sin(gradient_of(y, c, v)));
  }
};

TEST_CASE("gradients of gradients: attention") {
  const numbers q = {0.5, -0.3, 0.8, 1.2, -0.9, 0.1, 0.7, -1.1, 0.35, 0.6, -0.2, 0.95},
                k = {0.9, -0.4, 0.25, -1.2, 0.6, 0.15, 0.3, -0.7, 1.1, 0.45, -0.55, 0.2},
                v = {1.1, 0.2, -0.6, 0.4, 0.75, -0.35, 0.1, 0.85, -0.95, 0.5, 0.65, -0.25};
  const auto queries = given<1, 3, 2, 2>(q, numerically), keys = given<1, 3, 2, 2>(k, numerically), values = given<1, 3, 2, 2>(v, numerically),
             dy = given<1, 3, 2, 2>(numbers(q.rbegin(), q.rend()), numerically);
  check(example("attention", second_of_three([](auto a, auto b, auto c) { return dot_product_attention(a, b, c); }), queries, keys, values, dy).with_floor(0x1p-3),
        example("causal", second_of_three([](auto a, auto b, auto c) { return dot_product_attention<causal>(a, b, c, 0.4); }), queries, keys, values, dy).with_floor(0x1p-3),
        example("of a query that sees nothing", second_of_three([](auto a, auto b, auto c, auto m) { return dot_product_attention(a, b, c, m); }), queries,
                keys, values, dy, given<3, 3>(numbers{1, 0, 1, 0, 0, 0, 0, 1, 1})),
        example("more keys than queries", second_of_three([](auto a, auto b, auto c) { return dot_product_attention(a, b, c); }),
                given<2, 1, 2, 2>(numbers(q.begin(), q.begin() + 8), numerically), given<2, 2, 2, 2>(joined(k, numbers(q.begin(), q.begin() + 4)), numerically),
                given<2, 2, 2, 2>(joined(v, numbers(k.begin(), k.begin() + 4)), numerically), given<2, 1, 2, 2>(numbers(v.begin(), v.begin() + 8), numerically)).with_floor(0x1p-3),
        example("of one matrix", [](auto x, auto c) {
                  const auto part = [&]<int K>(std::integral_constant<int, K>) { return reshape<1, 3, 2, 2>(slice<2, 4 * K, 4 * K + 4>(x)); };
                  const auto y = dot_product_attention(part(std::integral_constant<int, 0>{}), part(std::integral_constant<int, 1>{}), part(std::integral_constant<int, 2>{}));
                  return sum(sin(gradient_of(y, c, x)));
                }, given<1, 3, 12>(joined(joined(q, k), v), numerically), given<1, 3, 2, 2>(q, numerically)));
}

/// x -> tanh(2 x - 0.3), of at most five times. The derivative reads what an iteration gives, the last one as well.
template <class Times> constexpr auto repeated(Times times) {
  return [times](auto x) {
    const auto none = var<shape<>>{x.h.graph->constant(0)};
    const auto done = while_loop<5>([times](auto c) { return c.template get<1>() < times; },
                                    [](auto c) {
                                      const auto h = c.template get<0>();
                                      return bundle(tanh(2 * h - 0.3), var<shape<>>{(c.template get<1>() + 1).h});
                                    },
                                    bundle(x, none));
    return done.template get<0>();
  };
}
TEST_CASE("gradients of gradients: loops that end before their bound") {
  const auto x = given<4>(four, numerically), c = given<4>(numbers{1, -0.5, 0.25, 2}, numerically), v = given<4>(numbers{0.3, 1, -2, 0.5}, numerically);
  const auto second_of = [&](auto name, auto times) {
    check(example(name, [](auto a, auto b, auto d) { return sum(gradient_of(repeated(double(decltype(times)::value))(a), b, a) * d); }, x, c, v));
  };
  second_of("never", std::integral_constant<int, 0>{});
  second_of("three times", std::integral_constant<int, 3>{});
  second_of("to the bound", std::integral_constant<int, 5>{});
}

constexpr auto attention_in_a_loop = [](auto x, auto w) {
  return fori_loop<3>([w](auto, auto h) {
    const auto all = matmul(h, w);
    const auto part = [&]<int K>(std::integral_constant<int, K>) { return reshape<1, 4, 1, 2>(slice<2, 2 * K, 2 * K + 2>(all)); };
    return h + reshape<1, 4, 2>(dot_product_attention<causal>(part(std::integral_constant<int, 0>{}), part(std::integral_constant<int, 1>{}),
                                                              part(std::integral_constant<int, 2>{})));
  }, x);
};
TEST_CASE("gradients of gradients: attention in a loop") {
  const auto x = given<1, 4, 2>(numbers(twelve.begin(), twelve.begin() + 8), numerically);
  const auto w = given<2, 6>(twelve, numerically);
  check(example("first", attention_in_a_loop, x, w), example("second", [](auto a, auto b) {
          const auto y = attention_in_a_loop(a, b);
          return sum(sin(gradient_of(y, a, a))) + sum(gradient_of(y, a, b) * b);
        }, x, w).with_floor(0x1p-3));
}

TEST_CASE("third derivatives of attention") {
  const numbers q = {0.5, -0.3, 0.8, 1.2}, k = {0.9, -0.4, 0.25, -1.2}, v = {1.1, 0.2, -0.6, 0.4};
  check(example("attention", [](auto a, auto b, auto c) {
          const auto one = [](auto y) { return y.h.graph->constant(1); };
          const auto y = sum(sin(dot_product_attention(a, b, c)));
          const auto d = sum(square(gradient_of(y, one(y), a)));
          return sum(square(gradient_of(d, one(d), b)));
        }, given<1, 2, 1, 2>(q, numerically), given<1, 2, 1, 2>(k, numerically), given<1, 2, 1, 2>(v, numerically)));
}

}  // namespace
