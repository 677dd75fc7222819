// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <tfx/summary/progress.hpp>
#include <tfx/train/drawn_batch.hpp>
#include <tfx/train/moments.hpp>

/// Training and evaluation over batches. Nothing here knows a network: it is compiled once, for its size.
namespace tfx::detail {

/// A column of class numbers: `each` of an example, or of its steps if it follows a length; `ignored` may be none of the classes.
struct class_column {
  int column = 0, each = 1, classes = 0, length = -1;
  long long ignored = -1LL << 62;
};
struct class_columns {
  std::span<const class_column> all;
  bool wide = false;   ///< integers of 64 bits
};
/// Everything that a pass over data needs.
struct pass : drawn_batch {
  int capacity;
  class_columns classes;
  void* trainer;
  void (*step)(void* trainer, const void* const* column, const int* length, int rows, double* given);
  std::span<const value_info> values;
  double *given, *sum;       ///< of a batch, of all
};

[[noreturn]] TFX_COLD inline void fail_label(const pass& p, long long label, long long example, int classes) {
  char text[160];
  std::snprintf(text, sizeof text, "%s: label %lld of example %lld lies outside 0 .. %d, the classes of the model's output", p.who, label, example, classes - 1);
  fail(text);
}
template <class Word> void check_labels(const pass& p, const class_column& c, int rows) {
  const Word* const label = static_cast<const Word*>(p.column[c.column]);
  const int each = c.length < 0 ? c.each : c.each * p.length[c.length];
  for (int i = 0; i < rows * each; ++i)
    if ((label[i] < 0 || label[i] >= c.classes) && label[i] != c.ignored) fail_label(p, static_cast<long long>(label[i]), example_at(p, i / each), c.classes);
}
/// The next batch, as many rows as there are; 0: none is left.
inline int next_batch(pass& p) {
  const int rows = draw(p, p.capacity);
  if (rows <= 0) return 0;
  for (const class_column& c : p.classes.all) {
    if (p.classes.wide) check_labels<std::int64_t>(p, c, rows);
    else check_labels<std::int32_t>(p, c, rows);
  }
  return rows;
}
inline void run_batch(pass& p, int rows) {
  p.step(p.trainer, p.column, p.length, rows, p.given);
  add_up(p.sum, p.values, p.given, rows);
  p.rows += rows;
}
inline void clear_sums(pass& p) {
  p.rows = 0;
  for (const value_info& v : p.values)
    for (int i = v.first; i < v.first + v.size; ++i) p.sum[i] = 0;
}
[[noreturn]] TFX_COLD inline void fail_empty(const char* who) { fail((std::string(who) + ": the data set is empty").c_str()); }

/// Means and counts over all data go to p.sum, the number of examples to p.rows.
TFX_COLD inline void evaluate_all(pass& p) {
  clear_sums(p);
  p.from.begin(0, false);
  while (const int rows = next_batch(p)) run_batch(p, rows);
  if (p.rows == 0) fail_empty(p.who);
}

/// What `fit` was told, without types.
struct loop_options {
  int epochs, validate_every, steps_per_epoch, first_epoch;
  bool shuffle, resume;
};
/// How to validate: gives sums to `sum`, and the number of examples.
struct validation_view {
  std::int64_t (*run)(const void* data, void* trainer, double* sum) = nullptr;
  const void* data = nullptr;
  double* sum = nullptr;
};

/// One epoch of updates. With `steps` so many, over passes that follow each other; else one pass. Is it done, and not stopped before?
TFX_COLD inline bool train_epoch(loop_state& loop, pass& p, training_place& at, int steps, bool shuffled) {
  if (at.batches == 0) clear_sums(p);
  p.rows = at.rows;
  loop.batches = at.batches;
  loop.rows = at.rows;
  bool all_read = false;
  const auto tell = [&](when now) { tell_observers(loop.observers, now, loop); };
  while (!loop.stop && (steps == 0 || at.batches < steps)) {
    if (at.drawn < 0) {
      p.from.begin(std::uint64_t(at.passes++), shuffled);
      at.drawn = 0;
    }
    const int rows = next_batch(p);
    if (rows == 0) {
      if (at.drawn == 0) fail_empty(p.who);
      at.drawn = -1;
      if (all_read = steps == 0; all_read) break;
      continue;
    }
    tell(when::batch_begin);
    run_batch(p, rows);
    loop.rows = at.rows = p.rows;
    loop.batches = ++at.batches;
    at.drawn += p.drawn;
    at.source = p.from.place();
    loop.in_batches = true;
    tell(when::batch_end);
    loop.in_batches = false;
  }
  if (p.rows == 0) fail_empty(p.who);
  return all_read || (steps > 0 && at.batches >= steps);
}

TFX_COLD inline void train_all(loop_state& loop, pass& p, training_place& at, const validation_view& validation, const loop_options& options) {
  if (options.epochs < 1) fail("fit: epochs must be at least 1");
  if (options.validate_every < 1) fail("fit: validate_every must be at least 1");
  const auto tell = [&](when now) { tell_observers(loop.observers, now, loop); };
  const std::size_t n = loop.values.size();
  loop.resumed = options.resume && (at.epoch > options.first_epoch || (at.epoch == options.first_epoch && at.batches > 0));
  if (!loop.resumed) at = {options.first_epoch, 0, 0, options.first_epoch, -1, 0};
  loop.epoch = int(at.epoch);
  loop.last_epoch = options.first_epoch + options.epochs;
  loop.open(validation.run != nullptr, loop.epoch, loop.last_epoch - loop.epoch);
  loop.sum = p.sum;
  loop.batch = p.capacity;
  loop.place = &at;
  loop.source = &p.from;
  loop.examples = options.steps_per_epoch ? std::int64_t(options.steps_per_epoch) * p.capacity : p.from.examples;
  tell(when::training_begin);
  if (loop.resumed && at.drawn >= 0 && loop.epoch < loop.last_epoch) {
    if (!loop.source_state.empty()) p.from.restore(std::uint64_t(at.passes - 1), options.shuffle, loop.source_state);
    else p.from.resume(std::uint64_t(at.passes - 1), options.shuffle, at.drawn, at.source, p.column, p.capacity);
  }
  for (; loop.epoch < loop.last_epoch && !loop.stop; ++loop.epoch) {
    const double start = summary::seconds_now();
    loop.validated = false;
    tell(when::epoch_begin);
    if (loop.stop) break;
    const bool done = train_epoch(loop, p, at, options.steps_per_epoch, options.shuffle);
    loop.add_values(0, p.sum, double(p.rows));
    if (validation.run) {
      loop.validated = (loop.epoch - options.first_epoch + 1) % options.validate_every == 0;
      if (loop.validated) {
        tell(when::evaluation_begin);
        loop.add_values(n, validation.sum, double(validation.run(validation.data, p.trainer, validation.sum)));
        tell(when::evaluation_end);
      } else {
        loop.add_no_values(n);
      }
    }
    loop.close_epoch(summary::seconds_now() - start);
    if (done) at = {loop.epoch + 1, 0, 0, at.passes, at.drawn, at.source};
    tell(when::epoch_end);
  }
  --loop.epoch;   // of the last one
  loop.close();
  tell(when::training_end);
}

}  // namespace tfx::detail
