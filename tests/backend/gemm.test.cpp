// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
#include <cmath>

#include <tfx/backend/simd/gemm.hpp>

#include "producer.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// What the compiler of a program knows about one product.
template <int Batch, int M, int N, int K, int Flags, int StepA, int StepB, int BoundedK = 0> struct product {
  static constexpr geometry geo = {{M, N, K, Flags, StepA, StepB, BoundedK}};
  static constexpr int rows = Batch * M, cols = N;
};

/// One chain of std::fma per result.
template <class T>
void by_definition(const geometry& g, int rows, int depth, guarded<T>& a, guarded<T>& b, guarded<T>& y) {
  const int m = g.v[0], n = g.v[1], k = g.v[2];
  for (int row = 0; row < rows; ++row) {
    const std::size_t matrix = std::size_t(row / m);
    for (int col = 0; col < n; ++col) {
      T sum = 0;
      for (int i = 0; i < depth; ++i) {
        const int at_a = (g.v[3] & 1) != 0 ? i * m + row % m : row % m * k + i;
        const int at_b = (g.v[3] & 2) != 0 ? col * k + i : i * n + col;
        sum = std::fma(a[matrix * std::size_t(g.v[4]) + std::size_t(at_a)],
                       b[matrix * std::size_t(g.v[5]) + std::size_t(at_b)], sum);
      }
      y[std::size_t(row) * std::size_t(n) + std::size_t(col)] = sum;
    }
  }
}

template <class T, class Product> void check(int rows, int depth) {
  constexpr geometry g = Product::geo;
  const int batches = Product::rows / g.v[0];
  CAPTURE(g.v[0]);
  CAPTURE(g.v[1]);
  CAPTURE(g.v[2]);
  CAPTURE(g.v[3]);
  CAPTURE(rows);
  CAPTURE(depth);
  guarded<T> a(std::size_t(g.v[0] * g.v[2] + (batches - 1) * g.v[4])),
      b(std::size_t(g.v[1] * g.v[2] + (batches - 1) * g.v[5]));
  a.fill(std::uint64_t(1 + rows));
  b.fill(std::uint64_t(7 + depth));
  guarded<T> expected(std::size_t(rows) * std::size_t(g.v[1]));
  by_definition(g, rows, depth, a, b, expected);
  for (const int parts : {1, 2, 3, 4, 7}) {
    CAPTURE(parts);
    check_producer<T, backend::simd_matmul<T>>(g, backend::simd_matmul<T>::template tiles<Product>(), Product::rows,
                                               rows, g.v[1], depth, {a.data(), b.data()}, expected, parts);
  }
}

template <int M, int N, int K, int Flags> void check_sizes() {
  using p = product<1, M, N, K, Flags, 0, 0>;
  check<float, p>(M, K);
  check<double, p>(M, K);
}

template <int M, int N, int K> void check_layouts() {
  check_sizes<M, N, K, 0>();
  check_sizes<M, N, K, 1>();
  check_sizes<M, N, K, 2>();
  check_sizes<M, N, K, 3>();
}

}  // namespace

TEST_CASE("matmul gives the bits of one fma chain per result") {
  check_layouts<1, 1, 1>();
  check_layouts<1, 70, 33>();
  check_layouts<2, 17, 5>();
  check_layouts<3, 64, 2>();
  check_layouts<4, 31, 16>();
  check_layouts<5, 33, 7>();
  check_layouts<13, 16, 70>();
  check_layouts<14, 10, 3>();
  check_layouts<15, 48, 19>();
  check_layouts<26, 65, 1>();
  check_layouts<31, 8, 32>();
  check_layouts<64, 50, 18>();
  check_layouts<70, 70, 70>();
}

TEST_CASE("matmul over more columns than one block holds") {
  check_sizes<30, 600, 9, 0>();
  check_sizes<230, 40, 9, 0>();
  check_sizes<40, 200, 1400, 0>();
  check_sizes<40, 200, 40, 2>();
}

TEST_CASE("matmul of fewer rows than the bound") {
  using p = product<1, 40, 50, 12, 0, 0, 0>;
  for (const int rows : {1, 2, 3, 4, 5, 6, 9, 13, 14, 27, 39, 40}) {
    check<float, p>(rows, 12);
    check<double, p>(rows, 12);
  }
  using bounded_depth = product<1, 21, 37, 30, 1, 0, 0, 1>;
  for (const int depth : {0, 1, 17, 30}) {
    check<float, bounded_depth>(21, depth);
    check<double, bounded_depth>(21, depth);
  }
}

TEST_CASE("matmul over a batch") {
  check<float, product<5, 9, 20, 11, 0, 9 * 11, 20 * 11>>(5 * 9, 11);
  check<float, product<5, 9, 20, 11, 2, 9 * 11, 20 * 11>>(3 * 9, 11);
  check<float, product<5, 9, 20, 11, 1, 9 * 11, 20 * 11>>(5 * 9, 11);
  check<float, product<5, 9, 20, 11, 0, 9 * 11, 0>>(4 * 9, 11);
  check<float, product<5, 9, 20, 11, 1, 9 * 11, 0>>(5 * 9, 11);
  check<float, product<5, 9, 20, 11, 0, 0, 20 * 11>>(5 * 9, 11);
  check<double, product<6, 30, 30, 8, 2, 30 * 8, 30 * 8>>(6 * 30, 8);
}

TEST_CASE("matmul splits only work that pays for a second thread") {
  CHECK(backend::simd_matmul<float>::useful_parts({{32, 32, 32}}, 32, 32) == 1);
  CHECK(backend::simd_matmul<float>::useful_parts({{64, 64, 64}}, 64, 64) >= 2);
}
