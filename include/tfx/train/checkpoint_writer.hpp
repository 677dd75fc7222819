// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <tfx/train/checkpoint_files.hpp>

namespace tfx::detail {

/// A checkpoint to be written: its arrays lie in a model, or in a copy.
struct checkpoint_job {
  kept_checkpoint as{};
  std::vector<io::named_array> arrays{};
  std::map<std::string, std::string> facts{};
  std::unique_ptr<char[]> copy{};
  std::size_t room = 0;

  static std::size_t bytes_of(const io::named_array& a) {
    std::size_t bytes = std::size_t(size_of(a.type));
    for (const std::int64_t extent : a.shape) bytes *= std::size_t(extent);
    return bytes;
  }
  static std::size_t room_for(std::span<const io::named_array> arrays) {
    std::size_t size = 0;
    for (const io::named_array& a : arrays) size += (bytes_of(a) + 63) / 64 * 64;
    return size;
  }
  /// Memory that is there, page by page, before it is needed.
  void reserve(std::size_t size) {
    if (room >= size) return;
    copy = std::make_unique<char[]>(size);
    room = size;
  }
  /// The arrays go on as they are now: one pass over memory.
  void copy_arrays() {
    reserve(room_for(arrays));
    char* to = copy.get();
    for (io::named_array& a : arrays) {
      const std::size_t bytes = bytes_of(a);
      if (bytes) std::memcpy(to, a.data, bytes);
      a.data = to;
      to += (bytes + 63) / 64 * 64;
    }
  }
};

/// How many checkpoints stay: the last, and the best by what is watched.
struct checkpoint_limits {
  int last = 0, best = 0;
  bool falls = true;
};

/// Writes checkpoints, here or in a thread of its own, and removes those that are too many.
class checkpoint_writer {
public:
  checkpoint_writer() = default;
  checkpoint_writer(const checkpoint_writer&) = delete;
  ~checkpoint_writer() { stop(); }

  /// What a folder has, and what is to stay of it.
  void begin(std::vector<kept_checkpoint> there, checkpoint_limits limits) {
    stop();
    there_ = std::move(there);
    limits_ = limits;
    failed_ = false;
  }
  /// Written when this returns.
  void write(checkpoint_job& job) {
    job.facts[std::string(checksum_key)] = checksum_of(job.facts, job.arrays);
    io::write_safetensors(job.as.path, job.arrays, job.facts);
    std::erase_if(there_, [&](const kept_checkpoint& one) { return one.path == job.as.path; });
    there_.push_back(job.as);
    remove_surplus();
  }
  /// Memory for copies of so many bytes: one is written while the other one is made.
  void reserve(std::size_t size) {
    for (auto* job : {&spare_, &other_}) {
      *job = std::make_unique<checkpoint_job>();
      (*job)->reserve(size);
    }
  }
  /// For the next `write_later`. One that still waits is not written any more: the next is newer.
  std::unique_ptr<checkpoint_job> take_room() {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<checkpoint_job> room = std::move(waiting_ ? waiting_ : spare_ ? spare_ : other_);
    return room ? std::move(room) : std::make_unique<checkpoint_job>();
  }
  /// Written when there is time; what it refers to has been copied.
  void write_later(std::unique_ptr<checkpoint_job> job) {
    {
      const std::lock_guard lock(mutex_);
      waiting_ = std::move(job);
      if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
    }
    changed_.notify_all();
  }
  /// The same as `write`, but a failure is said.
  void write_or_say(checkpoint_job& job) {
    try {
      write(job);
      failed_ = false;
    } catch (const std::exception& error) {
      std::fprintf(stderr, "checkpoints: %s; training goes on\n", error.what());
      failed_ = true;
    }
  }
  /// All has been tried: is the last one there?
  bool wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_ && !busy_; });
    return !failed_;
  }

private:
  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    thread_.join();
    stopped_ = false;
  }
  void work() {
    std::unique_ptr<checkpoint_job> job;
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return waiting_ || stopped_; });
      if (!waiting_) return;
      job = std::move(waiting_);
      busy_ = true;
      lock.unlock();
      write_or_say(*job);
      lock.lock();
      (spare_ ? other_ : spare_) = std::move(job);
      busy_ = false;
      changed_.notify_all();
    }
  }
  void remove_surplus() {
    if (limits_.last <= 0) return;
    const auto is_better = [&](const kept_checkpoint& a, const kept_checkpoint& b) {
      if (a.value != a.value || b.value != b.value) return a.value == a.value && b.value != b.value;
      return limits_.falls ? a.value < b.value : a.value > b.value;
    };
    std::sort(there_.begin(), there_.end(), [](const kept_checkpoint& a, const kept_checkpoint& b) { return a.step > b.step; });
    std::vector<const kept_checkpoint*> best;
    for (const kept_checkpoint& one : there_) best.push_back(&one);
    std::stable_sort(best.begin(), best.end(), [&](const auto* a, const auto* b) { return is_better(*a, *b); });
    best.resize(std::min(best.size(), std::size_t(limits_.best)));
    std::vector<kept_checkpoint> left;
    for (const kept_checkpoint& one : there_) {
      std::error_code none;
      if (left.size() < std::size_t(limits_.last) || std::find(best.begin(), best.end(), &one) != best.end()) left.push_back(one);
      else std::filesystem::remove(one.path, none);
    }
    there_ = std::move(left);
  }

  std::vector<kept_checkpoint> there_;
  checkpoint_limits limits_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<checkpoint_job> waiting_, spare_, other_;   ///< two, of which one may be written
  bool busy_ = false, stopped_ = false, failed_ = false;
  std::thread thread_;
};

}  // namespace tfx::detail
