// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
#include <cmath>

#include <tfx/backend/simd/gemm.hpp>

#include "producer.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

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

/// The tiles that a launch of these extents would choose, for products of any extents.
template <class T> struct chosen_tiles {
  const void* table;
  int rows, cols;
  bool of_columns = false;  ///< of A
};
template <class T, summing Order> const chosen_tiles<T> all_tiles[] = {
    {backend::choose_table<T, 70, 70, backend::tiling::balanced, backend::layout::rows, Order>(), 70, 70},
    {backend::choose_table<T, 64, 64, backend::tiling::balanced, backend::layout::rows, Order>(), 64, 64},
    {backend::choose_table<T, 64, 48, backend::tiling::balanced, backend::layout::rows, Order>(), 64, 48},
    {backend::choose_table<T, 40, 16, backend::tiling::balanced, backend::layout::rows, Order>(), 40, 16},
    {backend::choose_table<T, 40, 3, backend::tiling::balanced, backend::layout::rows, Order>(), 40, 3},
    {backend::choose_table<T, 256, 512, backend::tiling::broad, backend::layout::rows, Order>(), 256, 512},
    {backend::choose_table<T, 70, 70, backend::tiling::broad, backend::layout::near_rows, Order>(), 70, 70},
    {backend::choose_table<T, 17, 130, backend::tiling::broad, backend::layout::rows, Order>(), 17, 130},
    {backend::choose_table<T, 70, 70, backend::tiling::balanced, backend::layout::columns, Order>(), 70, 70, true},
    {backend::choose_table<T, 40, 16, backend::tiling::balanced, backend::layout::columns, Order>(), 40, 16, true},
    {backend::choose_table<T, 1, 130, backend::tiling::wide, backend::layout::rows, Order>(), 1, 130},
    {backend::choose_table<T, 2, 130, backend::tiling::wide, backend::layout::rows, Order>(), 2, 130},
    {backend::choose_table<T, 3, 37, backend::tiling::wide, backend::layout::rows, Order>(), 3, 37},
    {backend::choose_table<T, 4, 64, backend::tiling::wide, backend::layout::rows, Order>(), 4, 64},
};

