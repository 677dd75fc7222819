// SPDX-License-Identifier: Apache-2.0
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/initialisers.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::dense<5> dense{};
constexpr nn::dense<5> he{.weight_init = init::he_uniform{}, .bias_init = init::ones{}};
constexpr nn::conv2d<4, 3> conv{};
constexpr nn::conv2d<4, 3> lecun{.weight_init = init::lecun_uniform{}};

template <class Machine> double largest(Machine& m, std::string_view path) {
  double most = 0;
  for (const double x : m.values(path)) most = std::max(most, std::abs(x));
  return most;
}

TEST_CASE("a layer's weights lie inside the bound that its fans give, and fill it") {
  using d = fixtures::dense_bounds;
  using c = fixtures::conv2d_bounds;
  layer_machine<dense, shape<1, 7>, false> a;
  CHECK(largest(a, "dense/weight") <= d::glorot_uniform_limit);
  CHECK(largest(a, "dense/weight") > 0.85 * d::glorot_uniform_limit);
  CHECK(largest(a, "dense/bias") == 0);
  layer_machine<he, shape<1, 7>, false> b;
  CHECK(largest(b, "dense/weight") <= d::he_uniform_limit);
  CHECK(largest(b, "dense/weight") > 0.85 * d::he_uniform_limit);
  CHECK(largest(b, "dense/bias") == 1);
  layer_machine<conv, shape<1, 5, 5, 2>, false> e;
  CHECK(largest(e, "conv2d/weight") <= c::glorot_uniform_limit);
  CHECK(largest(e, "conv2d/weight") > 0.9 * c::glorot_uniform_limit);
  layer_machine<lecun, shape<1, 5, 5, 2>, false> f;
  CHECK(largest(f, "conv2d/weight") <= c::lecun_uniform_limit);
  CHECK(largest(f, "conv2d/weight") > 0.9 * c::lecun_uniform_limit);
}

constexpr auto pair = nn::sequential(nn::dense<7>{}, nn::dense<7>{});

TEST_CASE("layers of one shape get different weights") {
  layer_machine<pair, shape<1, 7>, false> m;
  const auto first = m.values("dense/weight"), second = m.values("dense_1/weight");
  CHECK(!std::equal(first.begin(), first.end(), second.begin()));
}

}  // namespace
