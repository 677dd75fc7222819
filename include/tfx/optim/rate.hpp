// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>

#include <tfx/graph/var.hpp>
#include <tfx/ops/arithmetic.hpp>

namespace tfx::optim {

/// A learning rate: a number, a traced value (a run-time input), or a schedule, a function of the number of the update.
///
///     optim::sgd{.learning_rate = 0.1}
///     optim::sgd{.learning_rate = rate}                                       // an argument of the step
///     optim::sgd{.learning_rate = [](auto step) { return 0.1 / sqrt(step); }}
struct rate {
  enum class kind { number, traced, scheduled };
  kind is = kind::number;
  double value = 0;
  handle given{};
  var<shape<>> (*schedule)(var<shape<>>) = nullptr;

  constexpr rate(double number) : value(number) {}
  constexpr rate(var<shape<>> traced) : is(kind::traced), given(traced.h) {}
  template <class F> requires requires(F f) { static_cast<var<shape<>> (*)(var<shape<>>)>(f); }
  constexpr rate(F f) : is(kind::scheduled), schedule(f) {}

  constexpr handle at(builder& g, handle step) const {
    if (is == kind::scheduled) return schedule(var<shape<>>{step}).h;
    return is == kind::traced ? given : g.constant(value);
  }
};

}  // namespace tfx::optim
