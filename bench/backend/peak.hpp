// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <new>

#include <benchmark/benchmark.h>

#include <tfx/backend/simd/tile.hpp>

namespace tfx::bench {

/// Multiply-adds per second of a tile whose operands are a few cache lines: what the processor can do at most.
inline double peak() {
  static const double best = [] {
    alignas(64) static float a[64], b[64], c[64 * 64];
    const auto* table = static_cast<const backend::tile_table<float>*>(backend::choose_table<float, 14, 32>());
    const backend::tile_set<float>& set = table->set[backend::instruction_set()];
    backend::tile_call<float> call;
    call.a = a;
    call.b = b;
    call.c = c;
    call.a_row = 1;
    call.c_row = 64;
    call.depth = 4096;
    call.cols = set.panel();
    double fastest = 0;
    for (int i = 0; i < 200; ++i) {
      const auto start = std::chrono::steady_clock::now();
      set.full(call);
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      const double rate = 4096.0 * set.rows * set.panel() / seconds.count();
      if (rate > fastest) fastest = rate;
    }
    return fastest;
  }();
  return best;
}

/// Memory on a cache line, as programs lay out their buffers.
class aligned_buffer {
 public:
  aligned_buffer(std::size_t count, float value) : data_(new (std::align_val_t(64)) float[count]) {
    for (std::size_t i = 0; i < count; ++i) data_.get()[i] = value;
  }
  float* data() const { return data_.get(); }

 private:
  struct release {
    void operator()(float* p) const { ::operator delete[](p, std::align_val_t(64)); }
  };
  std::unique_ptr<float, release> data_;
};

/// Adds the share of the peak to a benchmark whose iteration does this many multiply-adds.
inline void report(benchmark::State& state, double multiply_adds) {
  state.counters["peak"] = benchmark::Counter(multiply_adds / peak(), benchmark::Counter::kIsIterationInvariantRate);
}

}  // namespace tfx::bench
