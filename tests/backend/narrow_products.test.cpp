// SPDX-License-Identifier: Apache-2.0
// labels: native unsanitized
// Products of operands that are narrower than words.
#include "products.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

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
    for (const backend::tile_table<float>& table : tables_of_sets<float>(p.tiles)) {
      call<float> c = call_of<float>(row, &table, 40, 50, 70, {}, scratch, 1);
      void* operands[] = {a.data(), b.data()};
      c.operand = operands;
      matmul::run(c, plain.data(), nullptr);
      matmul::prepare(c, ahead.data());
      c.prepared = ahead.data();
      matmul::run(c, prepared.data(), nullptr);
      CHECK(prepared.same_bits(plain));
    }
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

namespace {

/// Numbers of random signs and digits whose exponents lie in a range, some of them 0.
void fill_exponents(guarded<bfloat16>& to, int from, int past, std::uint64_t seed) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    const auto random = std::uint32_t(seed >> 32);
    to[i] = random % 37 == 0 ? bfloat16(0.f) : bfloat16::from_bits(std::uint16_t((random & 0x807f) | (unsigned(from) + (random >> 16) % unsigned(past - from)) << 7));
  }
}

/// A product of such numbers, but for one row with a single element of its own, by definition and by every set.
void check_exponents(int left_from, int left_past, int right_from, int right_past, std::size_t at, bfloat16 single) {
  using p = product<1, 70, 83, 131, 0, 0, 0, 0, summing::pairs>;
  CAPTURE(left_from);
  CAPTURE(right_from);
  CAPTURE(float(single));
  const planned<float, bfloat16, bfloat16> planned_product(std::type_identity<p>{});
  guarded<bfloat16> left(70 * 131), right(131 * 83);
  guarded<float> a(left.size()), b(right.size()), expected(70 * 83);
  fill_exponents(left, left_from, left_past, 1);
  fill_exponents(right, right_from, right_past, 2);
  for (std::size_t k = 0; k < 131; ++k) left[at / 131 * 131 + k] = bfloat16(0.f);
  left[at] = single;
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = float(left[i]);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = float(right[i]);
  by_definition(p::geo, 70, 131, a, b, expected);
  check_planned(planned_product, left, right, expected, 70, 131, {1, 3});
}

}  // namespace

TEST_CASE("matmul of bfloat16 keeps denormals and what is close to them") {
  const bfloat16 one(1.f), least = bfloat16::from_bits(1), small = bfloat16::from_bits(100 << 7 | 1), tiny = bfloat16::from_bits(20 << 7 | 1);
  check_exponents(118, 130, 118, 130, 0, one);
  check_exponents(71, 100, 71, 100, 0, one);   // every sum is a multiple of the least number that is no denormal
  check_exponents(70, 80, 71, 80, 0, one);     // not quite
  check_exponents(40, 70, 40, 70, 0, one);
  check_exponents(0, 3, 120, 140, 0, one);     // operands are denormals, results are not
  check_exponents(100, 130, 0, 2, 0, one);
  check_exponents(118, 130, 118, 130, 17 * 131 + 40, least);   // a single one, in one tile
  check_exponents(118, 130, 118, 130, 69 * 131 + 130, least);
  check_exponents(118, 130, 1, 90, 3, small);
  check_exponents(118, 130, 100, 110, 69 * 131 + 130, tiny);
  check_exponents(220, 250, 200, 250, 5, one);   // sums are infinite
}

TEST_CASE("matmul of bfloat16 with numbers that are none") {
  using p = product<1, 40, 50, 70, 2, 0, 0, 0, summing::pairs>;
  const planned<float, bfloat16, bfloat16> planned_product(std::type_identity<p>{});
  guarded<bfloat16> left(40 * 70), right(50 * 70);
  fill_exponents(left, 118, 130, 1);
  fill_exponents(right, 118, 130, 2);
  left[3 * 70 + 7] = bfloat16(HUGE_VALF);
  left[4 * 70 + 69] = bfloat16(std::nanf(""));
  right[20 * 70 + 7] = bfloat16(0.f);
  right[21 * 70 + 11] = bfloat16(-HUGE_VALF);
  guarded<float> a(left.size()), b(right.size()), expected(40 * 50);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = float(left[i]);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = float(right[i]);
  by_definition(p::geo, 40, 70, a, b, expected);
  CHECK(std::isnan(expected[3 * 50 + 20]));
  CHECK(std::isinf(expected[5 * 50 + 21]));
  const geometry row = geometry::of(p::geo);
  scratch_memory<float> scratch(planned<float, bfloat16, bfloat16>::matmul::scratch(p::geo, 40, 50));
  for (const backend::tile_table<float>& table : tables_of_sets<float>(planned_product.tiles)) {
    guarded<float> y(40 * 50);
    call<float> c = call_of<float>(row, &table, 40, 50, 70, {}, scratch, 1);
    void* operands[] = {left.data(), right.data()};
    c.operand = operands;
    backend::simd_matmul<float>::run(c, y.data(), nullptr);
    int otherwise = 0;
    for (std::size_t i = 0; i < y.size(); ++i) otherwise += std::isnan(expected[i]) ? !std::isnan(y[i]) : std::memcmp(&y[i], &expected[i], sizeof(float)) != 0;
    CHECK(otherwise == 0);
  }
}
