// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Loops and branches: values against plain code or the same thing unrolled, gradients against central differences, and the
// bits of every backend.
#include <doctest/doctest.h>

#include <tuple>

#include <tfx/ops.hpp>
#include <tfx/ops/control_flow.hpp>

#include "../support/traced.hpp"

namespace {

using namespace tfx;
using testing::check;
using testing::example;
using testing::given;
using testing::numbers;
using testing::numerically;

/// Numbers between -1 and 1 without a pattern.
numbers some(int n, double phase) {
  numbers x;
  for (int i = 0; i < n; ++i) x.push_back(std::sin(1.7 * i * i + phase) * 0.9);
  return x;
}

constexpr int T = 5, B = 3, I = 4, H = 5;

/// Row t of x.
template <int t, class S> constexpr auto row(var<S> x) {
  using R = to_shape<tfx::detail::row_of<S>>;
  return var<R>{reshape(slice<0, t, t + 1>(x).h, R::value)};
}
template <int Steps, class Body> constexpr auto unrolled(Body body) {
  return [&]<std::size_t... t>(std::index_sequence<t...>) { (body(std::integral_constant<int, int(t)>{}), ...); }(std::make_index_sequence<std::size_t(Steps)>{});
}
constexpr auto cube = [](auto x) { return x * x * x; };

constexpr auto rnn = [](auto x, auto w, auto u, auto bias, auto h0) {
  auto [last, all] = scan([=](auto h, auto now) {
    auto next = tanh(matmul(now, w) + matmul(h, u) + bias);
    return std::pair{next, next};
  }, h0, x);
  return mean(square(last)) + mean(cube(all));
};
constexpr auto unrolled_rnn = [](auto x, auto w, auto u, auto bias, auto h0) {
  auto h = h0;
  auto total = 0 * mean(h0);
  unrolled<T>([&](auto t) {
    h = tanh(matmul(row<t>(x), w) + matmul(h, u) + bias);
    total = total + mean(cube(h));
  });
  return mean(square(h)) + total / T;
};
constexpr auto rnn_difference = [](auto... x) { return rnn(x...) - unrolled_rnn(x...); };

constexpr auto lstm_cell = [](auto z, auto c) {
  auto i = sigmoid(slice<1, 0, H>(z)), f = sigmoid(slice<1, H, 2 * H>(z)), g = tanh(slice<1, 2 * H, 3 * H>(z)), o = sigmoid(slice<1, 3 * H, 4 * H>(z));
  auto next = f * c + i * g;
  return bundle(o * tanh(next), next);
};
constexpr auto lstm = [](auto x, auto w, auto u, auto bias, auto h0) {
  auto [last, all] = scan([=](auto state, auto now) {
    auto [h, c] = state;
    auto next = lstm_cell(matmul(now, w) + matmul(h, u) + bias, c);
    return std::pair{next, next.template get<0>() * c};
  }, bundle(h0, 0.5 * h0), x);
  auto [h, c] = last;
  return mean(square(h)) + mean(cube(c)) + mean(all);
};
constexpr auto unrolled_lstm = [](auto x, auto w, auto u, auto bias, auto h0) {
  auto h = h0;
  auto c = 0.5 * h0;
  auto total = 0 * mean(h0);
  unrolled<T>([&](auto t) {
    auto next = lstm_cell(matmul(row<t>(x), w) + matmul(h, u) + bias, c);
    h = next.template get<0>();
    total = total + mean(h * c);
    c = next.template get<1>();
  });
  return mean(square(h)) + mean(cube(c)) + total / T;
};
constexpr auto lstm_difference = [](auto... x) { return lstm(x...) - unrolled_lstm(x...); };

/// The inner carry starts from the outer one, inner rows come out, an inner final is used twice, and fori_loop sees its index.
constexpr auto nested = [](auto x, auto w, auto u, auto h0) {
  auto [last, out] = scan([=](auto h, auto rows) {
    auto [inner, ys] = scan([=](auto c, auto now) {
      auto next = tanh(matmul(now, w) + matmul(c, u) + h);
      return std::pair{next, c * next};
    }, tanh(h), rows);
    auto f = fori_loop<3>([=](auto i, auto c) { return tanh(matmul(c, u) * (i + h)); }, inner);
    return std::pair{tanh(f + inner) * inner, std::tuple{ys, f}};
  }, h0, x);
  auto [ys, fs] = out;
  return mean(square(last)) + mean(cube(ys)) + mean(cube(fs));
};

/// Carries that change places.
constexpr auto swapping = [](auto p, auto q) {
  auto [x, y] = fori_loop<7>([](auto, auto carry) {
    auto [a, b] = carry;
    return std::tuple{b, a};
  }, std::tuple{p, q});
  return x - 2 * y;
};
constexpr auto fibonacci = [](auto p, auto q) {
  auto [x, y] = fori_loop<10>([](auto, auto carry) {
    auto [a, b] = carry;
    return bundle(b, a + b);
  }, bundle(p, q));
  return x + 0 * y;
};

constexpr auto squashed = [](auto, auto c) { return tanh(c) * (c + 0.5); };
constexpr auto twice = [](auto, auto c) { return fori_loop<2>(squashed, c); };

}  // namespace

