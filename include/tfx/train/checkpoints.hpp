// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <limits>

#include <tfx/data/pipeline_state.hpp>
#include <tfx/data/source.hpp>
#include <tfx/train/checkpoint_name.hpp>
#include <tfx/train/checkpoint_writer.hpp>
#include <tfx/train/moments.hpp>
#include <tfx/train/watched.hpp>

namespace tfx {

struct checkpoints;

namespace detail {

/// What `checkpoints` has at hand while it trains.
class checkpoint_keeper {
public:
  template <bool Weighted, class Trainer> void attach(Trainer& t, const checkpoints& options, bool resume);
  void begin(const moment& m, const checkpoints& options);
  void keep(const moment& m, const checkpoints& options);
  void end(const moment& m, const checkpoints& options);
  bool due(std::int64_t steps) const { return steps > 0 && (steps_made() - first_step_) % steps == 0; }

private:
  static constexpr const char* observers_name = "training/observers";
  static constexpr const char* source_name = "training/source";

  std::int64_t steps_made() const { return *steps_; }
  void make_job(checkpoint_job& job, const moment& m, const checkpoints& options);
  static std::string observers_state(loop_state& loop);
  static void restore_observers(loop_state& loop, std::string_view bytes);

  const std::int64_t* steps_ = nullptr;
  std::int64_t first_step_ = 0, last_kept_ = -1;
  std::vector<io::named_array> variables_;
  std::string observers_, source_;        ///< to be restored, or to be written
  bool restores_ = false;
  checkpoint_writer writer_;
};

}  // namespace detail

/// An observer that keeps in a folder all that training goes on from, and with `resume` goes on from the newest: weights, the optimizer's
/// memory, steps, seed, the place in the data, sums of the epoch so far, history, and what the other observers have seen. The bits are those of
/// a run that nothing interrupted.
///
///     m.fit<training>(train, {.epochs = 100, .validation = test, .resume = true},
///                     checkpoints{.folder = "runs/7", .name = "{epoch}-{val_loss:.2f}", .keep = 3});
///
/// A file is there as a whole or not at all, whatever happens, and has a checksum: one that is damaged is passed over, which is said on stderr.
/// Where writing fails, that is said and training goes on; at its end the last one is written once more, and then it is an error.
///
/// Asynchronous ones are copied, and written by a thread while training goes on. One that still waits when the next is due is not written.
///
/// Errors     a name with a field that is no value; without `resume`, a folder with checkpoints of steps yet to come; with it, a
///            checkpoint of another network or recipe (io::mismatch_error with all differences), and a folder where all are damaged
struct checkpoints {
  std::filesystem::path folder = "checkpoints";
  std::string name = "{epoch}";            ///< of a file, without .safetensors: {epoch}, {step}, {loss}, {val_accuracy:.3f} and so on
  int keep = 3;                            ///< the last ones; 0: all
  int keep_best = 0;                       ///< and as many of the best by what is watched
  std::string_view watch = "val_loss";
  best_is best = best_is::by_name;
  int every_epochs = 1;                    ///< 0: not at the ends of epochs
  int every_steps = 0;                     ///< within epochs as well
  bool asynchronous = false;

  detail::checkpoint_keeper own{};         ///< not to be set

