// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx::optim {

/// Adagrad.
///
///     s = s + g^2;   p = p - rate * g / sqrt(initial_accumulator + s + epsilon)
///
/// Source     Duchi, Hazan and Singer 2011; epsilon inside the root and defaults as in Keras
struct adagrad {
  static constexpr std::string_view name = "adagrad";
  rate learning_rate = 1e-3;
  double initial_accumulator = 0.1, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const int sum = u.slot("sum", p.shape());   // without the initial value: memory starts at 0
    const handle s = u.read(sum) + gradient * gradient;
    u.write(sum, s);
    const handle rate = u.shared.rate;
    return p - rate * gradient / sqrt(s + (initial_accumulator + epsilon));
  }
};

}  // namespace tfx::optim
