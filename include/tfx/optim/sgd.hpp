// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/update.hpp>

namespace tfx::optim {

/// Stochastic gradient descent, with momentum if that is not 0.
///
///     p = p - rate * g                                 momentum 0
///     v = momentum * v - rate * g;  p = p + v          momentum
///     v = momentum * v - rate * g;  p = p + momentum * v - rate * g      Nesterov
///
/// Source     Sutskever et al. 2013, equations 1 to 4; the form of Keras
struct sgd {
  static constexpr std::string_view name = "sgd";
  rate learning_rate = 1e-2;
  double momentum = 0;
  bool nesterov = false;
  double clip_norm = 0;     ///< global norm of all gradients; 0: off
  double clip_value = 0;    ///< of each element; 0: off

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const handle step = u.shared.rate * gradient;
    if (momentum == 0) return p - step;
    const int velocity = u.slot("velocity", p.shape());
    const handle v = momentum * u.read(velocity) - step;
    u.write(velocity, v);
    return nesterov ? p + (momentum * v - step) : p + v;
  }
};

}  // namespace tfx::optim
