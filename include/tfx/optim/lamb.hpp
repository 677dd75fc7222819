// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/reduce.hpp>
#include <tfx/optim/adam.hpp>

namespace tfx::optim {

/// Adam whose step is as long as the parameter, times the rate: for large batches.
///
///     d = m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon);   p = p - rate * |p| / |d| * d
///
/// with Euclidean norms of the whole parameter, and the quotient 1 where one of them is 0.
///
/// Cost       the step is stored before it is made
/// Source     You et al. 2020, algorithm 2; defaults of Keras. The paper's decay: `optim::decayed`, which is outside of the norm
struct lamb {
  static constexpr std::string_view name = "lamb";
  rate learning_rate = 1e-3;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7;
  double clip_norm = 0, clip_value = 0;

  constexpr handle operator()(const update_scope& u, handle p, handle gradient) const {
    const handle t = update_count(u.graph);
    const int first = u.slot("m", p.shape()), second = u.slot("v", p.shape());
    const handle m = beta1 * u.read(first) + (1 - beta1) * gradient;
    const handle v = beta2 * u.read(second) + (1 - beta2) * (gradient * gradient);
    u.write(first, m);
    u.write(second, v);
    const handle d = m / detail::one_minus_power(beta1, t) / (sqrt(v / detail::one_minus_power(beta2, t)) + epsilon);
    const auto norm = [](handle x) { return sqrt(reshape(sum_axes(x * x, tfx::detail::all_axes(x.shape())), dims{})); };
    const handle own = norm(p), step = norm(d), ratio = where(own > 0, where(step > 0, own / step, 1), 1);
    return p - ratio * u.shared.rate * d;
  }
};

}  // namespace tfx::optim
