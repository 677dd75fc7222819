// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include "../support/ceilings.hpp"

namespace tfx::bench {

/// Adds the share of the peak to a benchmark whose iteration does this many multiply-adds.
inline void report(benchmark::State& state, double multiply_adds) {
  static const double peak = peak_flops() / 2;
  state.counters["peak"] = benchmark::Counter(multiply_adds / peak, benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace tfx::bench
