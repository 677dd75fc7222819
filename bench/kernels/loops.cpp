// SPDX-License-Identifier: Apache-2.0
//
// Loops bound by memory, on one thread: softmax, layer normalisation, Adam's update, a copy, a chain of five operations
// and a sum, in tfx and, where it is installed, in Eigen. Sizes lie in each level of the memory of usual processors.
#include <benchmark/benchmark.h>

#if defined(TFX_BENCH_EIGEN)
#include <Eigen/Core>
#endif

#include "../support/against.hpp"
#include "../support/compiled.hpp"

namespace {

using namespace tfx;

struct softmax_rows {
  constexpr auto operator()(auto x) const { return softmax(x); }
};
struct layer_norm_rows {   // one division a row, as in nn::layer_norm
  constexpr auto operator()(auto x) const {
    const auto centred = x - mean<1>(x, keep_dims);
    return centred * (1 / sqrt(mean<1>(centred * centred, keep_dims) + 1e-5));
  }
};
struct adam_update {
  constexpr auto operator()(auto p, auto m, auto v, auto g) const {
    const auto first = 0.9 * m + 0.1 * g, second = 0.999 * v + 0.001 * g * g;
    return outputs(p - 1e-3 * first / (sqrt(second) + 1e-8), first, second);
  }
};
struct copy {
  constexpr auto operator()(auto x) const { return x + 0; }
};
struct five_operations {
  constexpr auto operator()(auto a, auto b) const { return relu(a * b + 0.5) * b - a; }
};
struct sum_of_all {
  constexpr auto operator()(auto x) const { return sum(x); }
};

/// One iteration of `work` does so many operations and moves so many floats.
template <class Work> void measure(benchmark::State& state, Work& work, double flops, double floats,
                                   bench::traffic kind = bench::traffic::copy, double held = 0) {
  for (auto _ : state) {
    work.run();
    benchmark::ClobberMemory();
  }
  bench::report(state, flops, 4 * floats, kind, 4 * held);
}

template <class F, int Rows, int Cols> void rows(benchmark::State& state) {
  bench::compiled<F, shape<Rows, Cols>> work;
  constexpr double n = double(Rows) * Cols;
  measure(state, work, 8 * n, 2 * n);
}
template <int N> void adam(benchmark::State& state) {
  bench::compiled<adam_update, shape<N>, shape<N>, shape<N>, shape<N>> work;
  std::fill_n(work.input(2), N, 0.5f);
  for (int k = 0; k < 3; ++k) work.in_place(k, k);
  measure(state, work, 11.0 * N, 7.0 * N, bench::traffic::update, 4.0 * N);
}
template <class F, int N> void one_to_one(benchmark::State& state) {
  bench::compiled<F, shape<N>> work;
  measure(state, work, 0, 2.0 * N);
}
template <int N> void chain(benchmark::State& state) {
  bench::compiled<five_operations, shape<N>, shape<N>> work;
  measure(state, work, 5.0 * N, 3.0 * N);
}
template <int N> void total(benchmark::State& state) {
  bench::compiled<sum_of_all, shape<N>> work;
  measure(state, work, 1.0 * N, 1.0 * N, bench::traffic::read);
}

#if defined(TFX_BENCH_EIGEN)
using column = Eigen::Map<Eigen::ArrayXf, Eigen::Aligned64>;

template <int N> void eigen_chain(benchmark::State& state) {
  const bench::aligned_buffer x(N, 0.5f), y(N, 0.25f), z(N);
  const column a(x.data(), N), b(y.data(), N);
  column result(z.data(), N);
  for (auto _ : state) {
    result = (a * b + 0.5f).max(0.0f) * b - a;
    benchmark::ClobberMemory();
  }
  bench::report(state, 5.0 * N, 12.0 * N);
}
template <int N> void eigen_total(benchmark::State& state) {
  const bench::aligned_buffer x(N, 0.5f);
  const column a(x.data(), N);
  for (auto _ : state) benchmark::DoNotOptimize(a.sum());
  bench::report(state, 1.0 * N, 4.0 * N, bench::traffic::read);
}
template <int N> void eigen_adam(benchmark::State& state) {
  const bench::aligned_buffer buffer[4] = {bench::aligned_buffer(N, 0.5f), bench::aligned_buffer(N, 0.1f),
                                           bench::aligned_buffer(N, 0.2f), bench::aligned_buffer(N, 0.3f)};
  column p(buffer[0].data(), N), m(buffer[1].data(), N), v(buffer[2].data(), N), g(buffer[3].data(), N);
  for (auto _ : state) {
    for (int i = 0; i < N; i += 1024) {  // three statements, block by block: one pass through memory
      const int n = std::min(1024, N - i);
      m.segment(i, n) = 0.9f * m.segment(i, n) + 0.1f * g.segment(i, n);
      v.segment(i, n) = 0.999f * v.segment(i, n) + 0.001f * g.segment(i, n).square();
      p.segment(i, n) -= 1e-3f * m.segment(i, n) / (v.segment(i, n).sqrt() + 1e-8f);
    }
    benchmark::ClobberMemory();
  }
  bench::report(state, 11.0 * N, 28.0 * N, bench::traffic::update, 16.0 * N);
}
#define WITH_EIGEN(text, ...) BENCHMARK(__VA_ARGS__)->Name("eigen/" text)
#else
#define WITH_EIGEN(...) static_assert(true)
#endif

}  // namespace

