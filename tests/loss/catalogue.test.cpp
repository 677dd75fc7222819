// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Every loss beside Keras's: value and gradient, with weights, a mask and both, and its second derivative.
#include <tfx/loss.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/losses.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <class F> struct masked {
  constexpr auto operator()(auto y, auto t, auto w) const { return F{}(y, t, w > 0); }
};
template <class F> struct weighted_and_masked {
  constexpr auto operator()(auto y, auto t, auto w) const { return F{}(y, t, w, w > 0); }
};
/// sum(v * gradient): its gradient is checked against central differences of the first derivative.
template <class F> struct second {
  constexpr auto operator()(auto y, auto t, auto v) const { return sum(gradient_of(F{}(y, t), 1 + 0 * sum(v), y) * v); }
};

template <class Case, class F> void check_loss(F f, double floor = 0x1p-8) {
  const auto y = given<5, 4>(Case::y, numerically);
  const auto t = testing::detail::given_as(std::get<1>(Case::inputs()));
  const auto w = given<5>(fixtures::loss_weights::weight, numerically);
  const auto mask = given<5>(fixtures::loss_weights::weight);
  numbers direction(20);
  for (std::size_t i = 0; i < 20; ++i) direction[i] = 1 + 0.25 * double(i * 7 % 5);
  const auto v = given<5, 4>(direction, numerically);
  INFO(std::string(Case::name));
  check(example<Case>(f).with_floor(floor), example("weighted", f, Case::weighted, 1, y, t, w).with_floor(floor),
        example("masked", masked<F>{}, Case::masked, 1, y, t, mask).with_floor(floor),
        example("both", weighted_and_masked<F>{}, Case::both, 1, y, t, mask).with_floor(floor),
        example("second derivative", second<F>{}, y, t, v).with_floor(floor));
}

TEST_CASE("of numbers") {
  check_loss<fixtures::mean_squared_error_of_rows>([](auto... a) { return loss::mean_squared_error{}(a...); });
  check_loss<fixtures::mean_absolute_error_of_rows>([](auto... a) { return loss::mean_absolute_error{}(a...); });
  check_loss<fixtures::huber_of_2>([](auto... a) { return loss::huber{.delta = 2}(a...); });
  check_loss<fixtures::log_cosh>([](auto... a) { return loss::log_cosh{}(a...); });
  check_loss<fixtures::mean_absolute_percentage_error>([](auto... a) { return loss::mean_absolute_percentage_error{}(a...); });
  check_loss<fixtures::mean_squared_logarithmic_error>([](auto... a) { return loss::mean_squared_logarithmic_error{}(a...); });
  check_loss<fixtures::quantile>([](auto... a) { return loss::quantile{.q = 0.9}(a...); });
  check_loss<fixtures::poisson>([](auto... a) { return loss::poisson{}(a...); });
}
TEST_CASE("of margins") {
  check_loss<fixtures::hinge>([](auto... a) { return loss::hinge{}(a...); });
  check_loss<fixtures::hinge_of_bits>([](auto... a) { return loss::hinge{}(a...); });
  check_loss<fixtures::squared_hinge>([](auto... a) { return loss::squared_hinge{}(a...); });
  check_loss<fixtures::categorical_hinge>([](auto... a) { return loss::categorical_hinge{}(a...); });
}
TEST_CASE("of rows and examples as a whole") {
  check_loss<fixtures::cosine_similarity>([](auto... a) { return loss::cosine_similarity{}(a...); });
  check_loss<fixtures::kl_divergence>([](auto... a) { return loss::kl_divergence{}(a...); });
  check_loss<fixtures::dice>([](auto... a) { return loss::dice{}(a...); });
  check_loss<fixtures::tversky>([](auto... a) { return loss::tversky{.alpha = 0.3, .beta = 0.7}(a...); });
}
TEST_CASE("of two classes") {
  check_loss<fixtures::binary_cross_entropy_of_rows>([](auto... a) { return loss::binary_cross_entropy{}(a...); });
  check_loss<fixtures::binary_cross_entropy_smoothed>([](auto... a) { return loss::binary_cross_entropy{.label_smoothing = 0.2}(a...); });
  check_loss<fixtures::binary_focal_cross_entropy>([](auto... a) { return loss::binary_focal_cross_entropy{}(a...); });
  check_loss<fixtures::binary_focal_cross_entropy_balanced>(
      [](auto... a) { return loss::binary_focal_cross_entropy{.gamma = 1.5, .alpha = 0.4, .class_balancing = true, .label_smoothing = 0.2}(a...); });
}
TEST_CASE("of several classes") {
  check_loss<fixtures::categorical_cross_entropy_of_rows>([](auto... a) { return loss::softmax_cross_entropy_dense{}(a...); });
  check_loss<fixtures::categorical_cross_entropy_smoothed>([](auto... a) { return loss::softmax_cross_entropy_dense{.label_smoothing = 0.2}(a...); });
  check_loss<fixtures::sparse_categorical_cross_entropy_of_rows>([](auto... a) { return loss::softmax_cross_entropy{}(a...); });
  check_loss<fixtures::categorical_focal_cross_entropy>([](auto... a) { return loss::categorical_focal_cross_entropy{}(a...); });
  check_loss<fixtures::categorical_focal_cross_entropy_smoothed>(
      [](auto... a) { return loss::categorical_focal_cross_entropy{.gamma = 1.5, .alpha = 0.4, .label_smoothing = 0.2}(a...); });
  check_loss<fixtures::categorical_generalized_cross_entropy>([](auto... a) { return loss::categorical_generalized_cross_entropy{.q = 0.7}(a...); });
}

