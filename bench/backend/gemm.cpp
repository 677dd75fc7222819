// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include <tfx/backend/simd/gemm.hpp>
#include <tfx/backend/threads/pool.hpp>

#include "../support/products.hpp"
#include "measure.hpp"
#include "peak.hpp"

namespace {

using namespace tfx;
using producer = backend::simd_matmul<float>;

/// One product, or a batch of them, as the compiler of a program sees it.
template <int Batch, int M, int K, int N, int Flags> struct product {
  static constexpr matmul_geometry geo = {M, N, K, Flags & 1, Flags >> 1, M * K, Batch > 1 ? K * N : 0};
  static constexpr int rows = Batch * M, cols = N;
};

/// What follows the product: nothing, max(0, x + bias), or Adam's update, each over the blocks as a fused kernel does.
enum class epilogue { none, bias_relu, adam };

void bias_relu(const call<float>& a, int row, int rows, int col, int cols, const float* block, std::ptrdiff_t stride) {
  const float* const __restrict bias = static_cast<const float*>(a.operand[3]) + col;
  for (int i = 0; i < rows; ++i) {
    float* const __restrict y = static_cast<float*>(a.operand[2]) + std::ptrdiff_t(row + i) * a.cols + col;
    const float* const __restrict x = block + i * stride;
    for (int j = 0; j < cols; ++j) {
      const float sum = x[j] + bias[j];
      y[j] = 0 > sum ? 0 : sum;
    }
  }
}

void adam(const call<float>& a, int row, int rows, int col, int cols, const float* block, std::ptrdiff_t stride) {
  for (int i = 0; i < rows; ++i) {
    const std::ptrdiff_t at = std::ptrdiff_t(row + i) * a.cols + col;
    float* const __restrict w = static_cast<float*>(a.operand[2]) + at;
    float* const __restrict m = static_cast<float*>(a.operand[4]) + at;
    float* const __restrict v = static_cast<float*>(a.operand[5]) + at;
    const float* const __restrict x = block + i * stride;
    for (int j = 0; j < cols; ++j) {
      m[j] = 0.9f * m[j] + 0.1f * x[j];
      v[j] = 0.999f * v[j] + 0.001f * (x[j] * x[j]);
      w[j] -= 1e-3f * m[j] / (__builtin_sqrtf(v[j]) + 1e-7f);
    }
  }
}

/// Buffers of one product, and a call of it by some threads.
template <class Product> class fixture {
 public:
  static constexpr int m = Product::geo.rows, n = Product::geo.cols, k = Product::geo.depth, batch = Product::rows / m;
  static constexpr double multiply_adds = double(batch) * m * n * k;

  fixture(epilogue after, int threads)
      : workers_(threads),
        after_(after),
        a_(std::size_t(batch) * m * k, 0.5f),
        b_(std::size_t(batch) * k * n, 0.25f),
        y_(std::size_t(batch) * m * n, 0),
        first_(after == epilogue::adam ? std::size_t(batch) * m * n : 1, 0),
        second_(after == epilogue::adam ? std::size_t(batch) * m * n : 1, 0),
        bias_(n, 0.5f),
        scratch_(std::size_t(threads) * per_part, 0),
        operands_{a_.data(), b_.data(), y_.data(), bias_.data(), first_.data(), second_.data()} {
    call_.operand = operands_;
    call_.rows = Product::rows;
    call_.cols = n;
    static constexpr geometry row = geometry::of(Product::geo);
    call_.geo = &row;
    call_.contracted = k;
    call_.tiles = producer::tiles<Product>();
    call_.parts = threads < useful ? threads : useful;
  }

  double run() {
    if (call_.parts == 1) {
      part(0);
    } else {
      workers_.run(
          call_.parts, [](void* self, int part) { static_cast<fixture*>(self)->part(part); }, this);
    }
    benchmark::ClobberMemory();
    return multiply_adds;
  }
  const float* right() const { return b_.data(); }

 private:
  static constexpr std::size_t per_part = producer::scratch(Product::geo, Product::rows, n);
  static constexpr int useful = producer::useful_parts(Product::geo, Product::rows, n);

  void part(int index) {
    call<float> mine = call_;
    mine.part = index;
    mine.scratch = scratch_.data() + std::size_t(index) * per_part;
    if (after_ == epilogue::none) {
      producer::run(mine, y_.data(), nullptr);
    } else {
      producer::run(mine, nullptr, after_ == epilogue::adam ? &adam : &bias_relu);
    }
  }

  backend::pool workers_;
  epilogue after_;
  bench::aligned_buffer a_, b_, y_, first_, second_, bias_, scratch_;
  void* operands_[6];
  call<float> call_;
};

/// `peak`: share of the multiply-adds per second of as many threads as registers allow, measured in between.
/// `L2`: bytes of B read per second, as a share of reading the same memory in order (few rows only).
/// `scaling`: against one thread, measured in between.
template <class Product> void measure(benchmark::State& state, epilogue after, int threads) {
  fixture<Product> timed(after, threads), alone(after, 1);
  constexpr double sample_length = 1e7;  // multiply-adds
  const int calls = int(sample_length / timed.multiply_adds) + 1;
  const int register_calls = int(calls * timed.multiply_adds / bench::multiply_adds_in_registers()) + 1;
  const std::size_t right = std::size_t(timed.k) * timed.n;
  bench::rates registers, share, product, scaling, alone_rate, bytes, memory, of_memory;
  timed.run();
  double before = registers.sample(register_calls, bench::multiply_adds_in_registers);
  for (auto _ : state) {
    const double rate = product.sample(calls, [&] { return timed.run(); });
    const double behind = registers.sample(register_calls, bench::multiply_adds_in_registers);
    share.add(2 * rate / (before + behind) / threads);
    before = behind;
    state.SetIterationTime(timed.multiply_adds / rate);
    if (threads > 1) scaling.add(rate / alone_rate.sample(calls, [&] { return alone.run(); }));
    if (timed.m <= 4) {
      const double in_order =
          memory.sample(int(2e6 / double(right)) + 1, [&] { return bench::read_in_order(timed.right(), right); });
      bytes.add(rate / timed.m * sizeof(float));
      of_memory.add(rate / timed.m * sizeof(float) / in_order);
    }
  }
  state.counters["peak"] = share.median();
  state.counters["us"] = timed.multiply_adds / product.median() * 1e6;
  state.counters["GFLOPS_peak"] = registers.median() * 2e-9;
  if (threads > 1) state.counters["scaling"] = scaling.median();
  if (timed.m <= 4) {
    state.counters["GB/s"] = bytes.median() * 1e-9;
    state.counters["of_L2"] = of_memory.median();
  }
}

enum layout : int { nn = 0, tn = 1, nt = 2, tt = 3 };
constexpr const char* layout_names[] = {"NN", "TN", "NT", "TT"};

template <int M, int K, int N, int Flags = nn, int Batch = 1>
void add(std::vector<epilogue> after = {epilogue::none}, std::vector<int> threads = {1, 2}) {
  constexpr const char* after_names[] = {"", "+bias+relu", "+adam"};
  for (const epilogue e : after) {
    for (const int t : threads) {
      std::string name = std::string(layout_names[Flags]) + "/" + std::to_string(M) + "x" + std::to_string(K) + "x" +
                         std::to_string(N);
      if (Batch > 1) name += "/batch:" + std::to_string(Batch);
      name += after_names[int(e)];
      if (t > 1) name += "/threads:" + std::to_string(t);
      benchmark::RegisterBenchmark(
          name.c_str(), [e, t](benchmark::State& state) { measure<product<Batch, M, K, N, Flags>>(state, e, t); })
          ->UseManualTime()
          ->Iterations(double(Batch) * M * K * N > 3e8 ? 15 : 101);
    }
  }
}

void add_all() {
  using enum epilogue;
  bench::for_products([]<int M, int K, int N>() { add<M, K, N>(); });
  add<4, 4, 4>();
  add<8, 8, 8>();
  add<24, 24, 24>();
  add<48, 48, 48>();

  add<64, 784, 128>({bias_relu});
  add<128, 784, 128>();
  add<64, 784, 256>({bias_relu});
  add<256, 512, 512>({bias_relu});
  add<64, 128, 64>({none, bias_relu});
  add<64, 128, 10>({bias_relu});
  add<64, 128, 100>();
  add<784, 288, 64>({none, bias_relu});
  add<784, 9, 32>({none, bias_relu});
  add<3136, 64, 64>({none, bias_relu});
  add<49, 4608, 512>();

  add<784, 64, 128, tn>({none, adam});
  add<784, 256, 128, tn>();
  add<512, 256, 512, tn>({none, adam});
  add<784, 64, 256, tn>({none, adam});
  add<64, 128, 784, nt>();
  add<64, 256, 784, nt>();
  add<256, 128, 784, nt>();
  add<256, 512, 512, nt>();
  add<64, 10, 128, nt>();
  add<64, 128, 256, nt>();

  add<1024, 256, 1024>();  // an encoder's, over 8 sequences of 128 positions, forward and backward
  add<1024, 1024, 256>();
  add<1024, 256, 1024, nt>();
  add<1024, 1024, 256, nt>();
  add<1024, 768, 256, nt>();
  add<256, 1024, 1024, tn>();
  add<1024, 1024, 256, tn>();
  add<256, 1024, 768, tn>();

  add<128, 64, 128, nn, 32>();
  add<128, 64, 128, tn, 32>();
  add<128, 64, 128, nt, 32>();
  add<128, 128, 64, nn, 32>();

  add<1, 784, 128>({bias_relu});
  add<1, 784, 256>({none, bias_relu});
  add<1, 256, 128>({none, bias_relu});
  add<1, 128, 64>();
  add<1, 128, 10>({none, bias_relu});
  add<2, 784, 128>();
  add<4, 784, 128>();
  add<1, 1024, 1024>();
}

}  // namespace

int main(int argc, char** argv) {
  add_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
