// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/nn.hpp>
#include <tfx/ops.hpp>

#include "../fixtures/windows.hpp"
#include "../support/layer_case.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr nn::conv1d<3, 3, same, stride<2>> conv1d_same{};
constexpr nn::conv1d<3, 2, causal, dilation<2>> conv1d_causal{};
constexpr nn::conv1d_transpose<3, 3, stride<2>> conv1d_transpose{};
constexpr nn::depthwise_conv1d<3, depth_multiplier<2>> depthwise_conv1d{};
constexpr nn::separable_conv1d<3, 3, same> separable_conv1d{};
constexpr nn::max_pool1d<2, 2, same> max_pool1d{};
constexpr nn::average_pool1d<2, 2, same> average_pool1d{};
constexpr nn::global_max_pool global_max_pool{};
constexpr nn::global_average_pool global_average_pool{};
constexpr nn::conv2d_transpose<2, 3, same, stride<2>> conv2d_transpose_same{};
constexpr nn::conv2d_transpose<2, 2, stride<3>> conv2d_transpose_valid{};
constexpr nn::depthwise_conv2d<2, same, stride<2>, depth_multiplier<2>> depthwise_conv2d{};
constexpr nn::separable_conv2d<3, 3, same> separable_conv2d{};
constexpr nn::conv2d<3, 3, kernel_height<1>, same, stride<1, 2>> conv2d_wide{};
constexpr nn::conv2d_transpose<2, 2, kernel_height<3>, stride<2>> conv2d_transpose_high{};
constexpr nn::depthwise_conv2d<1, kernel_height<3>> depthwise_conv2d_high{};
constexpr nn::up_sampling2d<2> twice{};
constexpr nn::up_sampling2d<3, bilinear> thrice{};
constexpr nn::zero_padding2d<1, 2, 0, 3> zero_padding2d{};
constexpr nn::cropping2d<1, 2, 0, 1> cropping2d{};
constexpr nn::permute<3, 1, 2> permute{};
constexpr nn::repeat_vector<3> repeat_vector{};

TEST_CASE("convolutions over steps") {
  check_layer<conv1d_same, fixtures::conv1d_same>("conv1d/weight conv1d/bias");
  check_layer<conv1d_causal, fixtures::conv1d_causal>("conv1d/weight conv1d/bias");
  check_layer<conv1d_transpose, fixtures::conv1d_transpose>("conv1d_transpose/weight conv1d_transpose/bias");
  check_layer<depthwise_conv1d, fixtures::depthwise_conv1d>("depthwise_conv1d/weight depthwise_conv1d/bias");
  check_layer<separable_conv1d, fixtures::separable_conv1d>("separable_conv1d/depthwise_weight separable_conv1d/pointwise_weight separable_conv1d/bias");
}

TEST_CASE("pooling over steps") {
  check_layer<max_pool1d, fixtures::max_pool1d>();
  check_layer<average_pool1d, fixtures::average_pool1d>();
  check_layer<global_max_pool, fixtures::global_max_pool1d>();
  check_layer<global_average_pool, fixtures::global_average_pool1d>();
}

TEST_CASE("convolutions that make an image larger") {
  check_layer<conv2d_transpose_same, fixtures::conv2d_transpose_same>("conv2d_transpose/weight conv2d_transpose/bias");
  check_layer<conv2d_transpose_valid, fixtures::conv2d_transpose_valid>("conv2d_transpose/weight conv2d_transpose/bias");
}

TEST_CASE("convolutions of each channel by itself") {
  check_layer<depthwise_conv2d, fixtures::depthwise_conv2d>("depthwise_conv2d/weight depthwise_conv2d/bias");
  check_layer<separable_conv2d, fixtures::separable_conv2d>("separable_conv2d/depthwise_weight separable_conv2d/pointwise_weight separable_conv2d/bias");
}

TEST_CASE("windows that are not square") {
  check_layer<conv2d_wide, fixtures::conv2d_wide>("conv2d/weight conv2d/bias");
  check_layer<conv2d_transpose_high, fixtures::conv2d_transpose_high>("conv2d_transpose/weight conv2d_transpose/bias");
  check_layer<depthwise_conv2d_high, fixtures::depthwise_conv2d_high>("depthwise_conv2d/weight depthwise_conv2d/bias");
}

TEST_CASE("other shapes of the same numbers") {
  check_layer<twice, fixtures::up_sampling2d>();
  check_layer<thrice, fixtures::up_sampling2d_bilinear>();
  check_layer<zero_padding2d, fixtures::zero_padding2d>();
  check_layer<cropping2d, fixtures::cropping2d>();
  check_layer<permute, fixtures::permute>();
  check_layer<repeat_vector, fixtures::repeat_vector>();
}

constexpr auto all_of_them = nn::sequential(nn::conv2d_transpose<3, 2, same, stride<2>>{}, nn::up_sampling2d<2, bilinear>{}, nn::zero_padding2d<1>{},
                                            nn::separable_conv2d<4, 3>{}, nn::reshape<144, 4>{}, nn::conv1d<3, 2, causal>{}, nn::max_pool1d<2>{},
                                            nn::global_average_pool{}, nn::repeat_vector<2>{}, nn::identity{}, nn::permute<2, 1>{});

TEST_CASE("they have the same bits on every backend") { check_backends<layer_step<all_of_them, shape<-3, 3, 3, 2>, true>>(2); }

}  // namespace
