// SPDX-License-Identifier: Apache-2.0
#include <tfx/nn/layer.hpp>
#include <tfx/ops.hpp>
#include <tfx/optim.hpp>

#include "../fixtures/optimizers.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;
using start = fixtures::optimizer_start;

/// One parameter p whose gradient is given.
template <const auto& Optimizer, class Shape> struct optimizer_step {
  constexpr void operator()(builder& b) const {
    b.spaces = test_spaces;
    const var<Shape> gradient{testing::detail::take(b, Shape::value, dtype::real_type)};
    minimize(sum(param<Shape>(gradient, "p") * gradient), Optimizer);
  }
};

template <const auto& Optimizer, class Shape = shape<6>> struct optimizer_machine : machine<optimizer_step<Optimizer, Shape>, interpreted, double> {
  optimizer_machine() { this->put(this->leaf("p"), numbers_of(start::start)); }
  numbers step(const numbers& gradient) {
    this->put(this->leaf(inputs_space, 0), gradient);
    this->run();
    return memory("p");
  }
  numbers memory(std::string_view path) {
    const auto v = this->numbers_present(this->leaf(path));
    return numbers(v.begin(), v.end());
  }
};

numbers row(std::span<const double> all, std::size_t k) { return numbers_of(all.subspan(k * 6, 6)); }

template <class Machine> void check_steps(Machine& m, std::span<const double> after) {
  for (std::size_t k = 0; k < 5; ++k) {
    CAPTURE(k);
    CHECK(difference(m.step(row(start::gradients, k)), row(after, k)) <= 1e-10);
  }
}
#define CHECK_MEMORY(path, expected) CHECK(difference(m.memory(path), numbers_of(expected)) <= 1e-10)

constexpr double rate = start::learning_rate;
constexpr optim::sgd sgd{.learning_rate = rate};
constexpr optim::sgd momentum{.learning_rate = rate, .momentum = fixtures::sgd_momentum::momentum};
constexpr optim::sgd nesterov{.learning_rate = rate, .momentum = fixtures::sgd_nesterov::momentum, .nesterov = true};

TEST_CASE("stochastic gradient descent, with momentum, with Nesterov's") {
  {
    optimizer_machine<sgd> m;
    check_steps(m, fixtures::sgd::after);
  }
  {
    optimizer_machine<momentum> m;
    check_steps(m, fixtures::sgd_momentum::after);
    CHECK_MEMORY("p/sgd/velocity", fixtures::sgd_momentum::velocity);
  }
  {
    optimizer_machine<nesterov> m;
    check_steps(m, fixtures::sgd_nesterov::after);
    CHECK_MEMORY("p/sgd/velocity", fixtures::sgd_nesterov::velocity);
  }
}

constexpr optim::adam adam{.learning_rate = rate, .beta1 = fixtures::adam::beta_1, .beta2 = fixtures::adam::beta_2, .epsilon = fixtures::adam::epsilon};
constexpr optim::adam adam_epsilon{.learning_rate = rate, .beta1 = fixtures::adam_epsilon::beta_1, .beta2 = fixtures::adam_epsilon::beta_2, .epsilon = fixtures::adam_epsilon::epsilon};
constexpr optim::adam amsgrad{.learning_rate = rate, .beta1 = fixtures::amsgrad::beta_1, .beta2 = fixtures::amsgrad::beta_2, .epsilon = fixtures::amsgrad::epsilon, .amsgrad = true};
constexpr optim::adamw adamw{.learning_rate = rate, .weight_decay = fixtures::adamw::weight_decay, .beta1 = fixtures::adamw::beta_1, .beta2 = fixtures::adamw::beta_2, .epsilon = fixtures::adamw::epsilon};

TEST_CASE("Adam, its epsilon, its variants") {
  {
    optimizer_machine<adam> m;
    check_steps(m, fixtures::adam::after);
    CHECK_MEMORY("p/adam/m", fixtures::adam::m);
    CHECK_MEMORY("p/adam/v", fixtures::adam::v);
    CHECK_MEMORY("step", 5);
  }
  {
    optimizer_machine<adam_epsilon> m;
    check_steps(m, fixtures::adam_epsilon::after);
  }
  {
    optimizer_machine<amsgrad> m;
    check_steps(m, fixtures::amsgrad::after);
  }
  {
    optimizer_machine<adamw> m;
    check_steps(m, fixtures::adamw::after);
    CHECK_MEMORY("p/adamw/m", fixtures::adamw::m);
    CHECK_MEMORY("p/adamw/v", fixtures::adamw::v);
  }
}

constexpr optim::rmsprop rmsprop{.learning_rate = rate, .rho = fixtures::rmsprop::rho, .epsilon = fixtures::rmsprop::epsilon};
constexpr optim::adagrad adagrad{.learning_rate = rate, .initial_accumulator = fixtures::adagrad::initial_accumulator, .epsilon = fixtures::adagrad::epsilon};

TEST_CASE("RMSprop and Adagrad") {
  {
    optimizer_machine<rmsprop> m;
    check_steps(m, fixtures::rmsprop::after);
    CHECK_MEMORY("p/rmsprop/v", fixtures::rmsprop::v);
  }
  {
    optimizer_machine<adagrad> m;
    check_steps(m, fixtures::adagrad::after);
  }
}

constexpr optim::adadelta adadelta{.learning_rate = rate};
constexpr optim::adamax adamax{.learning_rate = rate};
constexpr optim::nadam nadam{.learning_rate = rate};
constexpr optim::lion lion{.learning_rate = rate};
constexpr optim::lamb lamb{.learning_rate = rate};
constexpr optim::ftrl ftrl{.learning_rate = rate};
constexpr optim::ftrl ftrl_regularised{.learning_rate = rate, .learning_rate_power = -0.75, .initial_accumulator = 0.25, .l1 = 0.5, .l2 = 0.125, .l2_shrinkage = 0.0625, .beta = 0.5};

template <const auto& Optimizer, class Case, class Shape = shape<6>> void check_all_steps() {
  optimizer_machine<Optimizer, Shape> m;
  INFO(std::string(Case::name));
  check_steps(m, Case::after);
}

TEST_CASE("the others of Keras") {
  check_all_steps<adadelta, fixtures::adadelta>();
  check_all_steps<adamax, fixtures::adamax>();
  check_all_steps<nadam, fixtures::nadam>();
  check_all_steps<lion, fixtures::lion>();
  check_all_steps<lamb, fixtures::lamb>();
  check_all_steps<ftrl, fixtures::ftrl>();
  check_all_steps<ftrl_regularised, fixtures::ftrl_regularised>();
}

}  // namespace
