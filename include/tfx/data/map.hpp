// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include <tfx/core/random.hpp>
#include <tfx/data/boxed.hpp>
#include <tfx/data/pipeline.hpp>

namespace tfx::data {

struct map_options {
  int threads = 1;           ///< 1: in the thread that asks for elements
  bool in_order = true;      ///< false: elements as they are done
  int ahead = 2;             ///< elements that are worked on or wait, for each thread
  std::uint64_t seed = 0;    ///< of the random numbers that the function is given
};

namespace detail {

inline constexpr std::uint32_t map_site = site_of("data/map", 8);

template <class F, class E> constexpr bool wants_random() {
  if constexpr (takes<F, E>) {
    return false;
  } else if constexpr (takes<F, E, random_stream>) {
    return true;
  } else if constexpr (requires { std::tuple_size<E>::value; }) {
    return []<std::size_t... K>(std::index_sequence<K...>) {
      return std::invocable<const F&, std::tuple_element_t<K, E>&..., random_stream>;
    }(std::make_index_sequence<std::tuple_size_v<E>>{});
  } else {
    return false;
  }
}
/// f(element), or f(element, random numbers of its place in the pass).
template <class F, class E> decltype(auto) call_at(const F& f, E& element, const map_options& o, std::uint64_t pass, std::uint64_t at) {
  if constexpr (wants_random<F, E>()) return call(f, element, random_stream{o.seed ^ pass * 0x9E3779B97F4A7C15u, at, map_site});
  else return call(f, element);
}

template <class Up, class F> class map_body {
  using given = typename Up::value_type;

public:
  using value_type = std::remove_cvref_t<decltype(call_at(std::declval<const F&>(), std::declval<given&>(), map_options{}, 0, 0))>;
  map_body(Up up, F f, map_options o) : upstream_(std::move(up)), f_(std::move(f)), options_(o) { make_slots(); }
  /// No element is pulled meanwhile.
  map_body(const map_body& other) : map_body(other, std::lock_guard(other.pulling_)) {}
  ~map_body() { end(); }

  void begin(std::uint64_t pass) {
    end();
    make_slots();
    pass_ = pass;
    ended_ = stopped_ = false;
    upstream_.begin(pass);
  }
  bool next(value_type& to) {
    if (options_.threads <= 1) {
      if (!restored_.empty()) return give_restored(to);
      taken_ = ++pulled_;   // also where what comes before fails
      if (!upstream_.next(slots_[0].in)) {
        taken_ = --pulled_;
        return false;
      }
      to = call_at(f_, slots_[0].in, options_, pass_, pulled_ - 1);
      return true;
    }
    std::unique_lock lock(mutex_);
    if (workers_.empty() && !ended_ && !stopped_) start();
    if (!restored_.empty() && !stopped_) return give_restored(to);
    int& which = order_[taken_ % order_.size()];
    done_.wait(lock, [&] { return which >= 0 || (ended_ && taken_ == pulled_) || stopped_; });
    if (which < 0 || stopped_) return false;
    slot& s = slots_[std::size_t(which)];
    std::exception_ptr error = std::exchange(s.error, nullptr);
    if (!error) hand_over(s.out, to);
    free_.push_back(which);
    which = -1;
    ++taken_;
    freed_.notify_one();
    lock.unlock();
    if (error) std::rethrow_exception(error);
    return true;
  }
  void archive(pipeline_state& s) {
    const std::lock_guard still(pulling_);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
    s.stage("map");
    upstream_.archive(s);
    s.same(options_.seed, "seed");
    s(pass_);
    s(ended_);
    s(pulled_);
    std::uint64_t waiting = restored_.size() + (pulled_ - taken_);
    s(waiting);
    if (s.loading()) {
      taken_ = finished_ = pulled_;
      for (std::uint64_t i = 0; i < waiting; ++i) archive(s, restored_.emplace_back());
    } else {
      for (result& r : restored_) archive(s, r);
      for (std::uint64_t i = taken_; i < pulled_; ++i) archive(s, slots_[std::size_t(order_[i % order_.size()])]);
    }
  }
  void cancel() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    freed_.notify_all();
    done_.notify_all();
    upstream_.cancel();
  }
  void join() {
    for (std::thread& t : workers_) t.join();
    workers_.clear();
    upstream_.join();
  }

private:
  struct result {
    value_type out{};
    std::exception_ptr error;
  };
  struct slot : result {
    given in{};
  };
  map_body(const map_body& other, const std::lock_guard<std::mutex>&) : upstream_(other.upstream_), f_(other.f_), options_(other.options_) { make_slots(); }
  static void archive(pipeline_state& s, result& r) {
    s(r.error);
    if (!r.error) s(r.out);
  }
  bool give_restored(value_type& to) {
    result r = std::move(restored_.front());
    restored_.pop_front();
    if (r.error) std::rethrow_exception(r.error);
    hand_over(r.out, to);
    return true;
  }
  void make_slots() {
    const int n = options_.threads <= 1 ? 1 : options_.threads * (options_.ahead < 1 ? 1 : options_.ahead);
    slots_.resize(std::size_t(n));
    for (slot& s : slots_) s.error = nullptr;
    restored_.clear();
    order_.assign(std::size_t(n), -1);
    free_.clear();
    for (int i = 0; i < n; ++i) free_.push_back(i);
    pulled_ = taken_ = finished_ = 0;
    working_ = 0;
  }
  void start() {
    for (int i = 0; i < options_.threads; ++i) workers_.emplace_back([this] { work(); });
  }
  void end() {
    cancel();
    join();
  }
  void work() {
    for (;;) {
      int which;
      {
        std::unique_lock lock(mutex_);
        freed_.wait(lock, [this] { return !free_.empty() || ended_ || stopped_; });
        if (ended_ || stopped_) return;
        which = free_.back();
        free_.pop_back();
      }
      slot& s = slots_[std::size_t(which)];
      std::uint64_t place = 0;
      if (!pull(which, s, place)) return;
      if (!s.error) {
        try {
          s.out = call_at(f_, s.in, options_, pass_, place);
        } catch (...) {
          s.error = std::current_exception();
        }
      }
      {
        const std::lock_guard lock(mutex_);
        order_[(options_.in_order ? place : finished_) % order_.size()] = which;
        ++finished_;
        --working_;
      }
      done_.notify_all();
    }
  }
  /// One at a time: an element and its place.
  bool pull(int which, slot& s, std::uint64_t& place) {
    const std::lock_guard alone(pulling_);
    bool more = true;
    {
      const std::lock_guard lock(mutex_);
      if (ended_ || stopped_) more = false;
    }
    try {
      more = more && upstream_.next(s.in);
    } catch (...) {
      s.error = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      if (more) {
        place = pulled_++;
        ++working_;
        return true;
      }
      if (!stopped_) ended_ = true;
      free_.push_back(which);
    }
    freed_.notify_all();
    done_.notify_all();
    return false;
  }

