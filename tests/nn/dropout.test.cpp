// SPDX-License-Identifier: Apache-2.0
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include <tfx/backend/simd/backend.hpp>

#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::dropout quarter{.rate = 0.25};
constexpr auto two = nn::sequential(nn::dropout{.rate = 0.5}, nn::dropout{.rate = 0.5});

numbers ones(std::size_t n) { return numbers(n, 1); }

TEST_CASE("dropout while training: the share, the scale, the same mask backwards") {
  constexpr std::size_t n = 64 * 250;
  layer_machine<quarter, shape<64, 250>> m;
  m.on(ones(n), ones(n));
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double y = m.value()[i];
    CHECK((y == 0 || y == 1 / 0.75));
    if (y != m.d_x()[i]) FAIL_CHECK("element " << i << " has another mask backwards");
    dropped += y == 0;
  }
  // Four standard deviations of a binomial count.
  CHECK(std::abs(double(dropped) - 0.25 * n) < 4 * std::sqrt(n * 0.25 * 0.75));
}

TEST_CASE("each step, seed and layer has a mask of its own, and the same one again") {
  constexpr std::size_t n = 8 * 100;
  layer_machine<quarter, shape<8, 100>> m;
  auto mask = [&](std::uint64_t seed, std::uint64_t step) {
    m.state.seed = seed;
    m.state.step = step;
    m.on(ones(n), ones(n));
    return numbers(m.value().begin(), m.value().end());
  };
  const numbers first = mask(1, 1);
  CHECK(mask(1, 1) == first);
  CHECK(mask(1, 2) != first);
  CHECK(mask(2, 1) != first);
  // Two layers of one half leave a quarter: their masks are independent.
  layer_machine<two, shape<64, 250>> pair;
  pair.on(ones(16000), ones(16000));
  const auto left = std::count(pair.value().begin(), pair.value().end(), 4.0);
  CHECK(std::abs(double(left) - 4000) < 4 * std::sqrt(16000 * 0.25 * 0.75));
}

TEST_CASE("the mask does not depend on the rows present nor on the backend") {
  layer_machine<quarter, shape<-8, 100>, true, backend::simd<>, float> m;
  layer_machine<quarter, shape<8, 100>, true, backend::scalar, float> s;
  layer_machine<quarter, shape<8, 100>, true, backend::reference, float> r;
  m.state.batch = 3;
  m.on(ones(300), ones(300));
  s.on(ones(800), ones(800));
  r.on(ones(800), ones(800));
  CHECK(std::equal(m.value().begin(), m.value().end(), s.value().begin()));
  CHECK(std::equal(s.value().begin(), s.value().end(), r.value().begin()));
}

TEST_CASE("in use, dropout does nothing") {
  layer_machine<quarter, shape<2, 3>, false> m;
  m.on(numbers{1, 2, 3, 4, 5, 6}, ones(6));
  CHECK_CLOSE(m.value(), (numbers{1, 2, 3, 4, 5, 6}));
  CHECK_CLOSE(m.d_x(), ones(6));
}

}  // namespace