/// One product through all tiles of all instruction sets, as one part and as one of three.
template <class T, summing Order> void check_all_tiles(int m, int n, int k, int flags) {
  const matmul_geometry g = {m, n, k, flags & 1, flags >> 1, 0, 0, 0, Order};
  const geometry row = geometry::of(g);
  const auto count = [](int rows, int cols) { return std::size_t(rows) * std::size_t(cols); };
  guarded<T> a(count(m, k)), b(count(k, n)), expected(count(m, n)), y(count(m, n));
  a.fill(std::uint64_t(1 + m));
  b.fill(std::uint64_t(7 + n));
  by_definition(g, m, k, a, b, expected);
  scratch_memory<T> scratch(2 * std::size_t(backend::block_elements<T>) + count(128, (k + 15) / 16 * 16));
  void* operands[] = {a.data(), b.data()};
  call<T> c;
  c.operand = operands;
  c.rows = m;
  c.cols = n;
  c.geo = &row;
  c.contracted = k;
  c.scratch = scratch.data();
  for (const chosen_tiles<T>& tiles : all_tiles<T, Order>) {
    if (tiles.of_columns && flags != 1) continue;
    CAPTURE(tiles.rows);
    CAPTURE(tiles.cols);
    for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set) {
      CAPTURE(set);
      const backend::tile_set<T> chosen = static_cast<const backend::tile_table<T>*>(tiles.table)->set[set];
      backend::tile_table<T> table;
      for (backend::tile_set<T>& each : table.set) each = chosen;
      c.tiles = &table;
      for (const int parts : {1, 3}) {
        std::memset(y.data(), 0xff, count(m, n) * sizeof(T));
        c.parts = parts;
        for (c.part = 0; c.part < parts; ++c.part) backend::simd_matmul<T>::run(c, y.data(), nullptr);
        CHECK(y.same_bits(expected));
      }
    }
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

TEST_CASE("matmul of every extent up to 70, with the tiles of any other") {
  for (int i = 0; i < 70; ++i) {  // every extent takes every value, with different ones of the others
    const int m = 1 + i, n = 1 + (i * 29 + 11) % 70, k = 1 + (i * 43 + 5) % 70;
    CAPTURE(m);
    CAPTURE(n);
    CAPTURE(k);
    for (int flags = 0; flags < 4; ++flags) {
      CAPTURE(flags);
      check_all_tiles<float, summing::chain>(m, n, k, flags);
      check_all_tiles<double, summing::chain>(m, n, k, flags);
      check_all_tiles<float, summing::pairs>(m, n, k, flags);
      check_all_tiles<double, summing::pairs>(m, n, k, flags);
    }
  }
}

TEST_CASE("matmul of small products, which are code of their own") {
  check_sizes<16, 16, 16, 0>();
  check_sizes<24, 24, 24, 1>();
  check_sizes<32, 32, 32, 0>();
  check_sizes<64, 10, 128, 0>();
  check_sizes<70, 16, 70, 1>();
  using bounded = product<1, 40, 20, 12, 0, 0, 0>;
  for (const int rows : {1, 3, 17, 39, 40}) check<float, bounded>(rows, 12);
}

TEST_CASE("matmul of few rows reads B in wide panels") {
  check_layouts<1, 300, 40>();
  check_layouts<2, 260, 9>();
  check_layouts<4, 256, 21>();
}

TEST_CASE("matmul of few rows or few columns reads the other operand line by line") {
  check_layouts<1, 45, 37>();
  check_sizes<1, 1024, 19, 0>();  // rows that fall into the same sets
  check_layouts<5, 40, 16>();
  check_layouts<7, 33, 50>();
  check_layouts<8, 100, 35>();
  check_layouts<40, 1, 33>();
  check_layouts<77, 2, 18>();
  check_layouts<450, 3, 21>();
  check_layouts<130, 4, 64>();
  using few_columns = product<1, 90, 3, 20, 0, 0, 0>;
  using few_rows = product<1, 3, 50, 20, 2, 0, 0>;
  for (const int rows : {1, 2, 15, 16, 17, 31, 89}) check<float, few_columns>(rows, 20);
  for (const int rows : {1, 2}) check<double, few_rows>(rows, 20);
  check<float, product<5, 1, 40, 11, 0, 11, 40 * 11>>(5, 11);
  check<float, product<5, 6, 40, 11, 2, 6 * 11, 40 * 11>>(4 * 6, 11);
  check<double, product<3, 50, 2, 11, 0, 50 * 11, 2 * 11>>(3 * 50, 11);
  check<float, product<3, 50, 2, 11, 0, 50 * 11, 0>>(2 * 50, 11);
}

TEST_CASE("matmul over more columns than one block holds") {
  check_sizes<30, 600, 9, 0>();
  check_sizes<230, 40, 9, 0>();
  check_sizes<40, 200, 1400, 0>();
  check_sizes<40, 200, 40, 2>();
}

TEST_CASE("matmul of operands beyond the cache, which are packed in bands") {
  const std::vector<int> parts = {1, 4};  // the portable tiles would take minutes
  check<float, product<1, 193, 264, 1000, 0, 0, 0>>(193, 1000, parts);
  check<float, product<1, 193, 264, 1000, 1, 0, 0>>(193, 1000, parts);
  check<float, product<1, 193, 264, 1000, 2, 0, 0>>(193, 1000, parts);
  check<double, product<1, 193, 513, 257, 0, 0, 0>>(193, 257, parts);
  check<float, product<1, 66, 40, 1024, 0, 0, 0>>(66, 1024);            // rows of the left operand collide
  check<float, product<1, 193, 1024, 257, 0, 0, 0>>(193, 257, parts);  // rows of the right one
  check<float, product<1, 1024, 70, 256, 1, 0, 0>>(1024, 256, parts);  // and of the transposed left one
  check<double, product<1, 512, 257, 512, 1, 0, 0>>(512, 512, parts);
  check<float, product<2, 1024, 65, 256, 1, 1024 * 256, 65 * 256>>(2 * 1024, 256, parts);
  check<float, product<1, 1024, 65, 300, 1, 0, 0, 1>>(1024, 270, parts);
}

TEST_CASE("matmul of long chains, which are continued block by block") {
  const std::vector<int> parts = {1, 4};
  check<float, product<1, 49, 70, 2100, 0, 0, 0>>(49, 2100, parts);
  check<float, product<1, 33, 130, 1100, 1, 0, 0>>(33, 1100, parts);
  check<float, product<1, 39, 64, 1030, 2, 0, 0>>(39, 1030, parts);
  check<float, product<1, 193, 300, 1300, 1, 0, 0>>(193, 1300, parts);
  check<float, product<1, 16, 1024, 1100, 0, 0, 0>>(16, 1100, parts);
  check<double, product<1, 23, 37, 1500, 0, 0, 0>>(23, 1500, parts);
  check<float, product<2, 20, 70, 1200, 0, 20 * 1200, 70 * 1200>>(2 * 20, 1200, parts);
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

TEST_CASE("matmul in pairs, whose blocks of 32 terms are cut by nothing") {
  const std::vector<int> parts = {1, 4};
  constexpr summing pairs = summing::pairs;
  check<float, product<1, 64, 50, 100, 0, 0, 0, 0, pairs>>(64, 100);
  check<float, product<1, 3, 300, 65, 2, 0, 0, 0, pairs>>(3, 65);
  check<float, product<1, 193, 264, 1000, 0, 0, 0, 0, pairs>>(193, 1000, parts);
  check<float, product<1, 193, 264, 1000, 2, 0, 0, 0, pairs>>(193, 1000, parts);
  check<float, product<1, 49, 70, 2100, 0, 0, 0, 0, pairs>>(49, 2100, parts);
  check<float, product<1, 33, 130, 1100, 1, 0, 0, 0, pairs>>(33, 1100, parts);
  check<double, product<1, 23, 37, 1500, 0, 0, 0, 0, pairs>>(23, 1500, parts);
  check<float, product<5, 9, 20, 70, 2, 9 * 70, 20 * 70, 0, pairs>>(3 * 9, 70);
  for (const int depth : {0, 1, 31, 32, 33, 64, 70}) check<float, product<1, 21, 37, 70, 1, 0, 0, 1, pairs>>(21, depth);
}

namespace {

/// Every layout, in both orders, of two narrow operands and of one.
template <class T, int M, int N, int K> void check_narrow_layouts(std::vector<int> parts = {1, 3, 7}) {
  const auto check_flags = [&]<int Flags>(std::integral_constant<int, Flags>) {
    check_narrow<T, bfloat16, bfloat16, product<1, M, N, K, Flags, 0, 0, 0, summing::pairs>>(M, K, parts);
    check_narrow<T, T, bfloat16, product<1, M, N, K, Flags, 0, 0>>(M, K, parts);
    check_narrow<T, bfloat16, T, product<1, M, N, K, Flags, 0, 0>>(M, K, parts);
    if constexpr (Flags == 0) check_narrow<T, float16, float16, product<1, M, N, K, Flags, 0, 0>>(M, K, parts);
  };
  check_flags(std::integral_constant<int, 0>());
  check_flags(std::integral_constant<int, 1>());
  check_flags(std::integral_constant<int, 2>());
  check_flags(std::integral_constant<int, 3>());
}

}  // namespace

TEST_CASE("matmul of narrow operands gives the bits of the product of the same numbers") {
  check_narrow_layouts<float, 3, 300, 65>();
  check_narrow_layouts<float, 70, 70, 70>();
  check_narrow_layouts<float, 193, 264, 1000>({1});
  check_narrow<float, bfloat16, bfloat16, product<1, 1, 70, 33, 0, 0, 0, 0, summing::pairs>>(1, 33);
  check_narrow<float, bfloat16, bfloat16, product<1, 4, 31, 16, 0, 0, 0, 0, summing::pairs>>(4, 16);
  check_narrow<float, float, bfloat16, product<1, 13, 16, 70, 0, 0, 0>>(13, 70);
  check_narrow<float, bfloat16, bfloat16, product<1, 30, 600, 9, 0, 0, 0>>(30, 9);
  check_narrow<float, bfloat16, bfloat16, product<1, 49, 130, 2100, 0, 0, 0, 0, summing::pairs>>(49, 2100, {1});
  check_narrow<double, bfloat16, bfloat16, product<1, 21, 37, 70, 2, 0, 0, 0, summing::pairs>>(21, 70);
  check_narrow<double, double, float, product<1, 21, 37, 70, 0, 0, 0>>(21, 70);
  check_narrow<float, bfloat16, bfloat16, product<5, 9, 20, 11, 2, 9 * 11, 20 * 11>>(3 * 9, 11);
  check_narrow<float, bfloat16, float, product<5, 9, 20, 11, 0, 9 * 11, 0>>(4 * 9, 11);
  check_narrow<float, bfloat16, bfloat16, product<1, 1024, 70, 256, 1, 0, 0>>(1024, 256, {1, 4});
  for (const int depth : {0, 1, 17, 30}) check_narrow<float, bfloat16, bfloat16, product<1, 21, 37, 30, 1, 0, 0, 1>>(21, depth);
  for (const int rows : {1, 3, 4, 5, 14, 39}) check_narrow<float, bfloat16, bfloat16, product<1, 40, 50, 70, 0, 0, 0, 0, summing::pairs>>(rows, 70);
}

namespace {

/// Bytes of all values, more often the ends.
void fill_bytes(guarded<std::int8_t>& to, std::uint64_t seed) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    to[i] = seed >> 60 == 0 ? std::int8_t(-128) : seed >> 60 == 1 ? std::int8_t(127) : std::int8_t(seed >> 40);
  }
}

template <int Batch, int M, int N, int K, int Flags, int StepA = 0, int StepB = 0, int BoundedK = 0>
using product_of_bytes = product<Batch, M, N, K, Flags, StepA, StepB, BoundedK, summing::integers>;
using planned_bytes = planned<float, std::int8_t, std::int8_t>;

void check_sums(const planned_bytes& p, int rows, int depth, const std::vector<int>& parts) {
  const matmul_geometry& g = p.geo;
  guarded<std::int8_t> a(p.left_size()), b(p.right_size());
  fill_bytes(a, std::uint64_t(1 + rows));
  fill_bytes(b, std::uint64_t(7 + depth));
  guarded<float> expected(std::size_t(rows) * std::size_t(g.cols));
  for (int row = 0; row < rows; ++row)
    for (int col = 0; col < g.cols; ++col) {
      std::int32_t sum = 0;
      for (int k = 0; k < depth; ++k) {
        const int at_a = row / g.rows * g.left_step + (g.left_transposed ? k * g.rows + row % g.rows : row % g.rows * g.depth + k);
        const int at_b = row / g.rows * g.right_step + (g.right_transposed ? col * g.depth + k : k * g.cols + col);
        sum += a[std::size_t(at_a)] * b[std::size_t(at_b)];
      }
      std::memcpy(&expected[std::size_t(row) * std::size_t(g.cols) + std::size_t(col)], &sum, sizeof sum);
    }
  check_planned(p, a, b, expected, rows, depth, parts);
}
template <class Product> void check_bytes(int rows, int depth, const std::vector<int>& parts = {1, 3, 7}) { check_sums(planned_bytes(std::type_identity<Product>{}), rows, depth, parts); }

}  // namespace

