// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/math.hpp>

// Learning rates that follow a schedule: functions of the number of the update, which counts from 1. Their members are numbers,
// so that a rate can hold any of them. `s` below is the number of updates made before.
//
//     optim::adam{.learning_rate = optim::cosine_decay{.initial = 1e-3, .steps = 10'000}}
//     optim::adam{.learning_rate = optim::warm_up(optim::cosine_decay{.initial = 1e-3, .steps = 10'000}, 500)}
namespace tfx::optim {

/// initial * rate^(s / steps)
struct exponential_decay {
  double initial = 1e-2, steps = 1000, rate = 0.9;
  template <traced X> constexpr X operator()(X step) const { return initial * pow(rate, (step - 1) / steps); }
};

/// initial / (1 + rate * s / steps)
struct inverse_time_decay {
  double initial = 1e-2, steps = 1000, rate = 0.5;
  template <traced X> constexpr X operator()(X step) const { return initial / (1 + rate * ((step - 1) / steps)); }
};

/// (initial - end) * (1 - s / steps)^power + end, and `end` from then on
struct polynomial_decay {
  double initial = 1e-2, steps = 1000, end = 1e-4, power = 1;
  template <traced X> constexpr X operator()(X step) const {
    return (initial - end) * pow(1 - minimum(step - 1, steps) / steps, power) + end;
  }
};

/// values[0] while s <= until[0], values[1] while s <= until[1], ..., and at last values[N].
///
///     optim::piecewise_constant<2>{.until = {1000, 5000}, .values = {1e-2, 1e-3, 1e-4}}
template <int N> struct piecewise_constant {
  double until[N], values[N + 1];
  template <traced X> constexpr X operator()(X step) const {
    X rate = 0 * step + values[N];
    for (int i = N - 1; i >= 0; --i) rate = where(step - 1 <= until[i], values[i], rate);
    return rate;
  }
};

/// From `initial` to alpha * initial along half a wave of the cosine, and no further.
///
///     initial * ((1 - alpha) * (1 + cos(pi * min(s, steps) / steps)) / 2 + alpha)
///
/// Source     Loshchilov and Hutter 2016, equation 5
struct cosine_decay {
  double initial = 1e-2, steps = 1000, alpha = 0;
  template <traced X> constexpr X operator()(X step) const {
    const X wave = 0.5 * (1 + cos(3.14159265358979323846 / steps * minimum(step - 1, steps)));
    return initial * ((1 - alpha) * wave + alpha);
  }
};

/// The same again and again: after the first `steps` updates `t_mul` times as long as before, from `m_mul` times as high.
///
/// Source     Loshchilov and Hutter 2016, section 3
struct cosine_decay_restarts {
  double initial = 1e-2, steps = 1000, t_mul = 2, m_mul = 1, alpha = 0;
  template <traced X> constexpr X operator()(X step) const {
    const X done = (step - 1) / steps;
    X restarts = floor(done), within = done - restarts;
    if (t_mul != 1) {
      const double log_base = lanes::math::log(t_mul);
      restarts = floor(log(1 + done * (t_mul - 1)) / log_base);
      const X length = pow(t_mul, restarts);
      within = (done - (length - 1) / (t_mul - 1)) / length;
    }
    const X wave = 0.5 * pow(m_mul, restarts) * (1 + cos(3.14159265358979323846 * within));
    return initial * ((1 - alpha) * wave + alpha);
  }
};

/// Up from highest / divisor to `highest` in the first part of all steps, then down to highest / divisor / final_divisor, each along
/// half a wave of the cosine.
///
/// Source     Smith and Topin 2018; as in PyTorch
struct one_cycle {
  double highest = 1e-2, steps = 1000, warm_share = 0.3, divisor = 25, final_divisor = 1e4;
  template <traced X> constexpr X operator()(X step) const {
    const double first = highest / divisor, last = first / final_divisor, top = warm_share * steps - 1;
    const X s = step - 1;
    const auto between = [](double from, double to, X share) { return to + (from - to) / 2 * (1 + cos(3.14159265358979323846 * share)); };
    return where(s <= top, between(first, highest, s / top), between(highest, last, (s - top) / (steps - 1 - top)));
  }
};

/// A schedule that begins after `steps` updates, along which the rate goes straight from `from` to where it begins.
template <class Schedule> struct warm_up_of {
  Schedule then;
  double steps, from;
  template <traced X> constexpr X operator()(X step) const {
    const X begins = then(0 * step + 1);
    return where(step - 1 < steps, from + (begins - from) * ((step - 1) / steps), then(step - steps));
  }
};
template <class Schedule> constexpr auto warm_up(Schedule then, double steps, double from = 0) { return warm_up_of<Schedule>{then, steps, from}; }

/// One rate, for `warm_up` to go to.
struct constant {
  double rate = 1e-2;
  template <traced X> constexpr X operator()(X step) const { return 0 * step + rate; }
};

/// A schedule that is looked at every `steps` updates only, in between the rate stays.
template <class Schedule> struct stairs_of {
  Schedule schedule;
  double steps;
  template <traced X> constexpr X operator()(X step) const { return schedule(floor((step - 1) / steps) * steps + 1); }
};
template <class Schedule> constexpr auto stairs(Schedule schedule, double steps) { return stairs_of<Schedule>{schedule, steps}; }

}  // namespace tfx::optim
