// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string_view>
#include <utility>

#include <tfx/graph/calls.hpp>
#include <tfx/train/fit_in.hpp>

namespace tfx {

/// What a recipe takes as its loss: called with an output and a target, it gives one number. `target<Output>` is the type of
/// the targets of an output of that shape, `class_numbers` says whether they are numbers of classes.
template <class L> concept loss_function = requires {
  { L::class_numbers } -> std::convertible_to<bool>;
  typename L::template target<shape<2, 3>>;
};
/// What it takes as a metric: called with an output and a target, it gives one number.
template <class M, class Output, class Target> concept metric_for = requires(const M& metric, Output y, Target t) {
  { metric(y, t) } -> std::same_as<var<shape<>>>;
};

namespace detail {
/// Of a loss that is none.
template <class L> constexpr void complain_loss(builder& g) {
  g.complain("recipe: ", label_of<L>, " is no loss, it lacks `",
             requires { { L::class_numbers } -> std::convertible_to<bool>; } ? "template <class Output> using target = ..."
                                                                            : "static constexpr bool class_numbers = false", "`");
}
/// The element type of a recipe's targets in a trace.
template <class Loss, class Output> struct target_of {
  using type = real;   // of what is no loss, which is said elsewhere
};
template <class Loss, class Output> requires requires { typename Loss::template target<Output>::value_type; }
struct target_of<Loss, Output> {
  using type = typename Loss::template target<Output>::value_type;
};
template <const auto& Recipe, class Output> using traced_target = typename target_of<std::remove_cvref_t<decltype(Recipe.loss)>, Output>::type;
template <int I, class M> struct metric_slot {
  [[no_unique_address]] M metric;
};
template <class Sequence, class Loss, class Optimizer, class... Metric> struct recipe_of;
template <std::size_t... I, class Loss, class Optimizer, class... Metric>
struct recipe_of<std::index_sequence<I...>, Loss, Optimizer, Metric...> : metric_slot<int(I), Metric>... {
  Loss loss;
  Optimizer optimizer;
  long long arena_limit = 0;   ///< of training, in bytes; 0: none
  static constexpr int n_metrics = int(sizeof...(Metric));
  static constexpr std::string_view metric_names[sizeof...(Metric) + 1] = {label_of<Metric>..., {}};

  constexpr recipe_of(Loss l, Optimizer o, Metric... m) : metric_slot<int(I), Metric>{m}..., loss(l), optimizer(o) {}
  template <class Y, class Target> constexpr void add_metrics([[maybe_unused]] Y y, [[maybe_unused]] Target t) const {
    (add_metric(static_cast<const metric_slot<int(I), Metric>&>(*this).metric, y, t), ...);
  }

private:
  template <class M, class Y, class Target> static constexpr void add_metric(const M& metric, Y y, Target t) {
    if constexpr (metric_for<M, Y, Target>) {
      const call_mark here(*y.h.graph, label_of<M>, {y.h, t.h});
      y.h.graph->add_output(here.gives(metric(y, t)).h);
    } else {
      y.h.graph->complain("recipe: the metric ", label_of<M>, " gives no number of ", Y::dim, " and ", Target::dim);
    }
  }
};
template <class Option> inline constexpr bool is_arena_limit = false;
template <std::size_t Bytes> inline constexpr bool is_arena_limit<arena_limit<Bytes>> = true;
}  // namespace detail

/// How a network is trained: a loss, an optimizer, and what to watch.
///
///     inline constexpr auto training = recipe(loss::softmax_cross_entropy{}, optim::adam{.learning_rate = 1e-3}, metric::accuracy{});
template <class Loss, class Optimizer, class... Metric> constexpr auto recipe(Loss loss, Optimizer optimizer, Metric... metric) {
  static_assert(!(detail::is_arena_limit<Metric> || ...), "tfx::recipe: fit_in comes right after the optimizer");
  return detail::recipe_of<std::index_sequence_for<Metric...>, Loss, Optimizer, Metric...>(loss, optimizer, metric...);
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
