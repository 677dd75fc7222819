// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx::optim {

/// Lion: steps of one size, whose directions follow a momentum.
///
///     p = p - rate * sign(beta1 * m + (1 - beta1) * g);   m = beta2 * m + (1 - beta2) * g
///
/// Source     Chen et al. 2023, algorithm 2; defaults of Keras. The paper's decay: `optim::decayed`
struct lion {
  static constexpr std::string_view name = "lion";
  rate learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.99;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const int first = u.slot("m", p.shape());
    const handle m = u.read(first);
    u.write(first, beta2 * m + (1 - beta2) * gradient);
    return p - u.shared.rate * sign(beta1 * m + (1 - beta1) * gradient);
  }
};

}  // namespace tfx::optim
