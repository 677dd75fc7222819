// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>
#include <tfx/optim/update.hpp>

namespace tfx::optim {

namespace detail {

/// ln x, as a constant of the program: the library's own lane mathematics, in double.
constexpr double natural_log(double x) { return log(lanes::lane<double>(x)).v; }

/// 1 - beta^t, without cancellation.
constexpr handle one_minus_power(double beta, handle t) { return -expm1(natural_log(beta) * t); }

struct adam_moments {
  double beta1, beta2, epsilon;
  bool amsgrad = false;

  /// The rate with the bias of both moments corrected: one number for all parameters.
  constexpr handle corrected(builder& g, const rate& learning_rate) const {
    const handle t = update_count(g);
    return learning_rate.at(g, t) * sqrt(one_minus_power(beta2, t)) / one_minus_power(beta1, t);
  }
  constexpr handle step(const update_scope& u, handle p, handle gradient) const {
    const int first = u.slot("m", p.shape()), second = u.slot("v", p.shape());
    const handle m = beta1 * u.read(first) + (1 - beta1) * gradient;
    const handle v = beta2 * u.read(second) + (1 - beta2) * (gradient * gradient);
    u.write(first, m);
    u.write(second, v);
    handle scale = v;
    if (amsgrad) {
      const int largest = u.slot("v_max", p.shape());
      scale = maximum(u.read(largest), v);
      u.write(largest, scale);
    }
    return u.shared.rate * m / (sqrt(scale) + epsilon);
  }
};

}  // namespace detail

/// Adam.
///
///     m = beta1 * m + (1 - beta1) * g;   v = beta2 * v + (1 - beta2) * g^2
///     p = p - rate * sqrt(1 - beta2^t) / (1 - beta1^t) * m / (sqrt(v) + epsilon)
///
/// With `amsgrad` the largest v so far takes the place of v in the root.
///
/// Numerics   1 - beta^t is computed as expm1, exact to rounding from the first step on
/// Source     Kingma and Ba 2015, the form of the end of section 2 (epsilon outside the corrected root); defaults of Keras;
///            amsgrad: Reddi, Kale and Kumar 2018
struct adam {
  static constexpr std::string_view name = "adam";
  rate learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;
  bool amsgrad = false;

  constexpr shared_numbers prepare(builder& g) const { return {detail::adam_moments{beta1, beta2, epsilon}.corrected(g, learning_rate)}; }
  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    return p - detail::adam_moments{beta1, beta2, epsilon, amsgrad}.step(u, p, gradient);
  }
};

/// Adam with decoupled weight decay: p shrinks by rate * weight_decay before the step.
///
/// Source     Loshchilov and Hutter 2019, algorithm 2; as Keras
struct adamw {
  static constexpr std::string_view name = "adamw";
  rate learning_rate = 1e-3;
  double weight_decay = 4e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr shared_numbers prepare(builder& g) const {
    return {detail::adam_moments{beta1, beta2, epsilon}.corrected(g, learning_rate), learning_rate.at(g, update_count(g)) * weight_decay};
  }
  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const handle step = detail::adam_moments{beta1, beta2, epsilon}.step(u, p, gradient);
    return (p - p * u.shared.decay) - step;
  }
};

}  // namespace tfx::optim