TEST_CASE("matmul of bytes gives the exact sums as integers") {
  check_bytes<product_of_bytes<1, 1, 1, 1, 0>>(1, 1);
  check_bytes<product_of_bytes<1, 1, 70, 33, 0>>(1, 33);
  check_bytes<product_of_bytes<1, 3, 300, 65, 2>>(3, 65);
  check_bytes<product_of_bytes<1, 13, 16, 70, 1>>(13, 70);
  check_bytes<product_of_bytes<1, 16, 16, 16, 0>>(16, 16);
  check_bytes<product_of_bytes<1, 70, 70, 70, 0>>(70, 70);
  check_bytes<product_of_bytes<1, 70, 70, 71, 1>>(70, 71);
  check_bytes<product_of_bytes<1, 70, 70, 72, 2>>(70, 72);
  check_bytes<product_of_bytes<1, 70, 70, 73, 3>>(70, 73);
  check_bytes<product_of_bytes<1, 30, 600, 9, 0>>(30, 9);
  check_bytes<product_of_bytes<1, 193, 264, 1000, 0>>(193, 1000, {1, 4});
  check_bytes<product_of_bytes<1, 49, 130, 5000, 0>>(49, 5000, {1});
  check_bytes<product_of_bytes<5, 9, 20, 11, 2, 9 * 11, 20 * 11>>(3 * 9, 11);
  check_bytes<product_of_bytes<1, 21, 37, 30, 1, 0, 0, 1>>(21, 17);
  for (const int rows : {1, 4, 5, 14, 39}) check_bytes<product_of_bytes<1, 40, 50, 70, 0>>(rows, 70);
}

