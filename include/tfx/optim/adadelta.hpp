// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx::optim {

/// Adadelta: steps as large as those before, in the units of the parameter.
///
///     v = rho * v + (1 - rho) * g^2;   d = sqrt(s + epsilon) / sqrt(v + epsilon) * g
///     s = rho * s + (1 - rho) * d^2;   p = p - rate * d
///
/// Source     Zeiler 2012, algorithm 1, whose rate is 1; defaults of Keras
struct adadelta {
  static constexpr std::string_view name = "adadelta";
  rate learning_rate = 1e-3;
  double rho = 0.95, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const int second = u.slot("v", p.shape()), steps = u.slot("s", p.shape());
    const handle s = u.read(steps), v = rho * u.read(second) + (1 - rho) * (gradient * gradient);
    const handle d = sqrt(s + epsilon) * gradient / sqrt(v + epsilon);
    u.write(second, v);
    u.write(steps, rho * s + (1 - rho) * (d * d));
    return p - u.shared.rate * d;
  }
};

}  // namespace tfx::optim
