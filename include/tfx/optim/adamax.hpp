// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/adam.hpp>

namespace tfx::optim {

/// Adam with the largest gradient so far, which fades, in place of the second moment.
///
///     m = beta1 * m + (1 - beta1) * g;   u = max(beta2 * u, |g|)
///     p = p - rate / (1 - beta1^t) * m / (u + epsilon)
///
/// Source     Kingma and Ba 2015, algorithm 2; epsilon and defaults of Keras
struct adamax {
  static constexpr std::string_view name = "adamax";
  rate learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr shared_numbers prepare(builder& g) const {
    const handle t = update_count(g);
    return {learning_rate.at(g, t) / detail::one_minus_power(beta1, t)};
  }
  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const int first = u.slot("m", p.shape()), largest = u.slot("u", p.shape());
    const handle m = beta1 * u.read(first) + (1 - beta1) * gradient, most = maximum(beta2 * u.read(largest), abs(gradient));
    u.write(first, m);
    u.write(largest, most);
    return p - u.shared.rate * m / (most + epsilon);
  }
};

}  // namespace tfx::optim
