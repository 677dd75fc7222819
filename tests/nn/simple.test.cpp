// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <numeric>

#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/simple.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <class Layer> constexpr Layer one{};
constexpr nn::celu celu{0.5};
constexpr nn::elu elu{0.5};
constexpr nn::squareplus squareplus{3};
constexpr nn::soft_shrink soft_shrink{0.78125};
constexpr nn::hard_shrink hard_shrink{0.78125};
constexpr nn::threshold threshold{0.78125, -1};

TEST_CASE("activations as layers") {
  check_layer<one<nn::relu6>, fixtures::layer_relu6>();
  check_layer<one<nn::hard_sigmoid>, fixtures::layer_hard_sigmoid>();
  check_layer<one<nn::hard_silu>, fixtures::layer_hard_silu>();
  check_layer<one<nn::hard_tanh>, fixtures::layer_hard_tanh>();
  check_layer<one<nn::log_sigmoid>, fixtures::layer_log_sigmoid>();
  check_layer<one<nn::exponential>, fixtures::layer_exponential>();
  check_layer<one<nn::tanh_shrink>, fixtures::layer_tanh_shrink>();
  check_layer<one<nn::mish>, fixtures::layer_mish>();
  check_layer<one<nn::softsign>, fixtures::layer_softsign>();
  check_layer<celu, fixtures::layer_celu>();
  check_layer<elu, fixtures::layer_elu_half>();
  check_layer<squareplus, fixtures::layer_squareplus>();
  check_layer<soft_shrink, fixtures::layer_soft_shrink>();
  check_layer<hard_shrink, fixtures::layer_hard_shrink>();
  check_layer<threshold, fixtures::layer_threshold>();
  check_layer<one<nn::glu<>>, fixtures::layer_glu>();
  check_layer<one<nn::log_softmax<>>, fixtures::layer_log_softmax_last>();
}

constexpr nn::layer_norm layer_norm{.scale = false, .shift = false};
constexpr nn::group_norm<2> group_norm{.scale = false, .shift = false};
constexpr nn::batch_norm batch_norm{.scale = false}, no_shift{.shift = false};

TEST_CASE("normalisations without parameters") {
  check_layer<one<nn::unit_norm>, fixtures::layer_unit_norm>();
  check_layer<layer_norm, fixtures::layer_layer_norm_plain>();
  check_layer<group_norm, fixtures::layer_group_norm_plain>();
  CHECK(layer_machine<batch_norm, shape<3, 2>>().paths() == "batch_norm/shift");
  CHECK(layer_machine<no_shift, shape<3, 2>>().paths() == "batch_norm/scale");
}

TEST_CASE("several values made one") {
  check_layer<one<nn::add>, fixtures::merging_add>();
  check_layer<one<nn::subtract>, fixtures::merging_subtract>();
  check_layer<one<nn::multiply>, fixtures::merging_multiply>();
  check_layer<one<nn::average>, fixtures::merging_average>();
  check_layer<one<nn::maximum>, fixtures::merging_maximum>();
  check_layer<one<nn::minimum>, fixtures::merging_minimum>();
  check_layer<one<nn::concatenate<>>, fixtures::merging_concatenate>();
  check_layer<one<nn::concatenate<1>>, fixtures::merging_concatenate_steps>();
  check_layer<one<nn::dot>, fixtures::merging_dot>();
}

constexpr nn::dot cosine{.normalize = true};
TEST_CASE("the cosine of an angle") { check_layer<cosine, fixtures::merging_cosine>(); }

template <const auto& Layer, class S, class Out> void check_layer_of_numbers(const numbers& x, const Out& out) {
  layer_machine<Layer, S> m;
  const numbers expected = numbers_of(out);
  m.on(x, numbers(expected.size(), 1));
  CHECK(numbers(m.value().begin(), m.value().end()) == expected);
}
constexpr auto integers = [](auto x) { return cast<std::int32_t>(x); };
constexpr auto counts = nn::sequential(integers, nn::category_encoding<5, encoding::count>{});
constexpr auto multi_hot = nn::sequential(integers, nn::category_encoding<5>{});
constexpr auto one_hot = nn::sequential(integers, nn::one_hot<3>{});
constexpr auto intervals = nn::sequential(nn::discretization{{-1, 0.5, 2}}, [](auto x) { return cast<real>(x); });

