// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <tfx/summary/event_file.hpp>
#include <tfx/summary/rate_limit.hpp>

namespace tfx::summary {

/// What happens to a value where as much waits to be written as may: it is dropped and counted, or who gives it waits.
enum class when_full { drop, wait };

struct event_options {
  double flush_seconds = 2;                  ///< what was given is in the file after so long
  std::size_t queue_bytes = 64 << 20;        ///< that wait to be written; a value is taken while there are fewer
  when_full full = when_full::drop;
  rate_limit limit = {};                     ///< of each tag
  std::uint64_t file_bytes = 0;              ///< of a file, after which the next one is begun; 0: one file
  int files = 0;                             ///< so many of this writer are kept; 0: all
  std::string_view suffix = {};              ///< of the files' names
};

/// Writes TensorBoard's event files: a folder is a run, and the values in it have tags and steps.
///
///     summary::event_writer log("logs/run1");
///     summary::scalar(log, "loss", 0.25, step);      // tensorboard --logdir logs
///
/// A thread of its own makes records of what is large (pictures, histograms) and writes; who gives a value waits no longer than it
/// takes to copy it. Any thread may give values. Times are those of giving. Readers see whole records only, and after a process
/// has been killed all that was flushed. A full disk and the like is said once, by the next call, as an io::file_error; what could not
/// be written meanwhile is lost and counted, and writing goes on when there is room again. The destructor says it on stderr.
///
/// Errors     io::file_error with path and reason: from the constructor where no file can be made; later from any call
/// Cost       a scalar: about 0.5 us for who gives it, and 66 bytes of file
class event_writer {
public:
  TFX_COLD explicit event_writer(const std::filesystem::path& folder, event_options options = {})
      : options_(options), limits_(options.limit), file_(folder, options.suffix, options.file_bytes, options.files), path_(file_.path()), folder_(folder), thread_([this] { run(); }) {}
  event_writer(const event_writer&) = delete;
  event_writer& operator=(const event_writer&) = delete;
  TFX_COLD ~event_writer() {
    try {
      close();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "tfx::summary::event_writer: %s\n", error.what());
    }
  }

  /// Waits until all that was given before is in the file.
  TFX_COLD void flush() {
    std::unique_lock lock(mutex_);
    wait_for_thread(lock);
    report();
  }
  /// The same, and ends writing: values given later are an error.
  TFX_COLD void close() {
    std::unique_lock lock(mutex_);
    if (thread_.joinable()) {
      closed_ = true;
      wake_.notify_one();
      lock.unlock();
      thread_.join();
      lock.lock();
    }
    report();
  }

  const std::filesystem::path& folder() const { return folder_; }
  /// The file that is written now.
  std::filesystem::path path() const {
    const std::lock_guard lock(mutex_);
    return path_;
  }
  /// Values that did not get into a file: there was no room for them in memory or on the disk.
  std::int64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

  // ---- for functions that give values

  /// Should a tag's value be written now?
  bool due(std::string_view tag, std::int64_t step) {
    if (!limits_.any()) return true;
    const std::lock_guard lock(mutex_);
    return limits_.due(tag, step);
  }
  /// `append(out, wall_time)` appends records to a string, at once. What lasts begins every further file too.
  template <class F> void write(F append, bool lasts = false) {
    const double now = wall_time();
    std::unique_lock lock(mutex_);
    if (!has_room(lock)) return;
    if (queue_.empty() || queue_.back().work || queue_.back().lasts || lasts) {
      queue_.push_back({std::exchange(spare_, {}), nullptr, lasts});
    }
    std::string& bytes = queue_.back().bytes;
    const std::size_t before = bytes.size();
    try {
      append(bytes, now);
    } catch (...) {
      bytes.resize(before);   // no half records
      throw;
    }
    count(bytes.size() - before);
  }
  /// The same later, in the writer's thread. It holds about so many bytes.
  template <class F> void write_later(std::size_t bytes, F append) {
    auto work = std::make_unique<work_of<F>>(std::move(append), wall_time());
    std::unique_lock lock(mutex_);
    if (!has_room(lock)) return;
    queue_.push_back({{}, std::move(work), false});
    count(bytes);
  }

private:
  struct later {
    virtual ~later() = default;
    virtual void append(std::string& out) = 0;
  };
  template <class F> struct work_of : later {
    F f;
    double time;
    work_of(F&& from, double now) : f(std::move(from)), time(now) {}
    TFX_COLD void append(std::string& out) override { f(out, time); }
  };
  /// Records, or what makes one.
  struct entry {
    std::string bytes;
    std::unique_ptr<later> work;
    bool lasts = false;
  };

