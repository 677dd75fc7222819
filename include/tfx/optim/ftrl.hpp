// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx::optim {

/// Follow the regularized leader: for sparse linear models.
///
///     n' = n + g^2;   z = z + g + 2 l2_shrinkage p - (n'^(-power) - n^(-power)) / rate * p;   n = n'
///     p = (clip(z, -l1, l1) - z) / (n^(-power) / rate + 2 l2 + beta / rate)
///
/// where n begins at `initial_accumulator`. With l1 > 0, parameters become exactly 0.
///
/// Source     McMahan et al. 2013, algorithm 1; names and defaults of Keras
struct ftrl {
  static constexpr std::string_view name = "ftrl";
  rate learning_rate = 1e-3;
  double learning_rate_power = -0.5, initial_accumulator = 0.1;
  double l1 = 0, l2 = 0, l2_shrinkage = 0, beta = 0;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const int sum = u.slot("n", p.shape()), linear = u.slot("z", p.shape());   // n without the initial value: memory starts at 0
    const handle rate = u.shared.rate;
    const auto power = [&](handle n) { return learning_rate_power == -0.5 ? sqrt(n) : pow(n, -learning_rate_power); };
    const handle before = u.read(sum), after = before + gradient * gradient;
    const handle root = power(after + initial_accumulator), sigma = (root - power(before + initial_accumulator)) / rate;
    handle z = u.read(linear) + gradient - sigma * p;
    if (l2_shrinkage != 0) z = z + (2 * l2_shrinkage) * p;
    u.write(sum, after);
    u.write(linear, z);
    return (clip(z, -l1, l1) - z) / ((root + beta) / rate + 2 * l2);
  }
};

}  // namespace tfx::optim
