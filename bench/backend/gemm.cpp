// SPDX-License-Identifier: Apache-2.0
#include <benchmark/benchmark.h>

#include <tfx/backend/simd/gemm.hpp>

#include "peak.hpp"

namespace {

using namespace tfx;

template <int M, int N, int K, int Flags> struct product {
  static constexpr geometry geo = {{M, N, K, Flags}};
  static constexpr int rows = M, cols = N;
};

/// Stands for a fused epilogue: y = max(0, x) over every block.
void rectify(const call<float>& a, int row, int rows, int col, int cols, const float* block, std::ptrdiff_t stride) {
  float* const y = static_cast<float*>(a.operand[2]);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < cols; ++j) {
      const float x = block[i * stride + j];
      y[std::ptrdiff_t(row + i) * a.cols + col + j] = 0 > x ? 0 : x;
    }
  }
}

template <int M, int N, int K, int Flags> void matmul(benchmark::State& state) {
  using p = product<M, N, K, Flags>;
  using producer = backend::simd_matmul<float>;
  const bench::aligned_buffer a(M * K, 0.5f), b(K * N, 0.25f), y(M * N, 0);
  const bench::aligned_buffer scratch(producer::scratch(p::geo, M, N), 0);
  void* operands[] = {a.data(), b.data(), y.data()};
  call<float> c;
  c.operand = operands;
  c.rows = M;
  c.cols = N;
  c.geo = p::geo.v;
  c.contracted = K;
  c.scratch = scratch.data();
  c.tiles = producer::tiles<p>();
  const bool fused = state.range(0) != 0;
  for (auto _ : state) {
    producer::run(c, fused ? nullptr : y.data(), fused ? &rectify : nullptr);
    benchmark::ClobberMemory();
  }
  bench::report(state, double(M) * N * K);
}

}  // namespace

BENCHMARK(matmul<64, 256, 784, 0>)->Arg(0)->Arg(1);
BENCHMARK(matmul<64, 128, 256, 0>)->Arg(0)->Arg(1);
BENCHMARK(matmul<64, 10, 128, 0>)->Arg(0)->Arg(1);
BENCHMARK(matmul<784, 256, 64, 1>)->Arg(0)->Arg(1);
BENCHMARK(matmul<256, 128, 64, 1>)->Arg(0)->Arg(1);
BENCHMARK(matmul<64, 784, 256, 2>)->Arg(0)->Arg(1);
BENCHMARK(matmul<256, 512, 512, 0>)->Arg(0)->Arg(1);
BENCHMARK(matmul<512, 512, 512, 0>)->Arg(0)->Arg(1);
BENCHMARK(matmul<1024, 1024, 1024, 0>)->Arg(0);
BENCHMARK(matmul<1, 256, 784, 0>)->Arg(0);
BENCHMARK_MAIN();
