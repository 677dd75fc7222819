// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/images.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <interpolation Between, border Beyond> struct affine_layer {
  double fill = 0;
  constexpr auto operator()(auto x, auto t) const { return affine_transform<Between, Beyond>(x, t, fill); }
};
constexpr affine_layer<bilinear, border::constant> affine_constant{0.5};
constexpr affine_layer<bilinear, border::reflect> affine_reflect{};
constexpr affine_layer<bilinear, border::edge> affine_edge{};
constexpr affine_layer<bilinear, border::wrap> affine_wrap{};
constexpr affine_layer<nearest, border::constant> affine_nearest{-1};
constexpr nn::resizing<7, 6> larger{};
constexpr nn::resizing<3, 2> smaller{};
constexpr nn::resizing<3, 9, nearest> nearest_pixels{};
constexpr nn::center_crop<2, 3> center_crop{};

TEST_CASE("images turned, moved and stretched") {
  check_layer<affine_constant, fixtures::affine_constant>();
  check_layer<affine_reflect, fixtures::affine_reflect>();
  check_layer<affine_edge, fixtures::affine_edge>();
  check_layer<affine_wrap, fixtures::affine_wrap>();
  check_layer<affine_nearest, fixtures::affine_nearest>();
}

TEST_CASE("images of another size") {
  check_layer<larger, fixtures::resizing_larger>();
  check_layer<smaller, fixtures::resizing_smaller>();
  check_layer<nearest_pixels, fixtures::resizing_nearest>();
  check_layer<center_crop, fixtures::center_crop>();
}

}  // namespace
