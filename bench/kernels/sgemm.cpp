// SPDX-License-Identifier: Apache-2.0
//
// Products of float matrices on one thread, in tfx and, as far as they are installed, in Eigen, OpenBLAS and oneDNN.
// Shapes are written rows x contracted x columns; all matrices are row-major.
#include <benchmark/benchmark.h>

#if defined(TFX_BENCH_EIGEN)
#include <Eigen/Core>
#endif
#if defined(TFX_BENCH_OPENBLAS)
#include <cblas.h>
#endif
#if defined(TFX_BENCH_ONEDNN)
#include <dnnl.h>
#endif

#include "../support/against.hpp"
#include "../support/compiled.hpp"
#include "../support/products.hpp"

namespace {

using namespace tfx;

struct product {
  constexpr auto operator()(auto a, auto b) const { return matmul(a, b); }
};

template <int M, int K, int N> void finish(benchmark::State& state) {
  bench::report(state, 2.0 * M * K * N, 4.0 * (double(M) * K + double(K) * N + double(M) * N));
}

template <int M, int K, int N> void with_tfx(benchmark::State& state) {
  bench::compiled<product, shape<M, K>, shape<K, N>> work;
  for (auto _ : state) {
    work.run();
    benchmark::ClobberMemory();
  }
  finish<M, K, N>(state);
}

/// Another library's f(a, b, c).
template <int M, int K, int N, class F> void with(benchmark::State& state, F f) {
  const bench::aligned_buffer a(M * K, 0.5f), b(K * N, 0.25f), c(M * N);
  for (auto _ : state) {
    f(a.data(), b.data(), c.data());
    benchmark::ClobberMemory();
  }
  finish<M, K, N>(state);
}

template <int M, int K, int N> void add() {
  const std::string name = "/sgemm " + std::to_string(M) + "x" + std::to_string(K) + "x" + std::to_string(N);
  benchmark::RegisterBenchmark(("tfx" + name).c_str(), with_tfx<M, K, N>);
#if defined(TFX_BENCH_EIGEN)
  benchmark::RegisterBenchmark(("eigen" + name).c_str(), [](benchmark::State& state) {
    using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    with<M, K, N>(state, [](float* a, float* b, float* c) {
      const Eigen::Map<const matrix> left(a, M, K), right(b, K, N);
      Eigen::Map<matrix>(c, M, N).noalias() = left * right;
    });
  });
#endif
#if defined(TFX_BENCH_OPENBLAS)
  benchmark::RegisterBenchmark(("openblas" + name).c_str(), [](benchmark::State& state) {
    with<M, K, N>(state, [](float* a, float* b, float* c) {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, M, N, K, 1, a, K, b, N, 0, c, N);
    });
  });
#endif
#if defined(TFX_BENCH_ONEDNN)
  benchmark::RegisterBenchmark(("onednn" + name).c_str(), [](benchmark::State& state) {
    with<M, K, N>(state, [](float* a, float* b, float* c) { dnnl_sgemm('N', 'N', M, N, K, 1, a, K, b, N, 0, c, N); });
  });
#endif
}

}  // namespace

int main(int count, char** arguments) {
  bench::for_products([]<int M, int K, int N>() { add<M, K, N>(); });
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
}
