// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace tfx {

/// What one core of a processor can do at most, in numbers that anybody can measure: `bench/compile/machine` prints them
/// for the machine it runs on.
///
///     inline constexpr machine mine{.gigaflops = 90, .levels = {{32_KiB, 250}, {1_MiB, 90}, {32_MiB, 30}, {0, 12}}};
///     explain_on<mine, model<net, input<64, 28, 28>>>()
struct machine {
  /// A cache: its bytes, 0 for memory itself, and 10^9 bytes per second.
  struct level {
    std::size_t bytes = 0;
    double gigabytes = 0;
  };
  double gigaflops =
      90;  ///< 10^9 floating-point operations per second, a multiply-add is two; a core with AVX2 at 3 GHz
  level levels[4] = {{32 * 1024, 250}, {1024 * 1024, 90}, {32 * 1024 * 1024, 30}, {0, 12}};
};

/// The roofline of some work on a machine: it takes at least as long as its operations at the peak, and as moving its
/// bytes from the smallest level that holds all of them.
///
/// Source     Williams, Waterman and Patterson 2009
struct roofline {
  double compute = 0, traffic = 0;  ///< nanoseconds

  constexpr roofline(const machine& on, long long flops, long long bytes) {
    const machine::level* from = on.levels;
    while (from->bytes != 0 && static_cast<long long>(from->bytes) < bytes) ++from;
    compute = double(flops) / on.gigaflops;
    traffic = double(bytes) / from->gigabytes;
  }
  constexpr double nanoseconds() const { return compute > traffic ? compute : traffic; }
  /// The share of the machine's peak that memory lets the work reach.
  constexpr double share_of_peak() const { return nanoseconds() > 0 ? compute / nanoseconds() : 0; }
};

}  // namespace tfx
