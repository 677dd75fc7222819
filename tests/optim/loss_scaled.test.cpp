// SPDX-License-Identifier: Apache-2.0
#include <tfx/optim.hpp>

#include <doctest/doctest.h>

#include "../support/machine.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr auto scaled = optim::loss_scaled(optim::adam{.learning_rate = 0.1}, 1024, 3);

/// The sum of p times an input: the gradient is the input.
template <const auto& Optimizer> void record_step(builder& b) {
  scope top(b);
  const handle x = b.add_input(dims{1, {4}, false}, dtype::real_type, "x");
  const handle p = b.read(b.leaf(parameter_space, dims{1, {4}, false}, dtype::real_type, "p", init::ones{}, false));
  const var<shape<>> loss{reshape(sum_axes(p * x, 1u), dims{})};
  b.add_output(loss.h);
  minimize(loss, Optimizer);
  b.finish();
}
constexpr auto plain = optim::adam{.learning_rate = 0.1};

TEST_CASE("a scale that is a power of two changes no bit, grows after good steps and is halved after one that is left out") {
  recorded_machine<float> a(&record_step<plain>), b(&record_step<scaled>);
  auto step = [](recorded_machine<float>& m, float x) {
    m.put(m.leaf(first_io_space, 0), std::vector<float>{x, 2 * x, -x, 0.5f});
    m.run();
    const auto p = m.values("p");
    return std::vector<float>(p.begin(), p.end());
  };
  const auto scale = [&] { return b.values("loss_scale")[0]; };
  const auto count = [&] { return b.numbers_present(b.leaf("step"))[0]; };
  for (int i = 0; i < 2; ++i) CHECK(step(a, 0.3f) == step(b, 0.3f));
  CHECK(scale() == 1024);
  CHECK(step(a, -1) == step(b, -1));
  CHECK(scale() == 2048);
  CHECK(count() == 3);

  const std::vector<float> before = step(a, 0.1f);
  CHECK(step(b, 0.1f) == before);
  for (const float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN(), 1e38f}) {   // the last one overflows
    const float was = scale();
    CHECK(step(b, bad) == before);
    CHECK(scale() == was / 2);
    CHECK(count() == 4);
  }
  CHECK(step(a, 0.2f) == step(b, 0.2f));
  CHECK(count() == 5);
}

}  // namespace
