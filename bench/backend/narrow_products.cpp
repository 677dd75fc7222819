// SPDX-License-Identifier: Apache-2.0
// Products of narrow operands beside the product of floats: multiply-adds per second, and the ratio to that of floats. Those of
// two bfloat16 in the matrix unit, where there is one, and in vectors.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <vector>

#include <tfx/backend/simd/gemm.hpp>

namespace {

using namespace tfx;

/// One product as the compiler of a program sees it.
template <int M, int K, int N, int Flags, summing Order, lies_as Left, lies_as Right> struct product {
  static constexpr matmul_geometry geo = {M, N, K, Flags & 1, Flags >> 1, 0, 0, 0, Order};
  static constexpr operand_types types = {Left, Right};
  static constexpr int rows = M, cols = N;
};

template <class Product, bool Prepared = false, bool InVectors = false> class timed {
 public:
  using producer = backend::simd_matmul<float>;
  static constexpr matmul_geometry g = Product::geo;
  static constexpr bool bytes = g.order == summing::integers;
  using left = lanes::element_of<Product::types.left, float>;
  using right = lanes::element_of<Product::types.right, float>;

  timed() : a_(std::size_t(g.rows) * g.depth), b_(std::size_t(g.depth) * g.cols), y_(std::size_t(g.rows) * g.cols), scratch_(producer::scratch(g, g.rows, g.cols, Product::types) + 16) {
    std::uint32_t state = 1;
    const auto next = [&] { return float(std::int32_t(state = state * 1664525u + 1013904223u)) * 0x1p-25f; };
    if (InVectors)
      for (backend::tile_set<float>& set : tiles_.set) set.beyond = nullptr;
    for (left& x : a_) x = left(bytes ? next() * 2 : next());
    for (right& x : b_) x = right(bytes ? next() * 2 : next());
    if (!Prepared) return;
    prepared_.resize(producer::prepared(g, g.rows, g.cols, Product::types));
    void* operands[] = {a_.data(), b_.data()};
    call<float> c;
    describe(c, operands);
    if (!prepared_.empty()) producer::prepare(c, prepared_.data());
  }
  void operator()() {
    void* operands[] = {a_.data(), b_.data()};
    call<float> c;
    describe(c, operands);
    producer::run(c, y_.data(), nullptr);
    asm volatile("" ::: "memory");
  }

 private:
  void describe(call<float>& c, void* const* operands) {
    static constexpr geometry row = geometry::of(g);
    c.operand = operands;
    c.rows = g.rows;
    c.cols = g.cols;
    c.geo = &row;
    c.contracted = g.depth;
    c.tiles = &tiles_;
    c.scratch = reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(scratch_.data()) + 63) / 64 * 64);
    if (!prepared_.empty()) c.prepared = prepared_.data();
  }

  backend::tile_table<float> tiles_ = *static_cast<const backend::tile_table<float>*>(producer::tiles<Product>());
  std::vector<left> a_;
  std::vector<right> b_;
  std::vector<float> y_, scratch_, prepared_;
};

/// Time of this thread on a processor: others may run on it too.
double seconds_of_thread() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return double(time.tv_sec) + 1e-9 * double(time.tv_nsec);
}

/// Best times of some works, taken in turn: the frequency drifts.
template <class... Work> void best_of(double* best, int calls, Work&... works) {
  constexpr int rounds = 15;
  for (int round = 0; round < rounds; ++round) {
    int at = 0;
    const auto time = [&](auto& work) {
      const double start = seconds_of_thread();
      for (int i = 0; i < calls; ++i) work();
      const double seconds = (seconds_of_thread() - start) / calls;
      best[at] = round == 0 ? seconds : std::min(best[at], seconds);
      ++at;
    };
    (time(works), ...);
  }
}

template <int M, int K, int N, int Flags = 0> void show() {
  using enum lies_as;
  static timed<product<M, K, N, Flags, summing::chain, word, word>> floats;
  static timed<product<M, K, N, Flags, summing::pairs, lies_as::bfloat16, lies_as::bfloat16>> both;
  static timed<product<M, K, N, Flags, summing::pairs, lies_as::bfloat16, lies_as::bfloat16>, false, true> in_vectors;
  static timed<product<M, K, N, Flags, summing::chain, word, lies_as::bfloat16>> weights;
  static timed<product<M, K, N, Flags, summing::integers, int8, int8>> bytes;
  static timed<product<M, K, N, Flags, summing::integers, int8, int8>, true> constant_bytes;
  const double work = double(M) * K * N * 1e-9;
  double best[6] = {};
  best_of(best, int(0.01 / work) + 1, floats, both, in_vectors, weights, bytes, constant_bytes);
  std::printf("[%4d, %4d]%s x [%4d, %4d]%s  float %6.1f G/s", M, K, Flags & 1 ? "^T" : "  ", K, N, Flags & 2 ? "^T" : "  ", work / best[0]);
  const char* const names[] = {"bf16 x bf16", "in vectors", "float x bf16", "int8 x int8", "a constant one"};
  for (int i = 0; i < 5; ++i) std::printf("  %s %6.1f (%.2f)", names[i], work / best[i + 1], best[0] / best[i + 1]);
  std::puts("");
}

}  // namespace

int main() {
  show<1024, 1024, 1024>();
  show<256, 1024, 1024>();
  show<256, 512, 512>();
  show<64, 784, 128>();
  show<64, 784, 3000>();
  show<64, 1024, 4096>();
  show<300, 100, 17>();
  show<16, 1024, 4096>();
  show<256, 512, 512, 1>();
  show<256, 512, 512, 2>();
  show<4, 1024, 1024>();
  show<1, 4096, 4096>();
}
