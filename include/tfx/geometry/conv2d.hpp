// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/geometry.hpp>

namespace tfx {

/// Two-dimensional windows over images, channels last: what a pooling knows. Extents, strides and dilations are in pixels.
struct pool2d_geometry {
  int images = 0, height = 0, width = 0, channels = 0;
  int out_height = 0, out_width = 0;
  int kernel_height = 1, kernel_width = 1;
  int stride_height = 1, stride_width = 1;
  int pad_top = 0, pad_left = 0;
  int dilation_height = 1, dilation_width = 1;
};

/// The same of a convolution, of each of its three roles; and the windows of a pooling that reads its results, which
/// don't overlap.
struct conv2d_geometry : pool2d_geometry {
  int out_channels = 0, groups = 1;
  int window_height = 1, window_width = 1;
};

}  // namespace tfx