TEST_CASE("matmul of a narrow constant that was packed ahead of time") {
  const auto check_prepared = [&]<class E>(const planned<float, E, E>& p, guarded<E>& a, guarded<E>& b) {
    using matmul = typename planned<float, E, E>::matmul;
    const geometry row = geometry::of(p.geo);
    scratch_memory<float> scratch(matmul::scratch(p.geo, 40, 50)), ahead(matmul::prepared(p.geo, 40, 50, p.types));
    guarded<float> plain(40 * 50), prepared(40 * 50);
    call<float> c = call_of<float>(row, p.tiles, 40, 50, 70, {}, scratch, 1);
    void* operands[] = {a.data(), b.data()};
    c.operand = operands;
    matmul::run(c, plain.data(), nullptr);
    matmul::prepare(c, ahead.data());
    c.prepared = ahead.data();
    matmul::run(c, prepared.data(), nullptr);
    CHECK(prepared.same_bits(plain));
  };
  guarded<std::int8_t> a(40 * 70), b(70 * 50);
  fill_bytes(a, 1);
  fill_bytes(b, 2);
  check_prepared(planned_bytes(std::type_identity<product_of_bytes<1, 40, 50, 70, 0>>{}), a, b);
  guarded<bfloat16> x(40 * 70), y(70 * 50);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = bfloat16(float(a[i]));
  for (std::size_t i = 0; i < y.size(); ++i) y[i] = bfloat16(float(b[i]) / 3);
  check_prepared(planned<float, bfloat16, bfloat16>(std::type_identity<product<1, 40, 50, 70, 2, 0, 0, 0, summing::pairs>>{}), x, y);
}

TEST_CASE("matmul splits only work that pays for a second thread") {
  CHECK(backend::simd_matmul<float>::useful_parts({32, 32, 32}, 32, 32) == 1);
  CHECK(backend::simd_matmul<float>::useful_parts({64, 64, 64}, 64, 64) >= 2);
}