TEST_CASE("categories") {
  check_layer_of_numbers<counts, shape<3, 4>>(numbers_of(fixtures::encoding_count::tokens), fixtures::encoding_count::out);
  check_layer_of_numbers<multi_hot, shape<3, 4>>(numbers_of(fixtures::encoding_multi_hot::tokens), fixtures::encoding_multi_hot::out);
  check_layer_of_numbers<one_hot, shape<2>>(numbers{2, 0}, numbers{0, 0, 1, 1, 0, 0});
  check_layer_of_numbers<intervals, shape<3, 4>>(numbers_of(fixtures::discretization::x), fixtures::discretization::out);
}

// ---- noise

constexpr nn::spatial_dropout spatial{.rate = 0.25};
constexpr nn::gaussian_noise noise{.deviation = 0.5};
constexpr nn::gaussian_dropout gaussian{.rate = 0.2};
constexpr nn::alpha_dropout alpha{.rate = 0.3};

double mean_of(std::span<const double> x) { return std::accumulate(x.begin(), x.end(), 0.0) / double(x.size()); }
double variance_of(std::span<const double> x) {
  const double mean = mean_of(x);
  double sum = 0;
  for (const double v : x) sum += (v - mean) * (v - mean);
  return sum / double(x.size());
}

TEST_CASE("spatial dropout drops whole channels") {
  layer_machine<spatial, shape<40, 3, 2, 10>> m;
  m.on(numbers(2400, 1), numbers(2400, 1));
  int dropped = 0;
  for (std::size_t n = 0; n < 40; ++n)
    for (std::size_t c = 0; c < 10; ++c) {
      const double first = m.value()[n * 60 + c];
      CHECK((first == 0 || first == 1 / 0.75));
      dropped += first == 0;
      for (std::size_t p = 0; p < 6; ++p) CHECK((m.value()[n * 60 + p * 10 + c] == first && m.d_x()[n * 60 + p * 10 + c] == first));
    }
  CHECK(std::abs(dropped - 100) < 4 * std::sqrt(400 * 0.25 * 0.75));
}

TEST_CASE("noise has the deviation that was asked for, and the same backwards") {
  constexpr std::size_t n = 20000;
  layer_machine<noise, shape<20, 1000>> a;
  a.on(numbers(n, 3), numbers(n, 1));
  CHECK(std::abs(mean_of(a.value()) - 3) < 4 * 0.5 / std::sqrt(double(n)));
  CHECK(variance_of(a.value()) == doctest::Approx(0.25).epsilon(0.04));
  CHECK_CLOSE(a.d_x(), numbers(n, 1));
  layer_machine<gaussian, shape<20, 1000>> b;
  b.on(numbers(n, 3), numbers(n, 3));
  CHECK(std::abs(mean_of(b.value()) - 3) < 4 * 1.5 / std::sqrt(double(n)));
  CHECK(variance_of(b.value()) == doctest::Approx(9 * 0.25).epsilon(0.04));
  CHECK(std::equal(b.value().begin(), b.value().end(), b.d_x().begin()));
}

TEST_CASE("alpha dropout keeps mean and variance") {
  constexpr std::size_t n = 20000;
  numbers x;
  for (std::size_t i = 0; i < n; ++i) x.push_back(lanes::math::normal_quantile((double(i * 7919 % n) + 0.5) / double(n)));
  layer_machine<alpha, shape<20, 1000>> m;
  m.on(x, numbers(n, 1));
  CHECK(std::abs(mean_of(m.value())) < 0.04);
  CHECK(variance_of(m.value()) == doctest::Approx(1).epsilon(0.05));
  const double least = -1.6732632423543772 * 1.0507009873554805, a = 1 / std::sqrt(0.7 * (1 + 0.3 * least * least));
  std::size_t dropped = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool kept = m.d_x()[i] != 0;
    dropped += !kept;
    if (std::abs(m.value()[i] - (a * (kept ? x[i] : least) - a * least * 0.3)) > 1e-14) FAIL_CHECK("element " << i);
  }
  CHECK(std::abs(double(dropped) - 0.3 * n) < 4 * std::sqrt(n * 0.3 * 0.7));
}

constexpr auto all_of_them = nn::sequential(spatial, noise, gaussian, alpha);
TEST_CASE("in use noise does nothing; it has the same bits on every backend") {
  layer_machine<all_of_them, shape<2, 3>, false> m;
  m.on(numbers{1, 2, 3, 4, 5, 6}, numbers(6, 1));
  CHECK_CLOSE(m.value(), (numbers{1, 2, 3, 4, 5, 6}));
  check_backends<layer_step<all_of_them, shape<-3, 4, 5>, true>>(2);
}

}  // namespace
