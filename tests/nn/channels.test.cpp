// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <array>
#include <stdexcept>

#include <tfx/nn.hpp>
#include <tfx/nn/adapt.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/channels.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::rms_norm rms_norm{};
constexpr nn::group_norm<3> group_norm{};
constexpr nn::group_norm<2> group_norm_image{};
constexpr nn::prelu<> prelu{};
constexpr nn::prelu<1, 2> prelu_image{};
constexpr nn::rescaling bytes{.scale = 1 / 127.5, .offset = -1};
constexpr nn::normalization normalization{};

TEST_CASE("normalisation by the root of the mean square") { check_layer<rms_norm, fixtures::rms_norm>("rms_norm/scale"); }

TEST_CASE("normalisation over groups of channels") {
  check_layer<group_norm, fixtures::group_norm>("group_norm/scale group_norm/shift");
  check_layer<group_norm_image, fixtures::group_norm_image>("group_norm/scale group_norm/shift");
  check_backends<layer_step<group_norm_image, shape<-3, 5, 3, 4>, true>>(2);
}

TEST_CASE("rectifiers with slopes that are learned") {
  check_layer<prelu, fixtures::prelu>("prelu/slope");
  check_layer<prelu_image, fixtures::prelu_image>("prelu/slope");
}

TEST_CASE("rescaling of bytes") { check_layer<bytes, fixtures::rescaling>(); }

/// What `adapt` asks of a model.
struct normalized {
  std::vector<double> mean = numbers(3), variance = numbers(3, 1);
  template <class F> void for_each_variable(F f) {
    f(std::string_view("normalization/mean"), dims{1, {3}, false}, mean.data());
    f(std::string_view("normalization/variance"), dims{1, {3}, false}, variance.data());
  }
};

TEST_CASE("normalisation adapted to data") {
  using f = fixtures::normalization;
  normalized model;
  std::vector<std::array<double, 6>> rows(5);
  for (std::size_t i = 0; i < 30; ++i) rows[i / 6][i % 6] = f::data[i];
  adapt(model, "normalization", rows);
  CHECK(difference(model.mean, numbers_of(f::mean)) <= 1e-14);
  CHECK(difference(model.variance, numbers_of(f::variance)) <= 1e-14);
  layer_machine<normalization, shape<-7, 2, 3>> m;
  m.state.batch = 2;
  m.set("normalization/mean", model.mean).set("normalization/variance", model.variance);
  m.on(f::x, f::cotangent);
  CHECK_CLOSE(m.value(), f::out);
  CHECK_CLOSE(m.d_x(), f::d_x);
  CHECK_CLOSE(m.values("normalization/mean"), f::mean);
}

TEST_CASE("adapt says what does not fit") {
  normalized model;
  const std::vector<std::array<double, 4>> rows(2);
  CHECK_THROWS_WITH(adapt(model, "normalization", rows), "adapt: an example has 4 numbers, normalization has 3 channels");
  CHECK_THROWS_WITH(adapt(model, "norm", rows), "adapt: there is no normalization layer called norm");
  CHECK_THROWS_WITH(adapt(model, "normalization", std::vector<std::array<double, 3>>{}), "adapt: there are no examples");
}

}  // namespace
