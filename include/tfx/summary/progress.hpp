// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <span>
#include <string_view>

#include <tfx/summary/terminal.hpp>
#include <tfx/summary/text_line.hpp>

namespace tfx::summary {

/// Seconds on a clock that only goes forward (<chrono> would be a tenth of what compiling a small program costs).
inline double seconds_now() {
  std::timespec now{};
#if defined(CLOCK_MONOTONIC)
  clock_gettime(CLOCK_MONOTONIC, &now);
#else
  std::timespec_get(&now, TIME_UTC);
#endif
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec);
}

struct progress_options {
  std::FILE* stream = stdout;
  bool quiet = false;
  std::string_view unit = "samples";     ///< what is counted per second
  double refresh = 0.1;                  ///< seconds between two drawings of the bar
  double line_every = 30;                ///< seconds between two lines where nothing can be drawn over
  double (*clock)() = seconds_now;
};

/// How training is coming along, on a terminal or in a log.
///
///     Epoch 2/5 ━━━━━━━━━━━━━━  600/938  ETA 0.4s  loss 0.3912  accuracy 0.8591  51,234 images/s
///     Epoch 2/5  938 steps  1.2s  1.3ms/step  50,021 images/s  loss 0.3874  accuracy 0.8602  val_loss 0.4021
///
/// A terminal shows the first line, drawn over about ten times a second, and at the end of the epoch the second in its
/// place. Elsewhere an epoch is one line, with another now and then when it takes long. NO_COLOR and a locale without
/// UTF-8 are respected. An update allocates nothing, and when it is too early to draw it costs one look at the clock.
///
///     progress bar({.unit = "images"});
///     bar.begin_epoch(0, 5, 60'000, 64);
///     bar.update(done, loss, names, values);       // after each batch
///     bar.end_epoch(loss, names, values);
class progress {
 public:
  explicit progress(progress_options options = {})
      : options_(options), terminal_(terminal::of(options.stream)) {}

  /// For a stream whose abilities are known better.
  progress(progress_options options, terminal what) : options_(options), terminal_(what) {}

  /// Epochs count from 0 and are shown from 1. Steps are batches of `batch` samples, the last one may be smaller.
  void begin_epoch(int epoch, int epochs, std::int64_t samples, std::int64_t batch = 1) {
    epoch_ = epoch;
    epochs_ = epochs;
    samples_ = samples;
    batch_ = batch > 0 ? batch : 1;
    done_ = 0;
    start_ = options_.clock();
    draw_at_ = terminal_.interactive ? start_ : start_ + options_.line_every;
  }

  /// `done` samples of this epoch have been seen. Is it time to show that?
  bool due(std::int64_t done) {
    done_ = done;
    if (options_.quiet) return false;
    now_ = options_.clock();
    return now_ >= draw_at_;
  }
  /// Shows it if it is time; `names` and `values` are the metrics so far.
  void update(std::int64_t done, double loss, std::span<const std::string_view> names = {},
              std::span<const double> values = {}) {
    if (due(done)) draw(now_, loss, names, values);
  }

  /// The line that stays. The metrics may now include those of the validation.
  TFX_COLD void end_epoch(double loss, std::span<const std::string_view> names = {}, std::span<const double> values = {}) {
    if (options_.quiet) return;
    const double seconds = options_.clock() - start_;
    const std::int64_t steps = steps_of(done_ > 0 ? done_ : samples_);
    line_.clear();
    line_.limit(1 << 20);
    if (terminal_.interactive) line_.control("\r");
    put_epoch();
    line_ << "  " << steps << (steps == 1 ? " step  " : " steps  ");
    line_.duration(seconds);
    line_ << "  ";
    put_step_time(steps > 0 ? seconds / static_cast<double>(steps) : 0);
    put_speed(done_ > 0 ? done_ : samples_, seconds);
    put_values(loss, names, values);
    line_.control(terminal_.interactive ? "\x1b[K\n" : "\n");
    show();
  }

 private:
  int bar_columns() const { return terminal_.width < 100 ? 14 : 24; }

  /// The first few steps say nothing about the speed.
  static bool is_telling(double seconds) { return seconds > 0.05; }

