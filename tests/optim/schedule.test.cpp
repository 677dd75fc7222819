// SPDX-License-Identifier: Apache-2.0
#include <tfx/ops.hpp>
#include <tfx/optim/rate.hpp>
#include <tfx/optim/schedule.hpp>

#include "../fixtures/schedules.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// A rate at the updates 1, 2, ... , as an optimizer asks for it.
template <const auto& Rate> constexpr auto rates = [](auto steps) {
  constexpr int n = decltype(steps)::dim.extent[0];
  builder& g = *steps.h.graph;
  const auto all = scan([&](auto carry, auto step) { return bundle(carry, var<shape<>>{optim::rate(Rate).at(g, step.h)}); }, var<shape<>>{g.constant(0)}, steps);
  return var<shape<n>>{all.second.h};
};
numbers steps() {
  numbers all(24);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = double(i + 1);
  return all;
}
template <const auto& Rate, class Case> void check_rate() {
  check(example(Case::name, rates<Rate>, numbers_of(Case::rate), numbers{}, given<24>(steps())));
}

constexpr optim::exponential_decay exponential{.initial = 0.5, .steps = 8, .rate = 0.75};
constexpr auto in_stairs = optim::stairs(exponential, 8);
constexpr optim::inverse_time_decay inverse{.initial = 0.5, .steps = 8, .rate = 2};
constexpr optim::polynomial_decay polynomial{.initial = 0.5, .steps = 16, .end = 0.125, .power = 2};
constexpr optim::piecewise_constant<2> piecewise{.until = {4, 9}, .values = {0.5, 0.25, 0.125}};
constexpr optim::cosine_decay cosine{.initial = 0.5, .steps = 16, .alpha = 0.25};
constexpr auto cosine_warm = optim::warm_up(optim::cosine_decay{.initial = 0.5, .steps = 16}, 5, 0.125);
constexpr optim::cosine_decay_restarts restarts{.initial = 0.5, .steps = 5, .m_mul = 0.5, .alpha = 0.125};
constexpr optim::cosine_decay_restarts equal_restarts{.initial = 0.5, .steps = 6, .t_mul = 1, .m_mul = 0.75};
constexpr optim::one_cycle cycle{.highest = 0.5, .steps = 24, .warm_share = 0.25, .divisor = 10, .final_divisor = 100};

TEST_CASE("learning rates by name, as Keras and PyTorch have them") {
  check_rate<exponential, fixtures::exponential_decay>();
  check_rate<in_stairs, fixtures::exponential_stairs>();
  check_rate<inverse, fixtures::inverse_time_decay>();
  check_rate<polynomial, fixtures::polynomial_decay>();
  check_rate<piecewise, fixtures::piecewise_constant>();
  check_rate<cosine, fixtures::cosine_decay>();
  check_rate<cosine_warm, fixtures::cosine_warm>();
  check_rate<restarts, fixtures::cosine_restarts>();
  check_rate<equal_restarts, fixtures::cosine_restarts_equal>();
  check_rate<cycle, fixtures::one_cycle>();
}

}  // namespace
