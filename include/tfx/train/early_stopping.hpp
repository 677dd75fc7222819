// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include <tfx/train/moments.hpp>
#include <tfx/train/watched.hpp>

namespace tfx {

/// An observer that ends training when a value has not become better for `patience` epochs.
///
///     early_stopping stopping{.watch = "val_loss", .patience = 5, .restore_best = true};
///     m.fit<training>(train, {.epochs = 100, .validation = test}, stopping);
///     stopping.best_epoch;
///
/// Better means by more than `min_delta`, and with a `baseline` also than that, before `patience` begins anew. Epochs without
/// that value do not count, nor do the first `start_from_epoch`. `restore_best` sets the weights of the best epoch when training ends,
/// for whatever reason. Where training is resumed, the same object goes on from what it has seen, and so does one whose `checkpoints` are
/// resumed from; another one begins anew.
///
/// Source     the rules of Keras's EarlyStopping; NaN is never the best
struct early_stopping {
  std::string_view watch = "val_loss";
  int patience = 0;
  double min_delta = 0;
  best_is best = best_is::by_name;
  double baseline = std::numeric_limits<double>::quiet_NaN();
  bool restore_best = false;
  int start_from_epoch = 0;

  // what it has seen
  int best_epoch = 0;        ///< from 1
  double best_value = std::numeric_limits<double>::quiet_NaN();
  int stopped_epoch = 0;     ///< 0: training ended by itself
  int waited = 0;
  kept_weights best_weights{};

  TFX_COLD void operator()(const training_begin& t) {
    detail::require_value(t.past(), watch, "early_stopping");
    if (t.resumed()) {
      if (stopped_epoch > 0) t.stop();
      return;
    }
    waited = best_epoch = stopped_epoch = 0;
    best_value = std::numeric_limits<double>::quiet_NaN();
    best_weights = {};
  }
  TFX_COLD void operator()(const epoch_end& e) {
    if (!e.has(watch) || e.epoch() <= start_from_epoch) return;
    const double now = e[watch];
    const bool falls = detail::should_fall(watch, best, "early_stopping");
    if (restore_best && best_weights.empty()) keep(e);
    ++waited;
    const detail::best_so_far so_far{best_value == best_value, best_value};
    if (so_far.improves(now, min_delta, falls)) {
      best_value = now;
      keep(e);
      if (detail::best_so_far{baseline == baseline, baseline}.improves(now, min_delta, falls)) waited = 0;
    } else if (waited >= patience && e.epoch() > 1) {
      stopped_epoch = e.epoch();
      e.stop();
    }
  }
  TFX_COLD void operator()(const training_end& e) {
    if (restore_best && !best_weights.empty()) e.restore_weights(best_weights);
  }
  template <class State> void archive(State& s) {
    s(best_epoch);
    s(best_value);
    s(stopped_epoch);
    s(waited);
    best_weights.archive(s);
  }
  void keep(const epoch_end& e) {
    best_epoch = e.epoch();
    if (restore_best) e.keep_weights(best_weights);
  }
};

}  // namespace tfx