TEST_CASE("far away, at 0, and where nothing is") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const auto log_cosh = [](auto y, auto t) { return loss::log_cosh{}(y, t); };
  const auto focal = [](auto y, auto t) { return loss::binary_focal_cross_entropy{}(y, t); };
  const auto categorical = [](auto y, auto t) { return loss::categorical_focal_cross_entropy{}(y, t); };
  const auto kl = [](auto y, auto t) { return loss::kl_divergence{}(y, t); };
  check(example("log_cosh near 0", log_cosh, 5e-19, 1, given<1>(numbers{1e-9}, numbers{1e-9}), given<1>(numbers{0})).without_differences(),
        example("log_cosh far away", log_cosh, infinity, 1, given<2>(numbers{infinity, -1e30}, numbers{0.5, -0.5}), given<2>(numbers{0, 0})).without_differences(),
        example("focal, right", focal, 0, 1, given<2>(numbers{1000, -1000}, numbers{0, 0}), given<2>(numbers{1, 0})).without_differences(),
        example("focal, wrong", focal, 1000, 1, given<2>(numbers{1000, -1000}, numbers{0.5, -0.5}), given<2>(numbers{0, 1})).without_differences(),
        example("categorical focal, right", categorical, 0, 1, given<1, 2>(numbers{1000, 0}, numbers{0, 0}), given<1, 2>(numbers{1, 0})).without_differences(),
        example("categorical focal, wrong", categorical, 250, 1, given<1, 2>(numbers{0, 1000}, numbers{-0.25, 0.25}), given<1, 2>(numbers{1, 0})).without_differences(),
        example("generalized, wrong", [](auto y, auto t) { return loss::categorical_generalized_cross_entropy{}(y, t); }, 2, 1,
                given<1, 2>(numbers{0, 1000}, numbers{0, 0}), given_integers<1>(numbers{0})).without_differences(),
        example("what has no probability", kl, 0, 1, given<1, 2>(numbers{0, 1}, numbers{0, -1}), given<1, 2>(numbers{0, 1})).without_differences(),
        example("what was thought to be impossible", kl, infinity, 1, given<1, 2>(numbers{1, 0}), given<1, 2>(numbers{0.5, 0.5})),
        example("no angle", [](auto y, auto t) { return loss::cosine_similarity{}(y, t); }, 0, 1, given<1, 2>(numbers{0, 0}, numbers{-0.6e7, -0.8e7}),
                given<1, 2>(numbers{3, 4})).without_differences(),
        example("hinge, beyond", [](auto y, auto t) { return loss::hinge{}(y, t); }, 0, 1, given<2>(numbers{infinity, -infinity}, numbers{0, 0}), given<2>(numbers{1, -1})).without_differences(),
        example("poisson of nothing", [](auto y, auto t) { return loss::poisson{}(y, t); }, 0, 1, given<1>(numbers{0}, numbers{1}), given<1>(numbers{0})).without_differences(),
        example("dice of nothing", [](auto y, auto t) { return loss::dice{}(y, t); }, 1, 1, given<1, 2>(numbers{0, 0}, numbers{0, 0}), given<1, 2>(numbers{0, 0})).without_differences());
}

}  // namespace
