// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <benchmark/benchmark.h>

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

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

/// The packaged OpenBLAS does not know newer processors and would take slower kernels. It chooses while it is loaded: the
/// program begins once more, told what to take.
inline const bool openblas_told = [] {
  if (getenv("OPENBLAS_NUM_THREADS") != nullptr) return true;
#if defined(__AVX512F__)
  setenv("OPENBLAS_CORETYPE", "SkylakeX", 0);
#endif
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  setenv("OMP_NUM_THREADS", "1", 0);
  static char words[1 << 16];
  std::FILE* const line = std::fopen("/proc/self/cmdline", "rb");
  if (line == nullptr) return false;
  const std::size_t size = std::fread(words, 1, sizeof words - 1, line);
  std::fclose(line);
  std::vector<char*> arguments;
  for (std::size_t i = 0; i < size; i += std::strlen(words + i) + 1) arguments.push_back(words + i);
  arguments.push_back(nullptr);
  execv("/proc/self/exe", arguments.data());
  return false;
}();

}  // namespace tfx::bench
