// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <type_traits>

#include <tfx/graph/var.hpp>
#include <tfx/ops/arithmetic.hpp>

namespace tfx::optim {

/// A function of the number of the update, made of a few numbers, or of none.
template <class F> concept schedule = std::is_trivially_copyable_v<F> && !std::is_arithmetic_v<F> && requires(const F f, var<shape<>> step) {
  { f(step) } -> std::convertible_to<var<shape<>>>;
};

/// A learning rate: a number, a traced value (a run-time input), or a schedule, a function of the number of the update.
///
///     optim::sgd{.learning_rate = 0.1}
///     optim::sgd{.learning_rate = rate}                                       // an argument of the step
///     optim::sgd{.learning_rate = [](auto step) { return 0.1 / sqrt(step); }}
///     optim::sgd{.learning_rate = optim::cosine_decay{.initial = 0.1, .steps = 1000}}      // optim/schedule.hpp
struct rate {
  static constexpr int most_numbers = 16;
  enum class kind { number, traced, scheduled };
  kind is = kind::number;
  double value = 0;
  handle given{};
  double numbers[most_numbers] = {};   ///< of a schedule
  var<shape<>> (*schedule)(const double* numbers, var<shape<>> step) = nullptr;

  constexpr rate(double number) : value(number) {}
  constexpr rate(var<shape<>> traced) : is(kind::traced), given(traced.h) {}
  template <optim::schedule F> requires(!std::is_pointer_v<F>) constexpr rate(F f) : is(kind::scheduled) {
    if constexpr (std::is_empty_v<F>) {
      schedule = [](const double*, var<shape<>> step) { return var<shape<>>{F{}(step)}; };
    } else {
      using as_numbers = std::array<double, sizeof(F) / sizeof(double)>;
      static_assert(sizeof(F) == sizeof(as_numbers) && sizeof(F) <= sizeof numbers, "tfx::optim: a schedule is made of at most 16 numbers of type double");
      const auto all = std::bit_cast<as_numbers>(f);
      for (std::size_t i = 0; i < all.size(); ++i) numbers[i] = all[i];
      schedule = [](const double* from, var<shape<>> step) {
        as_numbers own{};
        for (std::size_t i = 0; i < own.size(); ++i) own[i] = from[i];
        return var<shape<>>{std::bit_cast<F>(own)(step)};
      };
    }
  }

  constexpr handle at(builder& g, handle step) const {
    const handle own = is == kind::scheduled ? schedule(numbers, var<shape<>>{step}).h : is == kind::traced ? given : g.constant(value);
    return g.rate_factor < 0 ? own : own * g.read(g.rate_factor);
  }
};

}  // namespace tfx::optim