  Up upstream_;
  F f_;
  map_options options_;
  std::vector<slot> slots_;
  std::deque<result> restored_;     ///< those that waited when the state was saved come first, whatever threads there were
  std::vector<int> free_, order_;   ///< slots without an element; those of the elements to be given, or -1
  std::uint64_t pass_ = 0, pulled_ = 0, taken_ = 0, finished_ = 0;
  int working_ = 0;
  bool ended_ = false, stopped_ = false;
  std::mutex mutex_;
  mutable std::mutex pulling_;
  std::condition_variable freed_, done_;
  std::vector<std::thread> workers_;
};
template <class F> struct map_stage : stage {
  F f;
  map_options options;
  template <class Up> auto over(Up up) const { return boxed(std::make_unique<map_body<Up, F>>(std::move(up), f, options)); }
};

}  // namespace detail

/// Each element becomes f(element); the parts of a pair or tuple may be given one by one. Where f takes a `random_stream` more, it is
/// one that depends on the seed, the pass and the place of the element alone.
///
///     ... | data::map([](const auto& x, int label) { return std::pair(scaled(x), label); })
///     ... | data::map(decode, {.threads = 4})
///
/// Results in order are the same bits on any number of threads. With several, f is called from them at the same time.
/// Errors     those of f, where its element would have been
template <class F> detail::map_stage<F> map(F f, map_options options = {}) { return {{}, std::move(f), options}; }

}  // namespace tfx::data
