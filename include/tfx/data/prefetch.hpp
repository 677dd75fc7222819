// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

#include <tfx/data/boxed.hpp>
#include <tfx/data/pipeline.hpp>

namespace tfx::data {

namespace detail {

template <class Up> class prefetch_body {
public:
  using value_type = typename Up::value_type;
  prefetch_body(Up up, std::size_t depth) : upstream_(std::move(up)), ring_(depth) {}
  /// No element is on its way meanwhile.
  prefetch_body(const prefetch_body& other) : prefetch_body(other, std::lock_guard(other.producing_)) {}
  ~prefetch_body() { end(); }

  void begin(std::uint64_t pass) {
    end();
    first_ = count_ = 0;
    ended_ = stopped_ = false;
    for (slot& s : ring_) s.error = nullptr;
    upstream_.begin(pass);
  }
  bool next(value_type& to) {
    std::unique_lock lock(mutex_);
    if (!worker_.joinable() && !ended_ && !stopped_) worker_ = std::thread([this] { produce(); });
    filled_.wait(lock, [this] { return count_ > 0 || ended_ || stopped_; });
    if (count_ == 0 || stopped_) return false;
    slot& s = ring_[first_];
    std::exception_ptr error = std::exchange(s.error, nullptr);
    if (!error) hand_over(s.value, to);
    first_ = (first_ + 1) % ring_.size();
    --count_;
    emptied_.notify_one();
    lock.unlock();
    if (error) std::rethrow_exception(error);
    return true;
  }
  void archive(pipeline_state& s) {
    const std::lock_guard still(producing_);   // no element is on its way
    const std::lock_guard lock(mutex_);
    s.stage("prefetch");
    upstream_.archive(s);
    s.same(ring_.size(), "depth");
    s(count_);
    s(ended_);
    if (count_ > ring_.size()) tfx::detail::fail("data: the state of a pipeline has more elements than its buffer");
    for (std::size_t i = 0; i < count_; ++i) {
      slot& x = ring_[(first_ + i) % ring_.size()];
      s(x.error);
      if (!x.error) s(x.value);
    }
  }
  void cancel() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    filled_.notify_all();
    emptied_.notify_all();
    upstream_.cancel();
  }
  void join() {
    if (worker_.joinable()) worker_.join();
    upstream_.join();
  }

private:
  struct slot {
    value_type value{};
    std::exception_ptr error;
  };
  prefetch_body(const prefetch_body& other, const std::lock_guard<std::mutex>&) : upstream_(other.upstream_), ring_(other.ring_.size()) {}
  void end() {
    cancel();
    join();
  }
  void produce() {
    for (;;) {
      {
        std::unique_lock lock(mutex_);
        emptied_.wait(lock, [this] { return count_ < ring_.size() || stopped_; });
        if (stopped_) return;
      }
      const std::lock_guard on_its_way(producing_);
      std::size_t at;
      {
        const std::lock_guard lock(mutex_);
        at = (first_ + count_) % ring_.size();   // it does not move while elements are taken
      }
      bool more = true;
      try {
        more = upstream_.next(ring_[at].value);
      } catch (...) {
        ring_[at].error = std::current_exception();
      }
      {
        const std::lock_guard lock(mutex_);
        if (more) ++count_;
        else if (!stopped_) ended_ = true;
      }
      filled_.notify_one();
      if (!more) return;
    }
  }

  Up upstream_;
  std::vector<slot> ring_;
  std::size_t first_ = 0, count_ = 0;
  bool ended_ = false, stopped_ = false;
  std::mutex mutex_;
  mutable std::mutex producing_;
  std::condition_variable filled_, emptied_;
  std::thread worker_;
};
struct prefetch_stage : stage {
  std::size_t depth;
  template <class Up> auto over(Up up) const { return boxed(std::make_unique<prefetch_body<Up>>(std::move(up), depth)); }
};

}  // namespace detail

/// What comes before runs in a thread of its own, up to `depth` elements ahead: what is slow to read costs no more time than
/// what is done with it, and the other way round.
///
/// Errors     those of earlier stages, where their element would have been
inline detail::prefetch_stage prefetch(std::size_t depth = 2) {
  if (depth == 0) tfx::detail::fail("data: prefetch is at least one element ahead");
  return {{}, depth};
}

}  // namespace tfx::data