  [[gnu::noinline]] bool has_room(std::unique_lock<std::mutex>& lock) {
    if (waiting_ >= options_.queue_bytes && options_.full == when_full::wait && !closed_) {
      wake_.notify_one();
      done_.wait(lock, [&] { return waiting_ < options_.queue_bytes || waiting_ == 0; });
    }
    if (closed_) throw std::logic_error("tfx::summary::event_writer: " + folder_.string() + " is closed");
    report();
    if (waiting_ < options_.queue_bytes || options_.full == when_full::wait) return true;
    ++dropped_;
    return false;
  }
  void count(std::size_t bytes) {
    const std::size_t before = waiting_;
    waiting_ += bytes;
    if (before < much() && waiting_ >= much()) wake_.notify_one();
  }
  /// So much is written before it is time.
  std::size_t much() const { return options_.queue_bytes / 4 < (256 << 10) ? options_.queue_bytes / 4 : 256 << 10; }
  void report() {
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }
  void wait_for_thread(std::unique_lock<std::mutex>& lock) {
    if (closed_) return;
    const std::uint64_t turn = ++asked_;
    wake_.notify_one();
    done_.wait(lock, [&] { return answered_ >= turn; });
  }

  // ---- the thread

  TFX_COLD void run() {
    std::vector<entry> taken;
    std::unique_lock lock(mutex_);
    for (bool ends = false; !ends;) {
      wake_.wait_for(lock, std::chrono::duration<double>(options_.flush_seconds), [&] { return closed_ || asked_ > answered_ || (waiting_ > 0 && waiting_ >= much()); });
      ends = closed_;
      const std::uint64_t turn = asked_;
      const std::size_t bytes = waiting_;
      taken.swap(queue_);
      lock.unlock();
      for (entry& e : taken) write_entry(e);
      if (ends) attempt([&] { file_.close(); });
      lock.lock();
      if (!taken.empty() && taken.back().bytes.capacity() > spare_.capacity() && !taken.back().work) {
        spare_ = std::move(taken.back().bytes);
        spare_.clear();
      }
      taken.clear();
      waiting_ -= bytes;
      answered_ = turn;
      path_ = file_.path();
      done_.notify_all();
    }
  }
  TFX_COLD void write_entry(entry& e) {
    if (e.work && !attempt([&] { e.work->append(e.bytes); })) {
      lose(1);
      return;
    }
    if (e.lasts) file_.keep(e.bytes);
    std::size_t left = e.bytes.size();
    const bool written = attempt([&] { file_.append(e.bytes, left); });
    if (written) failing_ = false;
    else lose(records_in(std::string_view(e.bytes).substr(e.bytes.size() - left)));
    e.work = nullptr;
  }
  TFX_COLD static std::int64_t records_in(std::string_view bytes) {
    std::int64_t n = 0;
    for (; !bytes.empty(); ++n) bytes.remove_prefix(io::first_record(bytes));
    return n;
  }
  TFX_COLD void lose(std::int64_t values) {
    const std::lock_guard lock(mutex_);
    dropped_ += values;
  }
  /// A failure is kept to be said, unless it goes on from before.
  template <class F> bool attempt(F f) {
    try {
      f();
      return true;
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failing_) error_ = std::current_exception();
      failing_ = true;
      return false;
    }
  }

  const event_options options_;
  rate_limits limits_;
  event_file file_;                       ///< the thread's
  bool failing_ = false;                  ///< the thread's
  mutable std::mutex mutex_;
  std::condition_variable wake_, done_;
  std::vector<entry> queue_;
  std::string spare_;                     ///< memory for the next records
  std::size_t waiting_ = 0;               ///< bytes
  std::int64_t dropped_ = 0;
  std::uint64_t asked_ = 0, answered_ = 0;
  bool closed_ = false;
  std::exception_ptr error_;
  std::filesystem::path path_, folder_;
  std::thread thread_;
};

/// A number, in single precision as TensorBoard shows it.
///
///     summary::scalar(log, "loss", 0.25, step);
[[gnu::noinline]] inline void scalar(event_writer& log, std::string_view tag, double value, std::int64_t step) {
  if (!log.due(tag, step)) return;
  log.write([&](std::string& out, double time) {
    append_value(out, time, step, tag, {"scalars"}, [&](io::protobuf_writer& tensor) {
      const float number = float(value);
      put_numbers<float>(tensor, {}, {&number, 1});
    });
  });
}

}  // namespace tfx::summary