TEST_CASE("a recurrent network is its loop unrolled") {
  const numbers x = some(T * B * I, 0.1), w = some(I * H, 0.7), u = some(H * H, 1.3), bias = some(H, 0.4), h0 = some(B * H, 2.1);
  check(example("rnn", rnn, given<T, B, I>(x, numerically), given<I, H>(w, numerically), given<H, H>(u, numerically),
                given<H>(bias, numerically), given<B, H>(h0, numerically)).with_floor(0x1p-6));
  check(example("difference", rnn_difference, numbers{0}, numbers{1}, given<T, B, I>(x, numbers(T * B * I)), given<I, H>(w, numbers(I * H)),
                given<H, H>(u, numbers(H * H)), given<H>(bias, numbers(H)), given<B, H>(h0, numbers(B * H))).without_differences().with_floor(1));
}

TEST_CASE("long short-term memory is its loop unrolled") {
  const numbers x = some(T * B * I, 0.1), w = some(I * 4 * H, 0.7), u = some(H * 4 * H, 1.3), bias = some(4 * H, 0.4), h0 = some(B * H, 2.1);
  check(example("lstm", lstm, given<T, B, I>(x, numerically), given<I, 4 * H>(w, numerically), given<H, 4 * H>(u, numerically),
                given<4 * H>(bias, numerically), given<B, H>(h0, numerically)).with_floor(0x1p-6));
  check(example("difference", lstm_difference, numbers{0}, numbers{1}, given<T, B, I>(x, numbers(T * B * I)), given<I, 4 * H>(w, numbers(I * 4 * H)),
                given<H, 4 * H>(u, numbers(H * 4 * H)), given<4 * H>(bias, numbers(4 * H)), given<B, H>(h0, numbers(B * H))).without_differences().with_floor(1));
}

TEST_CASE("loops inside loops") {
  check(example("nested", nested, given<3, 2, B, I>(some(6 * B * I, 0.1), numerically), given<I, H>(some(I * H, 0.7), numerically),
                given<H, H>(some(H * H, 1.3), numerically), given<B, H>(some(B * H, 2.1), numerically)).with_floor(0x1p-6));
}

TEST_CASE("loops over values of as many axes as there are") {
  check(example("six axes", [](auto x) { return fori_loop<3>(squashed, x); }, given<2, 1, 2, 1, 2, 2>(some(16, 0.3), numerically)),
        example("six axes in two loops", [](auto x) { return fori_loop<3>(twice, x); }, given<2, 1, 2, 1, 2, 2>(some(16, 0.3), numerically)),
        example("five axes in two loops", [](auto x) { return fori_loop<2>(twice, x); }, given<2, 2, 1, 2, 2>(some(16, 0.3), numerically)),
        example("rows of five axes", [](auto h, auto x) { return scan([](auto c, auto row) { return std::pair{tanh(c * row), c}; }, h, x).first; },
                given<1, 2, 1, 2, 2>(some(8, 0.2), numerically), given<3, 1, 2, 1, 2, 2>(some(24, 0.7), numerically)));
}

TEST_CASE("carries that change places") {
  const numbers p = {1, 2, 3, 4}, q = {10, 20, 30, 40};
  check(example("swap", swapping, numbers{10 - 2, 20 - 4, 30 - 6, 40 - 8}, numbers(4, 1), given<4>(p, numbers(4, -2)), given<4>(q, numbers(4, 1))),
        example("fibonacci", fibonacci, numbers{34 + 550, 68 + 1100, 102 + 1650, 136 + 2200}, numbers(4, 1), given<4>(p, numbers(4, 34)), given<4>(q, numbers(4, 55))));
}
