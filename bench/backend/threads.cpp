// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <tfx/backend/threads/pool.hpp>

namespace {

/// What an empty fork and join costs.
void fork_join(benchmark::State& state) {
  tfx::backend::pool p(int(state.range(0)));
  for (auto _ : state)
    p.run(
        p.threads(), [](void*, int) { benchmark::ClobberMemory(); }, nullptr);
}

/// Two halves of a piece of work, against the whole by one thread.
void two_halves(benchmark::State& state) {
  tfx::backend::pool p(int(state.range(0)));
  for (auto _ : state) {
    p.run(
        2,
        [](void*, int part) {
          double x = part;
          for (int i = 0; i < 4000; ++i) benchmark::DoNotOptimize(x = x * 0.5 + 1);
        },
        nullptr);
  }
}

}  // namespace

BENCHMARK(fork_join)->Arg(1)->Arg(2)->Arg(3)->Arg(4)->UseRealTime();
BENCHMARK(two_halves)->Arg(1)->Arg(2)->UseRealTime();
BENCHMARK_MAIN();
