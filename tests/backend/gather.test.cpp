// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <cmath>
#include <limits>

#include "fused.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// Indices of a table and what they name of it; -1: nothing.
struct indices_drawn {
  std::vector<std::int64_t> index;
  std::vector<int> row;

  void add(std::int64_t i, int rows) {
    index.push_back(i);
    row.push_back(i >= 0 && i < rows ? int(i) : -1);
  }
};

/// In no order, with repetitions.
indices_drawn anywhere(int count, int rows) {
  indices_drawn d;
  std::uint32_t word = 7;
  for (int k = 0; k < count; ++k) {
    word = word * 1664525u + 1013904223u;
    d.add((word >> 8) % unsigned(rows), rows);
  }
  return d;
}
indices_drawn ascending(int count, int rows) {
  indices_drawn d;
  for (int k = 0; k < count; ++k) d.add(std::int64_t(k) * rows / count, rows);
  return d;
}
indices_drawn all_the_same(int count, int rows) {
  indices_drawn d;
  for (int k = 0; k < count; ++k) d.add(rows - 1, rows);
  return d;
}
/// Every third index names no row.
indices_drawn some_outside(int count, int rows) {
  const std::int64_t outside[] = {-1, rows, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max(),
                                  rows + 1, -rows, -2, 1 << 24};
  indices_drawn d;
  for (int k = 0; k < count; ++k) {
    if (k % 3 == 0) d.add(outside[k / 3 % 8], rows);
    else d.add(k * 5 % rows, rows);
  }
  return d;
}

template <class T> void check(const indices_drawn& d, int rows, int cols) {
  CAPTURE(rows);
  CAPTURE(cols);
  const int count = int(d.row.size());
  const std::size_t width = std::size_t(cols);
  guarded<T> table(std::size_t(rows) * width), index(d.index.size()), taken(d.index.size() * width);
  guarded<T> given(d.index.size() * width), sums(std::size_t(rows) * width);
  table.fill(3);
  given.fill(5);
  for (std::size_t k = 0; k < d.index.size(); ++k) index[k] = std::bit_cast<T>(whole_word<T>(d.index[k]));
  for (std::size_t k = 0; k < taken.size(); ++k) {
    const int row = d.row[k / width];
    taken[k] = row < 0 ? std::numeric_limits<T>::quiet_NaN() : table[std::size_t(row) * width + k % width];
  }
  // numpy.add.at, in the order of the indices.
  for (std::size_t k = 0; k < sums.size(); ++k) sums[k] = 0;
  for (std::size_t k = 0; k < given.size(); ++k)
    if (const int row = d.row[k / width]; row >= 0) sums[std::size_t(row) * width + k % width] += given[k];

  geometry gather = geometry::of(table_geometry{rows, cols}), scatter = gather;
  gather.contracted = rows;
  scatter.contracted = count;
  for (const int parts : {1, 2, 3, 4, 7}) {
    CAPTURE(parts);
    const std::vector<void*> from = {table.data(), index.data()}, to = {given.data(), index.data()};
    for (const bool negates : {false, true}) {
      check_fused<T, gather_op>(gather, nullptr, count, count, cols, from, {&taken}, parts, negates, rows);
      check_fused<T, scatter_add_op>(scatter, nullptr, rows, rows, cols, to, {&sums}, parts, negates, count);
    }
  }
}
void check(const indices_drawn& d, int rows, int cols) {
  check<float>(d, rows, cols);
  check<double>(d, rows, cols);
}

}  // namespace

TEST_CASE("rows are gathered and summed in the order of their indices") {
  check(anywhere(50, 7), 7, 3);
  check(anywhere(300, 200), 200, 64);
  check(anywhere(100, 1000), 1000, 17);
  check(anywhere(40, 900), 900, 1);
  check(ascending(100, 33), 33, 33);
  check(all_the_same(70, 130), 130, 48);
  check(all_the_same(5, 1), 1, 16);
}

TEST_CASE("indices out of range name no row") {
  check(some_outside(50, 10), 10, 5);
  check(some_outside(200, 300), 300, 40);
}

TEST_CASE("no indices leave the sums zero") { check(indices_drawn{}, 100, 20); }

TEST_CASE("rows longer than a block") {
  check(anywhere(9, 5), 5, 6500);
  check(some_outside(5, 3), 3, 4000);
}

TEST_CASE("only the rows that are present are gathered, and only the indices that are present are summed") {
  const float none = std::numeric_limits<float>::quiet_NaN();
  std::int32_t index[] = {1, 2, 0};
  float table[] = {1, 2, 3, 4, 5, 6}, taken[6] = {}, sums[6] = {none, none, none, none, none, none};
  geometry g = geometry::of(table_geometry{3, 2});
  g.contracted = 3;
  scratch_memory<float> scratch(producer<scatter_add_op, backend::simd<>, float>::scratch(g, 3, 2));
  void* from[] = {table, index, taken};
  const launch_layout layout = {.inputs = 2, .destination = 2};
  call<float> a;
  a.operand = from;
  a.layout = &layout;
  a.rows = 3;
  a.cols = 2;
  a.geo = &g;
  a.contracted = 2;
  a.scratch = scratch.data();
  producer_entry<backend::simd<>, float, gather_op>::run(a);
  CHECK(taken[0] == 3);
  CHECK(std::isnan(taken[2]));
  CHECK(taken[5] == 2);
  from[2] = sums;
  producer_entry<backend::simd<>, float, scatter_add_op>::run(a);
  const float expected[] = {0, 0, 1, 2, 3, 4};
  for (int i = 0; i < 6; ++i) CHECK(sums[i] == expected[i]);
}
