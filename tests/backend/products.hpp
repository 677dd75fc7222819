// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include <tfx/backend/simd/gemm.hpp>

#include "producer.hpp"

/// Products for tests, and what they are by definition.
namespace tfx::test {

/// What the compiler of a program knows about one product. Flags: 1 if A is transposed, 2 if B is.
template <int Batch, int M, int N, int K, int Flags, int StepA, int StepB, int BoundedK = 0, summing Order = summing::chain>
struct product {
  static constexpr matmul_geometry geo = {M, N, K, Flags & 1, Flags >> 1, StepA, StepB, BoundedK, Order};
  static constexpr int rows = Batch * M, cols = N;
};

/// Chains of std::fma: one per result, or of each 32 terms one of the even and one of the odd ones.
template <class T>
void by_definition(const matmul_geometry& g, int rows, int depth, guarded<T>& a, guarded<T>& b, guarded<T>& y) {
  const int m = g.rows, n = g.cols, k = g.depth;
  for (int row = 0; row < rows; ++row) {
    const std::size_t matrix = std::size_t(row / m), first = std::size_t(row) * std::size_t(n);
    for (int col = 0; col < n; ++col) y[first + std::size_t(col)] = 0;
    std::vector<T> even(std::size_t(n), T(0)), odd = even;
    const auto close = [&] {
      for (std::size_t col = 0; col < std::size_t(n); ++col) y[first + col] += even[col] + odd[col], even[col] = odd[col] = 0;
    };
    for (int i = 0; i < depth; ++i) {
      if (g.order == summing::pairs && i > 0 && i % 32 == 0) close();
      const int at_a = g.left_transposed ? i * m + row % m : row % m * k + i;
      const T left = a[matrix * std::size_t(g.left_step) + std::size_t(at_a)];
      for (int col = 0; col < n; ++col) {
        const int at_b = g.right_transposed ? col * k + i : i * n + col;
        T& sum = g.order == summing::chain ? y[first + std::size_t(col)] : (i % 2 == 0 ? even : odd)[std::size_t(col)];
        sum = std::fma(left, b[matrix * std::size_t(g.right_step) + std::size_t(at_b)], sum);
      }
    }
    if (g.order == summing::pairs) close();
  }
}

/// A product as a program has it, of operands that lie in memory as `Left` and `Right`.
template <class T, class Left, class Right> struct planned {
  template <class E> static constexpr lies_as lies = std::is_same_v<E, bfloat16> ? lies_as::bfloat16 : std::is_same_v<E, float16> ? lies_as::float16 : std::is_same_v<E, std::int8_t> ? lies_as::int8
                                                    : std::is_same_v<E, float> && sizeof(T) == 8 ? lies_as::float32 : lies_as::word;
  static constexpr operand_types types = {lies<Left>, lies<Right>};
  template <class Product> struct launch : Product {
    static constexpr operand_types types = planned::types;
  };
  /// simd_matmul, of such operands.
  struct matmul : backend::simd_matmul<T> {
    static constexpr std::size_t scratch(const matmul_geometry& g, int rows, int cols) { return backend::simd_matmul<T>::scratch(g, rows, cols, types); }
  };

  matmul_geometry geo;
  int bound;
  const void* tiles;

  template <class Product> explicit planned(std::type_identity<Product>) : geo(Product::geo), bound(Product::rows), tiles(matmul::template tiles<launch<Product>>()) {}
  std::size_t left_size() const { return std::size_t(geo.rows * geo.depth + (bound / geo.rows - 1) * geo.left_step); }
  std::size_t right_size() const { return std::size_t(geo.cols * geo.depth + (bound / geo.rows - 1) * geo.right_step); }
};

/// Compares the product of these operands with what is expected, in so many parts. One function for all products: what a test
/// costs is compiling it.
template <class T, class Left, class Right>
void check_planned(const planned<T, Left, Right>& p, guarded<Left>& left, guarded<Right>& right, guarded<T>& expected, int rows, int depth, const std::vector<int>& all_parts) {
  const matmul_geometry& g = p.geo;
  CAPTURE(g.rows);
  CAPTURE(g.cols);
  CAPTURE(g.depth);
  CAPTURE(g.left_transposed);
  CAPTURE(g.right_transposed);
  CAPTURE(rows);
  CAPTURE(depth);
  for (const int parts : all_parts) {
    CAPTURE(parts);
    check_producer<T, typename planned<T, Left, Right>::matmul>(g, p.tiles, p.bound, rows, g.cols, depth, {left.data(), right.data()}, expected, parts);
  }
}
template <class T, class Left, class Right> void check_numbers(const planned<T, Left, Right>& p, int rows, int depth, const std::vector<int>& parts) {
  guarded<Left> left(p.left_size());
  guarded<Right> right(p.right_size());
  guarded<T> a(p.left_size()), b(p.right_size()), expected(std::size_t(rows) * std::size_t(p.geo.cols));
  a.fill(std::uint64_t(1 + rows));
  b.fill(std::uint64_t(7 + depth));
  for (std::size_t i = 0; i < a.size(); ++i) left[i] = Left(a[i]), a[i] = T(left[i]);
  for (std::size_t i = 0; i < b.size(); ++i) right[i] = Right(b[i]), b[i] = T(right[i]);
  by_definition(p.geo, rows, depth, a, b, expected);
  check_planned(p, left, right, expected, rows, depth, parts);
}
template <class T, class Left, class Right, class Product> void check_narrow(int rows, int depth, const std::vector<int>& parts = {1, 2, 3, 7}) {
  check_numbers(planned<T, Left, Right>(std::type_identity<Product>{}), rows, depth, parts);
}
template <class T, class Product> void check(int rows, int depth, const std::vector<int>& parts = {1, 2, 3, 4, 7}) { check_narrow<T, T, T, Product>(rows, depth, parts); }

}  // namespace tfx::test
