// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
#include "products.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

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
    {backend::choose_table<T, 70, 20, backend::tiling::balanced, backend::layout::rows, Order, T, T, Order == summing::chain>(), 70, 20},
    {backend::choose_table<T, 40, 33, backend::tiling::balanced, backend::layout::rows, Order, T, T, Order == summing::chain>(), 40, 33},
    {backend::choose_table<T, 64, 83, backend::tiling::fitting, backend::layout::near_rows, Order, T, T, Order == summing::chain>(), 64, 83},
    {backend::choose_table<T, 9, 146, backend::tiling::fitting, backend::layout::rows, Order>(), 9, 146},
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

TEST_CASE("matmul of few columns beyond the last vector, of long chains and of results beyond the cache") {
  check<float, product<1, 37, 35, 1100, 0, 0, 0>>(37, 1100, {1, 3});
  check<float, product<1, 4000, 70, 3, 0, 0, 0>>(4000, 3, {1, 3});
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

TEST_CASE("matmul splits only work that pays for a second thread") {
  CHECK(backend::simd_matmul<float>::useful_parts({32, 32, 32}, 32, 32) == 1);
  CHECK(backend::simd_matmul<float>::useful_parts({64, 64, 64}, 64, 64) >= 2);
}
