// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/train/moments.hpp>
#include <tfx/train/watched.hpp>

namespace tfx {

/// An observer that multiplies every learning rate by `factor` when a value has not become better, by more than `min_delta`, for
/// `patience` epochs; after that it waits `cooldown` epochs. The product of all factors goes no lower than `least_factor`.
///
///     m.fit<training>(train, {.epochs = 100, .validation = test}, reduce_on_plateau{.factor = 0.2, .patience = 5});
///
/// The product is kept in the optimizer's memory, and so in checkpoints. Where training is resumed, the same object goes on from
/// what it has seen, and so does one whose `checkpoints` are resumed from; another one begins anew.
/// Source     the rules of Keras's ReduceLROnPlateau; NaN is never the best
struct reduce_on_plateau {
  std::string_view watch = "val_loss";
  double factor = 0.1;
  int patience = 10;
  double min_delta = 1e-4;
  best_is best = best_is::by_name;
  int cooldown = 0;
  double least_factor = 0;

  // what it has seen
  int waited = 0, cooling = 0;
  detail::best_so_far so_far{};

  TFX_COLD void operator()(const training_begin& t) {
    detail::require_value(t.past(), watch, "reduce_on_plateau");
    if (!(factor < 1)) detail::fail("reduce_on_plateau: the factor must be less than 1");
    if (t.resumed()) return;
    waited = cooling = 0;
    so_far = {};
  }
  TFX_COLD void operator()(const epoch_end& e) {
    if (!e.has(watch)) return;
    const double now = e[watch];
    if (cooling > 0) {
      --cooling;
      waited = 0;
    }
    if (so_far.improves(now, min_delta, detail::should_fall(watch, best, "reduce_on_plateau"))) {
      so_far = {true, now};
      waited = 0;
    } else if (cooling == 0 && ++waited >= patience) {
      const double before = e.rate_factor(), after = before * factor;
      if (!(before > least_factor)) return;
      e.scale_rate((after > least_factor ? after : least_factor) / before);
      cooling = cooldown;
      waited = 0;
    }
  }
  template <class State> void archive(State& s) {
    s(waited);
    s(cooling);
    s(so_far.any);
    s(so_far.value);
  }
};

}  // namespace tfx
