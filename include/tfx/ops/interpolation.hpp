// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tfx {

/// How numbers between pixels are found: the nearest pixel's, or on straight lines between neighbours.
enum class interpolation { nearest, bilinear };
inline constexpr interpolation nearest = interpolation::nearest, bilinear = interpolation::bilinear;

}  // namespace tfx
