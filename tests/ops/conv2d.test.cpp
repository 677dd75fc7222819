// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/convolution.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

TEST_CASE("convolutions") {
  check(example<fixtures::conv2d_valid>([](auto x, auto w) { return conv2d(x, w); }),
        example<fixtures::conv2d_same>([](auto x, auto w) { return conv2d<same>(x, w); }),
        example<fixtures::conv2d_valid_stride2>([](auto x, auto w) { return conv2d<stride<2>>(x, w); }),
        example<fixtures::conv2d_same_stride2>([](auto x, auto w) { return conv2d<stride<2>, same>(x, w); }),
        example<fixtures::conv2d_same_dilation2>([](auto x, auto w) { return conv2d<same, dilation<2>>(x, w); }),
        example<fixtures::conv2d_valid_dilation2>([](auto x, auto w) { return conv2d<valid, dilation<2>>(x, w); }),
        example<fixtures::conv2d_same_groups2>([](auto x, auto w) { return conv2d<same, groups<2>>(x, w); }),
        example<fixtures::conv2d_valid_stride_1_2>([](auto x, auto w) { return conv2d<stride<1, 2>>(x, w); }),
        // Keras's depthwise weights [H, W, C, M] are grouped weights [H, W, 1, C * M] in memory.
        example<fixtures::depthwise_conv2d_same>([](auto x, auto w) { return conv2d<same, groups<2>>(x, reshape<3, 3, 1, 2>(w)); }),
        example<fixtures::depthwise_conv2d_valid_multiplier2>([](auto x, auto w) { return conv2d<groups<2>>(x, reshape<3, 3, 1, 4>(w)); }));
}

TEST_CASE("of a batch of images, only those present count") {
  using c = fixtures::conv2d_same_stride2;
  using d = fixtures::conv2d_valid;
  check_rows(2,
             example("same, stride 2", [](auto x, auto w) { return conv2d<stride<2>, same>(x, w); }, c::out, c::cotangent,
                     given<-5, 5, 6, 2>(c::x, c::d_x), given<3, 3, 2, 3>(c::w, c::d_w)),
             example("valid, bias, relu", [](auto x, auto w, auto b) { return relu(conv2d(x, w) + b); },
                     given<-5, 5, 6, 2>(d::x, numerically), given<3, 3, 2, 3>(d::w, numerically),
                     given<3>(numbers{0.125, -0.25, 0.5}, numerically)));
}

}  // namespace
