// SPDX-License-Identifier: Apache-2.0
// labels: native
// Rows that are reduced, against the order that is part of their meaning.
#include "tile.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

// x, sums
using lie = operands<true, false>;
using sums = kernel_code<form::rows, ins<sum_op, lie::word(0, 1, ~0)>>;
// x, 1 / n, y: the square of what differs from the mean, which is kept for the sweep in which its mean is taken off
using centred = operands<true, false, true>;
using deviations = kernel_code<form::rows, ins<sum_op, centred::word(0, -1, ~0)>,
                               ins<multiply_op, centred::word(1, -1, 0, ~1)>,
                               ins<subtract_op, centred::word(2, -1, ~0, 1)>,
                               ins<multiply_op, centred::word(2, -1, 2, 2)>, ins<sum_op, centred::word(2, -1, 3)>,
                               ins<multiply_op, centred::word(3, -1, 4, ~1)>,
                               ins<subtract_op, centred::word(4, 2, 3, 5)>>;

template <class T> lanes::lane<T> sum(int n, auto get) { return reduce_order::row<sum_op, lanes::lane<T>>(n, get); }

template <class T> void check(int rows, int cols, int gap) {
  CAPTURE(rows);
  CAPTURE(cols);
  strided<T> x(rows, cols, gap, std::uint64_t(rows * 10000 + cols));
  T inverse = T(1) / T(cols > 0 ? cols : 1);
  frame<T> f;
  f.rows = rows;
  f.cols = cols;
  for_versions<T, sums>([&](tile_function<T> kernel) {
    strided<T> y(rows, 1, 1);
    T* const at[] = {x.row(0), y.row(0)};
    const std::ptrdiff_t step[] = {x.step, y.step};
    f.at = at;
    f.step = step;
    kernel(f);
    for (int r = 0; r < rows; ++r)
      CHECK(same_bits(y(r, 0), sum<T>(cols, [&](int c) { return one(x(r, c)); }).v));
  });
  using facts = kernel_facts<deviations>;
  static_assert(facts::sweeps == 3 && facts::kept.count == 1);
  scratch_memory<T> kept(std::size_t(kept_pitch(cols) * facts::rows_together<backend::simd<>>(cols)));
  f.kept = kept.data();
  for_versions<T, deviations>([&](tile_function<T> kernel) {
    strided<T> y(rows, cols, gap + 1);
    T* const at[] = {x.row(0), &inverse, y.row(0)};
    const std::ptrdiff_t step[] = {x.step, 0, y.step};
    f.at = at;
    f.step = step;
    kernel(f);
    bool same = true;
    for (int r = 0; r < rows; ++r) {
      const auto mean = sum<T>(cols, [&](int c) { return one(x(r, c)); }) * one(inverse);
      const auto square = [&](int c) { return (one(x(r, c)) - mean) * (one(x(r, c)) - mean); };
      const auto deviation = sum<T>(cols, square) * one(inverse);
      for (int c = 0; c < cols; ++c) same = same && same_bits(y(r, c), (square(c) - deviation).v);
    }
    CHECK(same);
    CHECK(y.gaps_are_untouched());
  });
}

}  // namespace

TEST_CASE_TEMPLATE("rows of all lengths, some apart", T, float, double) {
  for (int cols = 0; cols <= 140; cols += cols < 70 ? 1 : 7) check<T>(3, cols, 2);
  for (int rows = 0; rows <= 35; ++rows) check<T>(rows, rows % 3 > 0 ? 65 : rows, 0);
  for (const int cols : {255, 1000, 4095, 4096, 4097, 9000}) check<T>(2, cols, 3);
}
