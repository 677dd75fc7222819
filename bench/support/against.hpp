// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>

#include "ceilings.hpp"

namespace tfx::bench {

/// Adds to a benchmark whose iteration does so many operations (a multiply-add is two) and has to move so many bytes:
/// `flops` and `bytes` per second, and what share they are of what the processor can do, measured in this process:
/// `peak` of the multiply-adds, `bandwidth` of the same kind of traffic in the level of the memory where the data lie.
/// `held` is how much memory that is, where it is not as much as is moved.
inline void report(benchmark::State& state, double flops, double bytes, traffic kind = traffic::copy, double held = 0) {
  using counter = benchmark::Counter;
  constexpr auto rate = counter::kIsIterationInvariantRate;
  state.counters["flops"] = counter(flops, rate);
  state.counters["bytes"] = counter(bytes, rate);
  state.counters["peak"] = counter(flops / peak_flops(), rate);
  state.counters["bandwidth"] = counter(bytes / bandwidth(std::size_t(held > 0 ? held : bytes), kind), rate);
}

/// Before anything of OpenBLAS runs: the packaged one does not know newer processors and would take slower kernels.
inline const bool openblas_told = [] {
#if defined(__AVX512F__)
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
#endif
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  setenv("OMP_NUM_THREADS", "1", 0);
  return true;
}();

}  // namespace tfx::bench
