// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: terminal

#include <tfx/summary/progress.hpp>
#include <tfx/train/moments.hpp>

namespace tfx {

/// What `fit` shows while it trains, unless it is told to be quiet: a line for each epoch, a bar on a terminal. An observer like
/// others.
class progress_bar {
public:
  explicit progress_bar(summary::progress_options options = {}) : bar_(options) {}

  TFX_COLD void operator()(const epoch_begin& e) { bar_.begin_epoch(e.epoch() - 1, e.epochs(), e.examples(), e.batch()); }
  void operator()(const batch_end& e) {
    if (bar_.due(e.rows())) draw(e);
  }
  TFX_COLD void operator()(const epoch_end& e) {
    read(e, e.past().names().data(), e.validated() ? e.past().names().size() : e.names().size());
    bar_.end_epoch(values_[0], {names_ + 1, n_ - 1}, {values_ + 1, n_ - 1});
  }

private:
  TFX_COLD void draw(const batch_end& e) {
    read(e, e.names().data(), e.names().size());
    bar_.update(e.rows(), values_[0], {names_ + 1, n_ - 1}, {values_ + 1, n_ - 1});
  }
  template <class Name> void read(const moment& now, const Name* name, std::size_t count) {
    n_ = count < most ? count : most;
    for (std::size_t k = 0; k < n_; ++k) {
      names_[k] = name[k];
      values_[k] = now[names_[k]];
    }
  }

  static constexpr std::size_t most = 32;   // a line has no room for more
  summary::progress bar_;
  std::string_view names_[most];
  double values_[most];
  std::size_t n_ = 0;
};

}  // namespace tfx
