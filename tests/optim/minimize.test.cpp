// SPDX-License-Identifier: Apache-2.0
#include <tfx/nn/layer.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>

#include "../fixtures/optimizers.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using clip = fixtures::clip_global_norm;

/// Parameters a [2, 3] and b [4] whose gradients are given.
template <const auto& Optimizer> struct two_parameters {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    const var<shape<2, 3>> first{testing::detail::take(b, dims{2, {2, 3}, false}, dtype::real_type)};
    const var<shape<4>> second{testing::detail::take(b, dims{1, {4}, false}, dtype::real_type)};
    minimize(sum(param<shape<2, 3>>(first, "a") * first) + sum(param<shape<4>>(first, "b") * second), Optimizer);
  }
};
template <const auto& Optimizer> struct two_machine : machine<two_parameters<Optimizer>, interpreted, double> {
  two_machine& step(const numbers& first, const numbers& second) {
    this->put(this->leaf(inputs_space, 0), first);
    this->put(this->leaf(inputs_space, 1), second);
    this->run();
    return *this;
  }
  numbers negative(std::string_view path) {
    numbers v(this->values(path).begin(), this->values(path).end());
    for (double& x : v) x = -x;
    return v;
  }
};
#define CLOSE(a, b) CHECK(difference(a, numbers_of(b)) <= 1e-10)

constexpr optim::sgd by_norm{.learning_rate = 1, .clip_norm = clip::limit};
constexpr optim::sgd kept{.learning_rate = 1, .clip_norm = clip::limit_kept};
constexpr optim::sgd by_value{.learning_rate = 1, .clip_value = 0.5};

TEST_CASE("gradients are clipped by their common norm, or each element by itself") {
  two_machine<by_norm> a;
  a.step(numbers_of(clip::first), numbers_of(clip::second));
  CLOSE(a.negative("a"), clip::clipped_first);
  CLOSE(a.negative("b"), clip::clipped_second);
  two_machine<kept> b;
  b.step(numbers_of(clip::first), numbers_of(clip::second));
  CLOSE(b.negative("a"), clip::first);
  CLOSE(b.negative("b"), clip::second);
  two_machine<by_value> c;
  c.step({0.25, -3, 0.5, -0.5, 7, 0}, {1, -1, 0.75, 0.125});
  CLOSE(c.negative("a"), (numbers{0.25, -0.5, 0.5, -0.5, 0.5, 0}));
  CLOSE(c.negative("b"), (numbers{0.5, -0.5, 0.5, 0.125}));
  // No gradient at all is not divided by its norm.
  two_machine<by_norm> d;
  d.step(numbers(6, 0), numbers(4, 0));
  CLOSE(d.negative("a"), numbers(6, 0));
}

constexpr optim::sgd to_one{.learning_rate = 1, .clip_norm = 1};

TEST_CASE("a gradient is clipped however large it is, and one that is not finite is not hidden") {
  const double root = std::sqrt(10.0), largest = std::numeric_limits<double>::max();
  for (const double size : {1e300, largest, 10.0}) {
    two_machine<to_one> m;
    m.step(numbers(6, size), numbers(4, -size));
    CLOSE(m.negative("a"), numbers(6, 1 / root));
    CLOSE(m.negative("b"), numbers(4, -1 / root));
  }
  for (const double size : {1e-300, 5e-324}) {
    two_machine<to_one> m;
    m.step(numbers(6, size), numbers(4, 0));
    CHECK(m.negative("a") == numbers(6, size));
  }
  two_machine<to_one> m;
  m.step({0, std::numeric_limits<double>::infinity(), 0, 0, 0, 0}, numbers(4, 0));
  for (const double x : m.negative("a")) CHECK(std::isnan(x));
  for (const double x : m.negative("b")) CHECK(std::isnan(x));
}

constexpr optim::adam plain{.learning_rate = 0.1};
constexpr auto of_three = optim::accumulate<3>(optim::adam{.learning_rate = 0.1});

TEST_CASE("three accumulated steps are one step of their mean") {
  two_machine<plain> one;
  two_machine<of_three> three;
  for (int round = 0; round < 3; ++round) {
    numbers first(6, 0), second(4, 0);
    for (int k = 0; k < 3; ++k) {
      numbers g(6), h(4);
      for (int i = 0; i < 6; ++i) first[std::size_t(i)] += (g[std::size_t(i)] = 0.25 * ((5 * i + 7 * k + 3 * round) % 9 - 4)) / 3;
      for (int i = 0; i < 4; ++i) second[std::size_t(i)] += (h[std::size_t(i)] = 0.5 * ((3 * i + 5 * k + round) % 7 - 3)) / 3;
      const numbers before = three.negative("a");
      three.step(g, h);
      if (k < 2) CHECK(three.negative("a") == before);
    }
    one.step(first, second);
    // Where the mean is 0 Adam divides what rounding has left of it by little more than that.
    CHECK(difference(three.negative("a"), one.negative("a"), 1) <= 1e-12);
    CHECK(difference(three.negative("b"), one.negative("b"), 1) <= 1e-12);
    CLOSE(three.values("a/adam/v"), one.values("a/adam/v"));
    CHECK(three.numbers_present(three.leaf("step"))[0] == round + 1);
  }
}

constexpr auto clipped_mean = optim::accumulate<2>(optim::sgd{.learning_rate = 1, .clip_norm = clip::limit});

TEST_CASE("the mean of accumulated gradients is what is clipped") {
  two_machine<clipped_mean> m;
  numbers twice = numbers_of(clip::first), also = numbers_of(clip::second);
  for (double& x : twice) x *= 2;
  for (double& x : also) x *= 2;
  m.step(twice, numbers(4, 0)).step(numbers(6, 0), also);
  CLOSE(m.negative("a"), clip::clipped_first);
  CLOSE(m.negative("b"), clip::clipped_second);
}

/// A schedule and a rate that is an input; two optimizers on two parts.
struct scheduled {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    const var<shape<>> rate{testing::detail::take(b, dims{}, dtype::real_type)};
    const auto a = param<shape<2>>(rate, "a"), c = param<shape<2>>(rate, "b");
    minimize(sum(a) + 2 * sum(c), optim::sgd{.learning_rate = [](auto step) { return 1 / step; }}, only{"a"});
    minimize(sum(c), optim::sgd{.learning_rate = rate}, only{"b"});
  }
};

TEST_CASE("rates are numbers, inputs or functions of the step") {
  machine<scheduled, interpreted, double> m;
  for (const double rate : {0.5, 0.25, 0.125}) {
    m.put(m.leaf(inputs_space, 0), numbers{rate});
    m.run();
  }
  CLOSE(m.values("a"), (numbers{-(1 + 1 / 2. + 1 / 3.), -(1 + 1 / 2. + 1 / 3.)}));
  CLOSE(m.values("b"), (numbers{-0.875, -0.875}));
}

}  // namespace
