// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#if defined(__linux__)
#include <pthread.h>
#include <sched.h>
#endif

namespace tfx::backend {

/// Threads that wait for parts of work: spinning at first, since a step of a program is a few microseconds, then
/// asleep.
///
///     pool.run(parts, [](void* context, int part) { ... }, &context);
///
/// Part p belongs to thread p % threads, always the same one, so that its operands stay in that core's cache. The
/// caller is thread 0. A thread that is late (asleep, preempted) finds its parts done by the caller. Nothing is
/// allocated in `run`. A pool that is busy, with another thread's work or with the work that calls it, makes `run` do
/// all parts itself. The function must not throw.
class pool {
 public:
  using function = void (*)(void* context, int part);

  /// A pool of `threads` threads including the caller's.
  explicit pool(int threads)
      : threads_(threads < 1 ? 1 : threads), workers_(std::make_unique<worker[]>(std::size_t(threads_))) {
    for (int i = 1; i < threads_; ++i) workers_[std::size_t(i)].thread = std::thread([this, i] { serve(i); });
  }

  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  ~pool() {
    stop_.store(true, std::memory_order_relaxed);
    ++generation_;
    for (int i = 1; i < threads_; ++i) publish(workers_[std::size_t(i)], 0);
    for (int i = 1; i < threads_; ++i) workers_[std::size_t(i)].thread.join();
  }

  /// Threads that take part in a run, including the caller's.
  int threads() const { return used_.load(std::memory_order_relaxed); }

  /// From the next run on, `threads` of the pool's threads take part. Throws std::invalid_argument if it has fewer.
  void use(int threads) {
    if (threads < 1 || threads > threads_)
      throw std::invalid_argument("tfx: a pool of " + std::to_string(threads_) + " threads can use 1 to " +
                                  std::to_string(threads_) + ", not " + std::to_string(threads));
    used_.store(threads, std::memory_order_relaxed);
  }

  /// Keeps thread i of the pool on the processor cores[i]; cores[0] is the caller's and left to it. Throws
  /// std::invalid_argument if there are fewer cores than threads, std::system_error where the system refuses.
  void pin(std::span<const int> cores) {
    if (int(cores.size()) < threads_)
      throw std::invalid_argument("tfx: a pool of " + std::to_string(threads_) + " threads needs as many cores, not " +
                                  std::to_string(cores.size()));
    for (int i = 1; i < threads_; ++i) pin_thread(workers_[std::size_t(i)].thread, cores[std::size_t(i)]);
  }

  /// Calls f(context, part) for every part below `parts` (at most 65535) and returns when all are done.
  void run(int parts, function f, void* context) {
    const int threads = used_.load(std::memory_order_relaxed);
    if (parts <= 1 || threads == 1 || busy_.test_and_set(std::memory_order_acquire)) {
      for (int part = 0; part < parts; ++part) f(context, part);
      return;
    }
    ++generation_;
    stride_.store(threads, std::memory_order_relaxed);
    remaining_.store(parts, std::memory_order_relaxed);
    for (int i = 0; i < threads && i < parts; ++i) {
      worker& each = workers_[std::size_t(i)];
      each.f = f;
      each.context = context;
      publish(each, parts);
    }
    work(0, generation_);
    for (int spins = 0; remaining_.load(std::memory_order_acquire) > 0; ++spins) {
      pause();
      if (spins < patience) continue;
      for (int i = 1; i < threads && i < parts; ++i) work(i, generation_);
      if (spins > long_wait) std::this_thread::yield();
    }
    busy_.clear(std::memory_order_release);
  }

 private:
  /// What one thread has to do: generation, parts in all and its next part, in one word, so that a claim is one
  /// exchange.
  struct alignas(64) worker {
    std::atomic<std::uint64_t> state{0};
    function f = nullptr;
    void* context = nullptr;
    std::atomic<std::uint32_t> sleeping{0}, wake{0};
    std::thread thread;
  };

  static constexpr int patience = 1 << 8, long_wait = 1 << 14, spins_before_sleep = 1 << 14;

  static std::uint32_t generation_of(std::uint64_t state) { return std::uint32_t(state >> 32); }

  void publish(worker& to, int parts) {
    // Sequentially consistent, as the worker's two accesses: either it sees this, or its sleep is seen here.
    to.state.store(std::uint64_t(generation_) << 32 | std::uint64_t(parts) << 16);
    if (to.sleeping.load() != 0) {
      to.wake.fetch_add(1);
      to.wake.notify_one();
    }
  }

  /// Does what is left of thread `index`'s parts.
  void work(int index, std::uint32_t generation) {
    worker& from = workers_[std::size_t(index)];
    std::uint64_t state = from.state.load(std::memory_order_acquire);
    while (generation_of(state) == generation) {
      const int parts = int(state >> 16 & 0xffff), turn = int(state & 0xffff), part = index + turn * stride_.load(std::memory_order_relaxed);
      if (part >= parts) return;
      if (!from.state.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel, std::memory_order_acquire))
        continue;
      from.f(from.context, part);
      remaining_.fetch_sub(1, std::memory_order_release);
      state = from.state.load(std::memory_order_acquire);
    }
  }

  void serve(int index) {
    worker& self = workers_[std::size_t(index)];
    for (std::uint32_t done = 0;;) {
      const std::uint32_t generation = wait_for_work(self, done);
      if (stop_.load(std::memory_order_relaxed)) return;
      work(index, generation);
      done = generation;
    }
  }

  static std::uint32_t wait_for_work(worker& self, std::uint32_t done) {
    for (;;) {
      for (int spins = 0; spins < spins_before_sleep; ++spins) {
        const std::uint32_t generation = generation_of(self.state.load(std::memory_order_acquire));
        if (generation != done) return generation;
        pause();
      }
      const std::uint32_t wake = self.wake.load();
      self.sleeping.store(1);
      if (generation_of(self.state.load()) == done) self.wake.wait(wake);
      self.sleeping.store(0);
    }
  }

  static void pin_thread(std::thread& thread, int core) {
#if defined(__linux__)
    int wrong = EINVAL;
    if (core >= 0 && core < CPU_SETSIZE) {
      cpu_set_t set;
      CPU_ZERO(&set);
      CPU_SET(std::size_t(core), &set);
      wrong = pthread_setaffinity_np(thread.native_handle(), sizeof set, &set);
    }
#else
    const int wrong = ENOTSUP;
    static_cast<void>(thread);
#endif
    if (wrong != 0)
      throw std::system_error(wrong, std::generic_category(), "tfx: pin a thread to core " + std::to_string(core));
  }

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  const int threads_;
  std::uint32_t generation_ = 0;  // only the thread that holds busy_ writes it
  std::atomic_flag busy_ = ATOMIC_FLAG_INIT;
  std::atomic<bool> stop_{false};
  std::atomic<int> used_{threads_};   // threads of the next run
  std::atomic<int> stride_{threads_}; // threads of this run
  alignas(64) std::atomic<int> remaining_{0};
  std::unique_ptr<worker[]> workers_;
};

}  // namespace tfx::backend
