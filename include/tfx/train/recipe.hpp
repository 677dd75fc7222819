// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/loss/losses.hpp>
#include <tfx/metrics/metric.hpp>
#include <tfx/train/fit_in.hpp>

namespace tfx {

namespace detail {

template <class Losses, class Optimizer, class Metrics> struct recipe_of {
  Losses loss;
  Optimizer optimizer;
  Metrics metric;
  long long arena_limit = 0;   ///< of training, in bytes; 0: none
  static constexpr int n_losses = Losses::count;
};
template <class Option> inline constexpr bool is_arena_limit = false;
template <std::size_t Bytes> inline constexpr bool is_arena_limit<arena_limit<Bytes>> = true;

template <class X> inline constexpr bool is_recipe = false;
template <class L, class O, class M> inline constexpr bool is_recipe<recipe_of<L, O, M>> = true;

/// A recipe is a template argument; what is said where it is not, and one of the same type for what still has to have a type.
template <class Recipe> struct recipe_in_parentheses {
  static constexpr message value() {
    message m;
    m.put("the recipe is a template argument: write fit<training>(data) and evaluate<training>(data), not fit(training, data)");
    return m;
  }
};
template <class Recipe> inline constexpr Recipe any_recipe{};

/// Metrics of the only output, or of each.
template <int Losses, class... Metric> constexpr auto metrics_by_output(Metric... m) {
  if constexpr (sizeof...(Metric) == 1 && (is_metric_list<Metric> && ...) && Losses > 1) return (m, ...);
  else return metrics(metrics(m...));
}

}  // namespace detail

/// How a network is trained: a loss, an optimizer, and what to watch. Of several outputs a loss each, whose sum is minimised,
/// and metrics by output.
///
///     recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{})
///     recipe(losses(loss::mean_squared_error{}, 0.5 * loss::softmax_cross_entropy{}), optim::adam{},
///            metrics(metric::none{}, metric::accuracy{}))
template <class Loss, class Optimizer, class... Metric> constexpr auto recipe(Loss loss, Optimizer optimizer, Metric... metric) {
  static_assert(!(detail::is_arena_limit<Metric> || ...), "tfx::recipe: fit_in comes right after the optimizer");
  using Losses = decltype(detail::as_sum(loss));
  using Metrics = decltype(detail::metrics_by_output<Losses::count>(metric...));
  return detail::recipe_of<Losses, Optimizer, Metrics>{detail::as_sum(loss), optimizer, detail::metrics_by_output<Losses::count>(metric...)};
}
/// The same within a limit on the arena.
///
///     recipe(loss::softmax_cross_entropy{}, optim::adam{}, fit_in<256_KiB>, metric::accuracy{})
template <class Loss, class Optimizer, std::size_t Bytes, class... Metric>
constexpr auto recipe(Loss loss, Optimizer optimizer, arena_limit<Bytes>, Metric... metric) {
  auto within = recipe(loss, optimizer, metric...);
  within.arena_limit = static_cast<long long>(Bytes);
  return within;
}

}  // namespace tfx
