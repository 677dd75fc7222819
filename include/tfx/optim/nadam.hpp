// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/adam.hpp>

namespace tfx::optim {

/// Adam with Nesterov's momentum, which grows with the number of the update.
///
///     b_t = beta1 * (1 - 0.96^t / 2);   P_t = b_1 * ... * b_t;   m and v as in `adam`
///     p = p - rate * (b_(t+1) * m / (1 - P_(t+1)) + (1 - b_t) * g / (1 - P_t)) / (sqrt(v / (1 - beta2^t)) + epsilon)
///
/// Source     Dozat 2016; the form and the defaults of Keras
struct nadam {
  static constexpr std::string_view name = "nadam";
  rate learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const handle t = update_count(u.graph);
    const auto momentum = [&](handle step) { return beta1 * (1 - 0.5 * exp(detail::natural_log(0.96) * step)); };
    const handle now = momentum(t), next = momentum(t + 1);
    const int used = u.slot("used", dims{});   // 1 - P: memory begins with zeros
    const handle left = u.read(used) * now + (1 - now);
    u.write(used, left);

    const int first = u.slot("m", p.shape()), second = u.slot("v", p.shape());
    const handle m = beta1 * u.read(first) + (1 - beta1) * gradient;
    const handle v = beta2 * u.read(second) + (1 - beta2) * (gradient * gradient);
    u.write(first, m);
    u.write(second, v);
    const handle rate = u.shared.rate, ahead = left * next + (1 - next);
    const handle step = rate * next / ahead * m + rate * (1 - now) / left * gradient;
    return p - step / (sqrt(v / detail::one_minus_power(beta2, t)) + epsilon);
  }
};

}  // namespace tfx::optim
