// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/layers.hpp"
#include "../support/layer.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::batch_norm batch_norm{.momentum = fixtures::batch_norm::momentum, .epsilon = fixtures::batch_norm::epsilon};
constexpr nn::layer_norm layer_norm{.epsilon = fixtures::layer_norm::epsilon};
constexpr nn::layer_norm layer_norm_small{.epsilon = fixtures::layer_norm_sequence::epsilon};
static_assert(fixtures::batch_norm::momentum == fixtures::batch_norm_image::momentum);

numbers row(std::span<const double> all, std::size_t k) { return numbers_of(all.subspan(k * all.size() / 3, all.size() / 3)); }

template <class Fixture, class Machine> void check_norm(Machine& m, std::string name) {
  m.set(name + "/scale", Fixture::scale).set(name + "/shift", Fixture::offset).on(Fixture::x, Fixture::cotangent);
  CHECK_CLOSE(m.value(), Fixture::out);
  CHECK_CLOSE(m.d_x(), Fixture::d_x);
  CHECK_CLOSE(m.gradient(name + "/scale"), Fixture::d_scale);
  CHECK_CLOSE(m.gradient(name + "/shift"), Fixture::d_offset);
}

TEST_CASE("batch normalisation while training: the statistics of the batch, and the running ones after three") {
  using f = fixtures::batch_norm;
  layer_machine<batch_norm, shape<-9, 3>> m;
  m.state.batch = 6;
  CHECK(m.paths() == "batch_norm/scale batch_norm/shift");
  CHECK(m.paths(state_space) == "batch_norm/mean batch_norm/variance");
  check_norm<fixtures::batch_norm>(m, "batch_norm");
  CHECK_CLOSE(m.values("batch_norm/mean"), row(f::running_mean, 0));
  CHECK_CLOSE(m.values("batch_norm/variance"), row(f::running_variance, 0));
  m.on(f::second_batch, f::cotangent);
  CHECK_CLOSE(m.values("batch_norm/mean"), row(f::running_mean, 1));
  CHECK_CLOSE(m.values("batch_norm/variance"), row(f::running_variance, 1));
  m.on(f::third_batch, f::cotangent);
  CHECK_CLOSE(m.values("batch_norm/mean"), row(f::running_mean, 2));
  CHECK_CLOSE(m.values("batch_norm/variance"), row(f::running_variance, 2));
}

TEST_CASE("batch normalisation of images") {
  using f = fixtures::batch_norm_image;
  layer_machine<batch_norm, shape<-4, 2, 3, 2>> m;
  m.state.batch = 3;
  check_norm<fixtures::batch_norm_image>(m, "batch_norm");
  m.on(f::second_batch, f::cotangent).on(f::third_batch, f::cotangent);
  CHECK_CLOSE(m.values("batch_norm/mean"), row(f::running_mean, 2));
  CHECK_CLOSE(m.values("batch_norm/variance"), row(f::running_variance, 2));
}

TEST_CASE("batch normalisation in use: the running statistics, which stay") {
  using f = fixtures::batch_norm_inference;
  using g = fixtures::batch_norm_image_inference;
  layer_machine<batch_norm, shape<6, 3>, false> m;
  m.set("batch_norm/mean", f::running_mean).set("batch_norm/variance", f::running_variance);
  check_norm<fixtures::batch_norm_inference>(m, "batch_norm");
  CHECK_CLOSE(m.values("batch_norm/mean"), f::running_mean);
  layer_machine<batch_norm, shape<3, 2, 3, 2>, false> images;
  images.set("batch_norm/mean", g::running_mean).set("batch_norm/variance", g::running_variance);
  check_norm<fixtures::batch_norm_image_inference>(images, "batch_norm");
}

TEST_CASE("layer normalisation") {
  layer_machine<layer_norm, shape<3, 6>> m;
  CHECK(m.paths() == "layer_norm/scale layer_norm/shift");
  check_norm<fixtures::layer_norm>(m, "layer_norm");
  layer_machine<layer_norm_small, shape<-4, 3, 4>> sequence;
  sequence.state.batch = 2;
  check_norm<fixtures::layer_norm_sequence>(sequence, "layer_norm");
}

TEST_CASE("an offset is taken off without a rest") {
  // 0, 2, 4, 0, 2, 4 ... beside 2^50, whose sum is rounded: the variance is 8 / 3.
  numbers x(63), out(63);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = 0x1p50 + 2.0 * double(i % 3);
    out[i] = (2.0 * double(i % 3) - 2) / std::sqrt(8.0 / 3 + layer_norm.epsilon);
  }
  layer_machine<layer_norm, shape<1, 63>> rows;
  rows.on(x, numbers(63, 1));
  CHECK_CLOSE(rows.value(), out);
  layer_machine<batch_norm, shape<63, 1>> columns;
  columns.on(x, numbers(63, 1));
  for (std::size_t i = 0; i < x.size(); ++i) out[i] = (2.0 * double(i % 3) - 2) / std::sqrt(8.0 / 3 + batch_norm.epsilon);
  CHECK_CLOSE(columns.value(), out);
}

}  // namespace