  std::int64_t steps_of(std::int64_t samples) const { return (samples + batch_ - 1) / batch_; }

  static double speed(std::int64_t samples, double seconds) {
    return seconds > 0 ? static_cast<double>(samples) / seconds : 0;
  }

  void colour(std::string_view sequence) {
    if (terminal_.colour) line_.control(sequence);
  }

  TFX_COLD void put_epoch() {
    colour("\x1b[1m");
    line_ << "Epoch " << std::int64_t{epoch_} + 1 << "/" << std::int64_t{epochs_};
    colour("\x1b[0m");
  }

  TFX_COLD void draw(double now, double loss, std::span<const std::string_view> names, std::span<const double> values) {
    draw_at_ = now + (terminal_.interactive ? options_.refresh : options_.line_every);
    line_.clear();
    if (terminal_.interactive) {
      line_.limit(terminal_.width - 1);
      line_.control("\r");
    }
    put_bar();
    // What a narrow terminal cuts off comes last.
    put_time_left(done_, now - start_);
    put_values(loss, names, values);
    if (is_telling(now - start_)) put_speed(done_, now - start_);
    line_.control(terminal_.interactive ? "\x1b[K" : "\n");
    show();
  }

  void put_bar() {
    put_epoch();
    const double share = samples_ > 0 ? static_cast<double>(done_) / static_cast<double>(samples_) : 0;
    const int full = static_cast<int>((share < 0 ? 0 : share > 1 ? 1 : share) * bar_columns());
    line_ << (terminal_.unicode ? " " : " [");
    colour("\x1b[32m");
    for (int i = 0; i < full; ++i) line_ << (terminal_.unicode ? "━" : "=");
    colour("\x1b[90m");
    for (int i = full; i < bar_columns(); ++i) put_empty(i == full);
    colour("\x1b[0m");
    line_ << (terminal_.unicode ? "  " : "]  ");
    line_ << steps_of(done_) << "/" << steps_of(samples_);
  }

  /// Without colours the two parts need different signs.
  void put_empty(bool first) {
    if (terminal_.unicode) line_ << (terminal_.colour ? "━" : "╌");
    else line_ << (first ? ">" : ".");
  }

  void put_values(double loss, std::span<const std::string_view> names, std::span<const double> values) {
    put_value("loss", loss);
    for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) put_value(names[i], values[i]);
  }

  TFX_COLD void put_value(std::string_view name, double value) {
    line_ << "  ";
    colour("\x1b[36m");
    line_ << name;
    colour("\x1b[0m");
    line_ << " ";
    line_.number(value);
  }

  void put_time_left(std::int64_t done, double seconds) {
    const double rate = speed(done, seconds);
    if (!is_telling(seconds) || !(rate > 0) || done >= samples_) return;
    line_ << "  ETA ";
    line_.duration(static_cast<double>(samples_ - done) / rate);
  }

  void put_step_time(double seconds) {
    if (seconds < 1e-3) line_.fixed(seconds * 1e6, 0) << (terminal_.unicode ? "µs/step" : "us/step");
    else if (seconds < 1) line_.fixed(seconds * 1e3, seconds < 1e-2 ? 1 : 0) << "ms/step";
    else line_.duration(seconds) << "/step";
  }

  TFX_COLD void put_speed(std::int64_t samples, double seconds) {
    const double rate = speed(samples, seconds);
    if (!(rate > 0) || rate > 1e15) return;
    line_ << "  ";
    if (rate < 10) line_.fixed(rate, 1);
    else line_.grouped(static_cast<std::int64_t>(rate));
    line_ << " " << options_.unit << "/s";
  }

  void show() {
    const std::string_view text = line_.text();
    std::fwrite(text.data(), 1, text.size(), options_.stream);
    std::fflush(options_.stream);
  }

  progress_options options_;
  terminal terminal_;
  text_line line_;
  int epoch_ = 0;
  int epochs_ = 0;
  std::int64_t samples_ = 0;
  std::int64_t batch_ = 1;
  std::int64_t done_ = 0;
  double start_ = 0;
  double now_ = 0;
  double draw_at_ = 0;
};

}  // namespace tfx::summary
