// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx::optim {

/// RMSprop.
///
///     v = rho * v + (1 - rho) * g^2;   p = p - rate * g / sqrt(v + epsilon)
///
/// Source     Tieleman and Hinton 2012, lecture 6.5; epsilon inside the root and defaults as in Keras
struct rmsprop {
  static constexpr std::string_view name = "rmsprop";
  rate learning_rate = 1e-3;
  double rho = 0.9, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const int second = u.slot("v", p.shape());
    const handle v = rho * u.read(second) + (1 - rho) * (gradient * gradient);
    u.write(second, v);
    return p - u.shared.rate * gradient / sqrt(v + epsilon);
  }
};

}  // namespace tfx::optim
