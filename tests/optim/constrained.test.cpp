// SPDX-License-Identifier: Apache-2.0
// What is done to parameters beside the step: decay, constraints, penalties, by their paths.
#include <tfx/loss.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>

#include "../fixtures/optimizers.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using start = fixtures::optimizer_start;

/// Two parameters, a and b, whose gradient is given.
template <const auto& Optimizer, class Shape> struct step_of_two {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    const var<Shape> gradient{testing::detail::take(b, Shape::value, dtype::real_type)};
    minimize(sum(param<Shape>(gradient, "a") * gradient) + sum(param<Shape>(gradient, "b") * gradient), Optimizer);
  }
};

template <const auto& Optimizer, const auto& Plain, class Case, class Shape> void check_beside_plain() {
  machine<step_of_two<Optimizer, Shape>, interpreted, double> m;
  machine<step_of_two<Plain, Shape>, interpreted, double> plain;
  const auto now = [](auto& from, std::string_view path) { return numbers_of(from.numbers_present(from.leaf(path))); };
  INFO(std::string(Case::name));
  for (const char* path : {"a", "b"}) m.put(m.leaf(path), numbers_of(start::start)), plain.put(plain.leaf(path), numbers_of(start::start));
  for (std::size_t k = 0; k < 5; ++k) {
    CAPTURE(k);
    const numbers gradient(start::gradients.begin() + 6 * k, start::gradients.begin() + 6 * (k + 1));
    m.put(m.leaf(inputs_space, 0), gradient);
    plain.put(plain.leaf(inputs_space, 0), gradient);
    m.run();
    plain.run();
    CHECK(difference(now(m, "a"), numbers(Case::after.begin() + 6 * k, Case::after.begin() + 6 * (k + 1))) <= 1e-10);
    CHECK(now(m, "b") == now(plain, "b"));   // which the pattern does not name
  }
}

constexpr double rate = start::learning_rate;
constexpr optim::sgd sgd{.learning_rate = rate};
constexpr optim::adam adam{.learning_rate = rate};
constexpr optim::lion lion{.learning_rate = rate};
constexpr auto adam_decayed = optim::decayed(adam, 0.0625, "a");
constexpr auto lion_decayed = optim::decayed(lion, 0.0625, "a");

TEST_CASE("decoupled decay, of the parameters that a pattern names") {
  check_beside_plain<adam_decayed, adam, fixtures::adam_decayed, shape<6>>();
  check_beside_plain<lion_decayed, lion, fixtures::lion_decayed, shape<6>>();
}

constexpr auto non_neg = optim::constrained(sgd, constraint::non_neg{.on = "a"});
constexpr auto unit_norm = optim::constrained(sgd, constraint::unit_norm{.on = "a"});
constexpr auto unit_norm_of_rows = optim::constrained(sgd, constraint::unit_norm{.on = "a", .axes = {2u}});
constexpr auto max_norm = optim::constrained(sgd, constraint::max_norm{.most = 1.25, .on = "a"});
constexpr auto min_max_norm = optim::constrained(sgd, constraint::min_max_norm{.least = 1, .most = 1.25, .share = 0.75, .on = "a"});

TEST_CASE("constraints, on the parameters that a pattern names") {
  check_beside_plain<non_neg, sgd, fixtures::sgd_non_neg, shape<6>>();
  check_beside_plain<unit_norm, sgd, fixtures::sgd_unit_norm, shape<6>>();
  check_beside_plain<unit_norm_of_rows, sgd, fixtures::sgd_unit_norm_of_rows, shape<3, 2>>();
  check_beside_plain<max_norm, sgd, fixtures::sgd_max_norm, shape<3, 2>>();
  check_beside_plain<min_max_norm, sgd, fixtures::sgd_min_max_norm, shape<3, 2>>();
}

constexpr auto accumulated = optim::accumulate<2>(optim::constrained(optim::decayed(sgd, 0.0625), constraint::non_neg{}));
TEST_CASE("inside of others: nothing shrinks and nothing is held between updates") {
  machine<step_of_two<accumulated, shape<6>>, interpreted, double> m;
  for (const char* path : {"a", "b"}) m.put(m.leaf(path), numbers_of(start::start));
  m.put(m.leaf(inputs_space, 0), numbers(6, 0.5));
  m.run();
  CHECK(numbers_of(m.numbers_present(m.leaf("a"))) == numbers_of(start::start));
  m.run();
  numbers expected = numbers_of(start::start);
  for (double& p : expected) p = std::max(p - p * rate * 0.0625 - rate * 0.5, 0.0);
  CHECK(difference(m.numbers_present(m.leaf("a")), expected) <= 1e-12);
}

TEST_CASE("penalties") {
  using p = fixtures::penalties;
  const auto w = given<3, 2>(start::start, numerically);
  check(example("l1", [](auto x) { return 0.25 * sum(var<shape<3, 2>>{penalty::l1::of(x.h)}); }, p::l1, 1, w),
        example("l2", [](auto x) { return 0.25 * sum(var<shape<3, 2>>{penalty::l2::of(x.h)}); }, p::l2, 1, w),
        example("l1_l2", [](auto x) { return sum(var<shape<3, 2>>{penalty::l1_l2{0.25, 0.125}.of(x.h)}); }, p::l1_l2, 1, w),
        example("orthogonal rows", [](auto x) { return 0.25 * sum(var<shape<3, 3>>{penalty::orthogonal{}.of(x.h)}); }, p::orthogonal_rows, 1, w).with_floor(0x1p-4),
        example("orthogonal columns", [](auto x) { return 0.25 * sum(var<shape<2, 2>>{penalty::orthogonal{.columns = true}.of(x.h)}); }, p::orthogonal_columns, 1, w).with_floor(0x1p-4));
}

}  // namespace
