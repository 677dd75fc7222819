// SPDX-License-Identifier: Apache-2.0
// labels: heavy
#include <tfx/ops.hpp>

#include "../fixtures/convolution.hpp"
#include "../support/traced.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

// A fixture is a namespace, which only the preprocessor can pass on.
#define CONVOLUTION(name, images, channels, inputs, outputs, ...)                                         \
  example(                                                                                                \
      #name, [](auto x, auto w) { return __VA_ARGS__; }, fixtures::name::out, fixtures::name::cotangent,  \
      given<images, 5, 6, channels>(fixtures::name::x, fixtures::name::d_x),                              \
      given<3, 3, inputs, outputs>(fixtures::name::w, fixtures::name::d_w))

TEST_CASE("convolutions") {
  check(CONVOLUTION(conv2d_valid, 2, 2, 2, 3, conv2d(x, w)), CONVOLUTION(conv2d_same, 2, 2, 2, 3, conv2d<same>(x, w)),
        CONVOLUTION(conv2d_valid_stride2, 2, 2, 2, 3, conv2d<stride<2>>(x, w)),
        CONVOLUTION(conv2d_same_stride2, 2, 2, 2, 3, conv2d<stride<2>, same>(x, w)),
        CONVOLUTION(conv2d_same_dilation2, 2, 2, 2, 3, conv2d<same, dilation<2>>(x, w)),
        CONVOLUTION(conv2d_valid_dilation2, 2, 2, 2, 3, conv2d<valid, dilation<2>>(x, w)),
        CONVOLUTION(conv2d_same_groups2, 1, 4, 2, 4, conv2d<same, groups<2>>(x, w)),
        CONVOLUTION(conv2d_valid_stride_1_2, 2, 2, 2, 3, conv2d<stride<1, 2>>(x, w)),
        // Keras's depthwise weights [H, W, C, M] are grouped weights [H, W, 1, C * M] in memory.
        CONVOLUTION(depthwise_conv2d_same, 2, 2, 2, 1, conv2d<same, groups<2>>(x, reshape<3, 3, 1, 2>(w))),
        CONVOLUTION(depthwise_conv2d_valid_multiplier2, 2, 2, 2, 2, conv2d<groups<2>>(x, reshape<3, 3, 1, 4>(w))));
}

TEST_CASE("of a batch of images, only those present count") {
  namespace c = fixtures::conv2d_same_stride2;
  namespace d = fixtures::conv2d_valid;
  check_rows(2,
             example("same, stride 2", [](auto x, auto w) { return conv2d<stride<2>, same>(x, w); }, c::out, c::cotangent,
                     given<-5, 5, 6, 2>(c::x, c::d_x), given<3, 3, 2, 3>(c::w, c::d_w)),
             example("valid, bias, relu", [](auto x, auto w, auto b) { return relu(conv2d(x, w) + b); },
                     given<-5, 5, 6, 2>(d::x, numerically), given<3, 3, 2, 3>(d::w, numerically),
                     given<3>(numbers{0.125, -0.25, 0.5}, numerically)));
}

}  // namespace
