// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: threads

#include <tfx/backend/simd/backend.hpp>
#include <tfx/backend/threads/pool.hpp>

namespace tfx::backend {

/// The kernels of another backend on N threads. Each thread makes its share of the outputs of a launch; contractions and
/// reductions are never split, so the bits are those of one thread. A launch too small to gain from it stays on one.
///
/// All programs with the same N share one pool; a pool that is busy leaves the caller to do the work alone.
/// `workers().use(n)` makes do with fewer threads from then on, `workers().pin(cores)` says where they run.
template <int N, class Inner = simd<>> struct threads {
  static_assert(N >= 1, "tfx::backend::threads: at least one thread");
  using kernel_backend = Inner;
  template <class T> using lanes = typename Inner::template lanes<T>;
  static constexpr int parts = N;

  static pool& workers() {
    static pool shared(N);
    return shared;
  }
  /// Threads that take part now.
  static int available() { return workers().threads(); }
  /// Calls work(part) for every part below `count`, at most `available()` of them at a time.
  template <class Work> static void fork(int count, const Work& work) {
    workers().run(
        count, [](void* context, int part) { (*static_cast<const Work*>(context))(part); }, const_cast<Work*>(&work));
  }
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t scratch_per_part, int useful) {
    if (useful <= 1) return kernel(c);
    const int most = available(), share = useful < most ? useful : most;
    if (share <= 1) return kernel(c);
    fork(share, [&](int part) {
      call<T> mine = c;
      mine.part = part;
      mine.parts = share;
      mine.scratch = c.scratch + scratch_per_part * std::size_t(part);
      kernel(mine);
    });
  }
};

}  // namespace tfx::backend
