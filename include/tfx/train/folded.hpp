// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/plan.hpp>
#include <tfx/lower/fold_scales.hpp>
#include <tfx/lower/split_weights.hpp>

namespace tfx::detail {

/// The prediction `Step` with batch normalisation in the weights: what is left to do for an example.
template <class Step> struct folded_prediction {
  using at_other_lengths = folded_prediction<typename Step::at_other_lengths>;
  constexpr void operator()(builder& b) const { Step{}(b); }
  static constexpr void passes(builder& b) {
    fold_scales(b);
    weights_as_parameters(b);
  }
};
/// What makes its weights of the network's.
template <class Step> struct folded_weights {
  using at_other_lengths = folded_weights<typename Step::at_other_lengths>;
  constexpr void operator()(builder& b) const { Step{}(b); }
  static constexpr void passes(builder& b) {
    fold_scales(b);
    weights_alone(b);
  }
};

}  // namespace tfx::detail
