// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/generate.hpp>

namespace tfx::nn {

/// While training, sets each element to 0 with probability `rate` and scales the others by 1 / (1 - rate); else does nothing.
/// The mask is never stored: every kernel that needs it draws it again from (seed, step, site, element).
///
/// Source     Srivastava et al. 2014, in the inverted form
struct dropout {
  static constexpr bool transparent = true;
  double rate = 0.5;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return is_training(x) && rate > 0 ? var<S, T>{x.h * dropout_mask(x.h, rate)} : x;
  }
};

}  // namespace tfx::nn