BENCHMARK(rows<softmax_rows, 32, 128>)->Name("tfx/softmax 32x128");
BENCHMARK(rows<softmax_rows, 1024, 128>)->Name("tfx/softmax 1024x128");
BENCHMARK(rows<softmax_rows, 4096, 512>)->Name("tfx/softmax 4096x512");
BENCHMARK(rows<layer_norm_rows, 16, 256>)->Name("tfx/layer norm 16x256");
BENCHMARK(rows<layer_norm_rows, 1024, 256>)->Name("tfx/layer norm 1024x256");
BENCHMARK(rows<layer_norm_rows, 8192, 256>)->Name("tfx/layer norm 8192x256");
BENCHMARK(adam<1 << 10>)->Name("tfx/adam 2^10");
BENCHMARK(adam<1 << 16>)->Name("tfx/adam 2^16");
BENCHMARK(adam<235146>)->Name("tfx/adam 235146");
BENCHMARK(adam<1 << 24>)->Name("tfx/adam 2^24");
WITH_EIGEN("adam 2^10", eigen_adam<1 << 10>);
WITH_EIGEN("adam 2^16", eigen_adam<1 << 16>);
WITH_EIGEN("adam 235146", eigen_adam<235146>);
WITH_EIGEN("adam 2^24", eigen_adam<1 << 24>);
BENCHMARK(one_to_one<copy, 1 << 11>)->Name("tfx/copy 2^11");
BENCHMARK(one_to_one<copy, 1 << 17>)->Name("tfx/copy 2^17");
BENCHMARK(one_to_one<copy, 1 << 20>)->Name("tfx/copy 2^20");
BENCHMARK(one_to_one<copy, 1 << 24>)->Name("tfx/copy 2^24");
BENCHMARK(chain<1 << 10>)->Name("tfx/chain of 5, 2^10");
BENCHMARK(chain<1 << 16>)->Name("tfx/chain of 5, 2^16");
BENCHMARK(chain<1 << 20>)->Name("tfx/chain of 5, 2^20");
BENCHMARK(chain<1 << 24>)->Name("tfx/chain of 5, 2^24");
WITH_EIGEN("chain of 5, 2^10", eigen_chain<1 << 10>);
WITH_EIGEN("chain of 5, 2^16", eigen_chain<1 << 16>);
WITH_EIGEN("chain of 5, 2^20", eigen_chain<1 << 20>);
WITH_EIGEN("chain of 5, 2^24", eigen_chain<1 << 24>);
BENCHMARK(total<1 << 12>)->Name("tfx/sum 2^12");
BENCHMARK(total<1 << 17>)->Name("tfx/sum 2^17");
BENCHMARK(total<1 << 20>)->Name("tfx/sum 2^20");
BENCHMARK(total<1 << 24>)->Name("tfx/sum 2^24");
WITH_EIGEN("sum 2^12", eigen_total<1 << 12>);
WITH_EIGEN("sum 2^17", eigen_total<1 << 17>);
WITH_EIGEN("sum 2^20", eigen_total<1 << 20>);
WITH_EIGEN("sum 2^24", eigen_total<1 << 24>);
BENCHMARK_MAIN();
