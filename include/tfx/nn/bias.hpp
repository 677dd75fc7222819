// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/arithmetic.hpp>

namespace tfx::nn::detail {

/// y, with a bias for each channel if there is one, rounded as products are.
template <class Y> constexpr Y with_bias(Y y, bool bias, initializer how) {
  return Y{tfx::detail::in_precision(bias ? y.h + param<shape<Y::dim.cols()>>(y, "bias", how).h : y.h)};
}

}  // namespace tfx::nn::detail
