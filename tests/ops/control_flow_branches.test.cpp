// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Branches and loops whose end depends on numbers.
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

numbers some(int n, double phase) {
  numbers x;
  for (int i = 0; i < n; ++i) x.push_back(std::sin(1.7 * i * i + phase) * 0.9);
  return x;
}

constexpr int T = 6, B = 2, H = 4;
constexpr auto cube = [](auto x) { return x * x * x; };

constexpr auto choice = [](auto p, auto w, auto u, auto v) {
  auto y = cond(p, [=](auto a) { return tanh(matmul(tanh(a), w)) * u; }, [=](auto a) { return tanh(a) * tanh(a) * v; }, tanh(u * v));
  return mean(cube(y)) + mean(square(u));
};
constexpr auto choice_taken = [](auto w, auto u, auto v) {
  auto y = tanh(matmul(tanh(tanh(u * v)), w)) * u;
  return mean(cube(y)) + mean(square(u));
};
constexpr auto choice_not_taken = [](auto w, auto u, auto v) {
  auto a = tanh(u * v);
  auto y = tanh(a) * tanh(a) * v;
  return mean(cube(y)) + mean(square(u)) + 0 * mean(w);
};
template <int Which> constexpr auto choice_difference = [](auto p, auto... x) {
  if constexpr (Which) return choice(p, x...) - choice_taken(x...);
  else return choice(p, x...) - choice_not_taken(x...);
};

/// The condition depends on what is carried; one branch has a loop of its own.
constexpr auto choices_in_a_loop = [](auto x, auto w, auto u, auto h0) {
  auto [last, all] = scan([=](auto h, auto now) {
    auto next = cond(sum(now * h) > 0, [=](auto c) { return tanh(matmul(c, w)) * u; },
                     [=](auto c) { return scan([=](auto inner, auto r) { return std::pair{tanh(inner * u + r), inner}; }, c, w).first; }, h);
    return std::pair{next + 0.1 * tanh(now), next};
  }, h0, x);
  return mean(square(last)) + mean(cube(all));
};

/// Two results per branch; one of them is an argument handed through, the other does not depend on it.
constexpr auto several_results = [](auto p, auto u, auto v) {
  auto [a, b] = cond(p > 0.5, [=](auto x) { return std::pair{x, u * u}; }, [=](auto x) { return std::pair{v, x * x}; }, u * v);
  return sum(cube(a)) + sum(a * b);
};

template <int Bound> constexpr auto until_limit = [](auto limit, auto w, auto h0) {
  auto [n, h] = while_loop<Bound>([=](auto carry) { return std::get<0>(carry) < limit; }, [=](auto carry) {
    auto [i, state] = carry;
    return std::tuple{i + 1, tanh(matmul(state, w)) + 0.5 * state};
  }, std::tuple{0 * limit, h0});
  return mean(cube(h)) + 0 * n;
};
template <int N> constexpr auto that_often = [](auto w, auto h0) {
  auto h = h0;
  for (int i = 0; i < N; ++i) h = tanh(matmul(h, w)) + 0.5 * h;
  return mean(cube(h));
};
template <int N> constexpr auto until_difference = [](auto limit, auto w, auto h0) { return until_limit<9>(limit, w, h0) - that_often<N>(w, h0); };

constexpr auto unbounded_difference = [](auto limit, auto w, auto h0) { return until_limit<0>(limit, w, h0) - that_often<4>(w, h0); };

/// The number of iterations depends on the data, differs from step to step, and is itself kept.
constexpr auto loops_until = [](auto x, auto w, auto h0) {
  auto [last, counts] = scan([=](auto h, auto now) {
    auto [n, m] = while_loop<9>([](auto carry) { return sum(square(std::get<1>(carry))) > 0.6; }, [=](auto carry) {
      auto [i, state] = carry;
      return std::tuple{i + 1, 0.7 * tanh(matmul(state, w) + state)};
    }, std::tuple{0 * mean(x), h + now});
    return std::pair{m, bundle(n, m)};
  }, h0, x);
  auto [n, all] = counts;
  return mean(square(last)) + mean(cube(all)) + 0.01 * mean(n);
};
/// The branch that is not taken would not give a number.
constexpr auto guarded = [](auto x) {
  auto y = cond(sum(x) > 0, [](auto v) { return log(v); }, [](auto v) { return v - 1; }, x);
  return sum(y * y);
};

}  // namespace

TEST_CASE("a branch is the function that it takes") {
  const numbers w = some(H * H, 0.3), u = some(B * H, 1.1), v = some(B * H, 2.5);
  const numbers zw(H * H), zu(B * H);
  for (double p : {0.0, 1.0, 3.0}) {
    CAPTURE(p);
    check(example("choice", choice, given<>(p), given<H, H>(w, numerically), given<B, H>(u, numerically), given<B, H>(v, numerically)));
  }
  check(example("taken", choice_difference<1>, numbers{0}, numbers{1}, given<>(1.0), given<H, H>(w, zw), given<B, H>(u, zu), given<B, H>(v, zu)).without_differences().with_floor(1));
  check(example("not taken", choice_difference<0>, numbers{0}, numbers{1}, given<>(0.0), given<H, H>(w, zw), given<B, H>(u, zu), given<B, H>(v, zu)).without_differences().with_floor(1));
}

TEST_CASE("branches with several results") {
  check(example("first", several_results, given<>(1.0), given<H>(some(H, 0.1), numerically), given<H>(some(H, 0.9), numerically)),
        example("second", several_results, given<>(0.0), given<H>(some(H, 0.1), numerically), given<H>(some(H, 0.9), numerically)),
        example("guarded", guarded, given<3>(numbers{-1, -2, 0.5}, numerically)), example("guarded", guarded, given<3>(numbers{1, 2, 0.5}, numerically)));
}

TEST_CASE("branches in loops, loops in branches") {
  check(example("choices", choices_in_a_loop, given<T, B, H>(some(T * B * H, 0.4), numerically), given<H, H>(some(H * H, 0.3), numerically),
                given<B, H>(some(B * H, 1.1), numerically), given<B, H>(some(B * H, 2.2), numerically)).with_floor(0x1p-6));
}

TEST_CASE("a loop with a condition runs that often") {
  const numbers w = some(H * H, 0.3), h0 = some(B * H, 1.1), zw(H * H), zh(B * H);
  for (double limit : {0.0, 1.0, 2.5, 9.0}) {
    CAPTURE(limit);
    check(example("while", until_limit<9>, given<>(limit), given<H, H>(w, numerically), given<B, H>(h0, numerically)).with_floor(0x1p-6));
  }
  check(example("none", until_difference<0>, numbers{0}, numbers{1}, given<>(0.0), given<H, H>(w, zw), given<B, H>(h0, zh)).without_differences().with_floor(1),
        example("four", until_difference<4>, numbers{0}, numbers{1}, given<>(4.0), given<H, H>(w, zw), given<B, H>(h0, zh)).without_differences().with_floor(1),
        example("nine", until_difference<9>, numbers{0}, numbers{1}, given<>(20.0), given<H, H>(w, zw), given<B, H>(h0, zh)).without_differences().with_floor(1),
        example("unbounded", unbounded_difference, numbers{0}, numbers{1}, given<>(4.0), given<H, H>(w), given<B, H>(h0)).with_floor(1));
}

TEST_CASE("loops that end at different times") {
  check(example("while", loops_until, given<T, B, H>(some(T * B * H, 0.4), numerically), given<H, H>(some(H * H, 0.3), numerically), given<B, H>(some(B * H, 1.1), numerically)).with_floor(0x1p-6));
}