  static constexpr bool keeps_training = true;
  template <bool Weighted, class Trainer> void attach(Trainer& t, bool resume) { own.attach<Weighted>(t, *this, resume); }
  TFX_COLD void operator()(const training_begin& m) { own.begin(m, *this); }
  void operator()(const batch_end& m) {
    if (own.due(every_steps)) own.keep(m, *this);
  }
  TFX_COLD void operator()(const epoch_end& m) {
    if (every_epochs > 0 && m.epoch() % every_epochs == 0) own.keep(m, *this);
  }
  TFX_COLD void operator()(const training_end& m) { own.end(m, *this); }
};

namespace detail {

template <bool Weighted, class Trainer> TFX_COLD void checkpoint_keeper::attach(Trainer& t, const checkpoints& options, bool resume) {
  std::filesystem::create_directories(options.folder);
  remove_unfinished(options.folder);
  checkpoints_found found = checkpoints_in(options.folder);
  const std::int64_t steps_here = std::int64_t(t.steps());
  restores_ = false;
  if (resume) {
    const kept_checkpoint newest = newest_whole(found, options.folder);
    found.all.erase(found.all.begin(), std::find_if(found.all.begin(), found.all.end(), [&](const kept_checkpoint& one) { return one.path == newest.path; }));   // damaged ones keep no place
    if (newest.step > steps_here) {
      const io::safetensors_file file(newest.path);
      load(t, file, {.names = {.ignored = {observers_name, source_name}}});
      for (const auto& [name, to] : {std::pair(observers_name, &observers_), std::pair(source_name, &source_)}) {
        to->clear();
        if (const io::safetensors_entry* e = file.find(name)) {
          to->resize(std::size_t(e->size()));
          file.read(*e, dtype::uint8, to->data());
        }
      }
      restores_ = true;
    }
  } else if (!found.all.empty() && found.all.front().step > steps_here) {
    fail(("checkpoints: " + options.folder.string() + " has " + found.all.front().path.filename().string() + " of step " + std::to_string(found.all.front().step) + ", and training begins at step " +
          std::to_string(steps_here) + "; resume it with .resume = true, or give another folder").c_str());
  }
  variables_ = variables_of<const void*>(t);
  for (const io::named_array& a : variables_)
    if (a.name == "training/step") steps_ = static_cast<const std::int64_t*>(a.data);
  first_step_ = 0;
  last_kept_ = restores_ ? steps_made() : -1;
  writer_.begin(std::move(found.all), {options.keep, options.keep_best, options.keep_best > 0 && should_fall(options.watch, options.best, "checkpoints")});
}

TFX_COLD inline void checkpoint_keeper::begin(const moment& m, const checkpoints& options) {
  loop_state& loop = loop_access::of(m);
  if (options.keep_best > 0) require_value(m.past(), options.watch, "checkpoints");
  each_piece(options.name, [&](std::string_view piece, bool field) {
    if (!field) return;
    const std::string_view name = name_of_field(piece);
    const bool counts = name == "epoch" || name == "step";
    if (!counts) require_value(m.past(), name, "checkpoints");
    formatted(piece, 1, counts);
  });
  if (options.asynchronous) writer_.reserve(checkpoint_job::room_for(variables_) + (std::size_t(1) << 16));
  if (!restores_) return;
  restore_observers(loop, observers_);
  loop.source_state = source_;
}

inline std::string checkpoint_keeper::observers_state(loop_state& loop) {
  data::pipeline_state all;
  loop.past.archive(all);
  for (const observer_view& o : loop.observers) {
    if (!o.archive) continue;
    data::pipeline_state one;
    o.archive(o.self, &one);
    std::string label(o.label);
    all(label);
    all(one.bytes());
  }
  return std::move(all.bytes());
}
/// Observers that were not there begin anew.
inline void checkpoint_keeper::restore_observers(loop_state& loop, std::string_view bytes) {
  data::pipeline_state all(bytes);
  loop.past.archive(all);
  std::vector<std::pair<std::string, std::string>> kept;
  while (!all.at_end()) {
    all(kept.emplace_back().first);
    all(kept.back().second);
  }
  for (const observer_view& o : loop.observers) {
    if (!o.archive) continue;
    const auto found = std::find_if(kept.begin(), kept.end(), [&](const auto& one) { return one.first == o.label; });
    if (found == kept.end()) continue;
    data::pipeline_state one(found->second);
    o.archive(o.self, &one);
    kept.erase(found);   // another one of the same kind has the next
  }
}

TFX_COLD inline void checkpoint_keeper::make_job(checkpoint_job& job, const moment& m, const checkpoints& options) {
  loop_state& loop = loop_access::of(m);
  const double missing = std::numeric_limits<double>::quiet_NaN();
  const auto value_of = [&](std::string_view name) {
    const bool is_of_batches = loop.in_batches && std::find(loop.names.begin(), loop.names.end(), name) != loop.names.end();
    return is_of_batches || !m.past()[name].empty() ? m[name] : missing;
  };
  std::string file;
  each_piece(options.name, [&](std::string_view piece, bool field) {
    const std::string_view name = name_of_field(piece);
    if (!field) file += piece;
    else if (name == "epoch") file += formatted(piece, m.epoch(), true);
    else if (name == "step") file += formatted(piece, double(steps_made()), true);
    else file += formatted(piece, value_of(name), false);
  });
  job.as = {options.folder / (file + std::string(checkpoint_ending)), steps_made(), missing};
  if (!loop.in_batches && m.past().has(options.watch)) job.as.value = value_of(options.watch);
  observers_ = observers_state(loop);
  source_ = loop.place->drawn >= 0 ? loop.source->state() : std::string();
  job.arrays = variables_;
  for (const auto& [name, bytes] : {std::pair(observers_name, &observers_), std::pair(source_name, &source_)})
    if (!bytes->empty()) job.arrays.push_back({name, dtype::uint8, {std::int64_t(bytes->size())}, bytes->data()});
  job.facts = {{"format", "tfx"}, {std::string(step_key), std::to_string(steps_made())}, {"epoch", std::to_string(m.epoch())}};
  if (job.as.value == job.as.value) {
    char text[40];
    std::snprintf(text, sizeof text, "%.17g", job.as.value);
    job.facts[std::string(watched_key)] = text;
  }
}
TFX_COLD inline void checkpoint_keeper::keep(const moment& m, const checkpoints& options) {
  last_kept_ = steps_made();
  if (options.asynchronous) {
    std::unique_ptr<checkpoint_job> job = writer_.take_room();
    make_job(*job, m, options);
    job->copy_arrays();
    writer_.write_later(std::move(job));
    return;
  }
  checkpoint_job job;
  make_job(job, m, options);
  writer_.write_or_say(job);
}
TFX_COLD inline void checkpoint_keeper::end(const moment& m, const checkpoints& options) {
  if (writer_.wait() && last_kept_ == steps_made()) return;
  checkpoint_job job;
  make_job(job, m, options);
  writer_.write(job);
  last_kept_ = steps_made();
}

}  // namespace detail

}  // namespace tfx
