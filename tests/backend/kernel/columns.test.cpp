// SPDX-License-Identifier: Apache-2.0
// labels: native
// Columns that are reduced, against the order that is part of their meaning: in one call, in several, and in sweeps.
#include "tile.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

// x, sums, largest
using lie = operands<true, true, true>;
using sums = kernel_code<form::columns, ins<sum_op, lie::word(0, 1, ~0)>, ins<max_op, lie::word(0, 2, ~0)>>;
// x, 1 / n, y: the square of what differs from the mean, less its own mean
using centred = operands<true, false, true>;
using deviations = kernel_code<form::columns, ins<sum_op, centred::word(0, -1, ~0)>,
                               ins<multiply_op, centred::word(1, -1, 0, ~1)>,
                               ins<subtract_op, centred::word(2, -1, ~0, 1)>,
                               ins<multiply_op, centred::word(2, -1, 2, 2)>, ins<sum_op, centred::word(2, -1, 3)>,
                               ins<multiply_op, centred::word(3, -1, 4, ~1)>,
                               ins<subtract_op, centred::word(4, 2, 3, 5)>>;

template <class F, class T> lanes::lane<T> reduced(int n, auto get) {
  return reduce_order::column<F, lanes::lane<T>>(n, get);
}

/// The rows from each of `calls` on in a call of their own.
template <class T> void check_sums(int rows, int cols, int gap, std::vector<int> calls = {0}) {
  CAPTURE(rows);
  CAPTURE(cols);
  strided<T> x(rows, cols, gap, std::uint64_t(rows * 10000 + cols));
  calls.push_back(rows);
  for_versions<T, sums>([&](tile_function<T> kernel) {
    strided<T> y(1, cols, 0), most(1, cols, 0);
    const int pitch = padded_columns(cols);
    scratch_memory<T> kept(std::size_t(2 * column_sums * pitch));
    for (std::size_t i = 0; i + 1 < calls.size(); ++i) {
      T* const at[] = {x.row(calls[i]), y.row(0), most.row(0)};
      const std::ptrdiff_t step[] = {x.step, 0, 0};
      frame<T> f;
      f.at = at;
      f.step = step;
      f.rows = calls[i + 1] - calls[i];
      f.cols = cols;
      f.sums = kept.data();
      f.pitch = pitch;
      f.before = calls[i];
      f.last = i + 2 == calls.size();
      kernel(f);
    }
    bool same = true;
    for (int c = 0; c < cols; ++c) {
      const auto get = [&](int r) { return one(x(r, c)); };
      same = same && same_bits(y(0, c), reduced<sum_op, T>(rows, get).v);
      same = same && same_bits(most(0, c), reduced<max_op, T>(rows, get).v);
    }
    CHECK(same);
  });
}

template <class T> void check_sweeps(int rows, int cols, int gap) {
  CAPTURE(rows);
  CAPTURE(cols);
  strided<T> x(rows, cols, gap, std::uint64_t(rows * 10000 + cols));
  T inverse = T(1) / T(rows);
  static_assert(kernel_facts<deviations>::sweeps == 3 && kernel_facts<deviations>::kept.count == 1);
  scratch_memory<T> kept(std::size_t(rows) * 128);   // of a panel: 8 vectors, at most 64 elements each
  for_versions<T, deviations>([&](tile_function<T> kernel) {
    strided<T> y(rows, cols, gap + 1);
    T* const at[] = {x.row(0), &inverse, y.row(0)};
    const std::ptrdiff_t step[] = {x.step, 0, y.step};
    frame<T> f;
    f.at = at;
    f.step = step;
    f.rows = rows;
    f.cols = cols;
    f.kept = kept.data();
    kernel(f);
    bool same = true;
    for (int c = 0; c < cols; ++c) {
      const auto mean = reduced<sum_op, T>(rows, [&](int r) { return one(x(r, c)); }) * one(inverse);
      const auto square = [&](int r) { return (one(x(r, c)) - mean) * (one(x(r, c)) - mean); };
      const auto deviation = reduced<sum_op, T>(rows, square) * one(inverse);
      for (int r = 0; r < rows; ++r) same = same && same_bits(y(r, c), (square(r) - deviation).v);
    }
    CHECK(same);
    CHECK(y.gaps_are_untouched());
  });
}

}  // namespace

TEST_CASE_TEMPLATE("columns of all heights and widths", T, float, double) {
  for (int cols = 1; cols <= 70; ++cols) check_sums<T>(5, cols, 2);
  for (const int rows : {1, 31, 32, 33, 64, 100, 4095, 4096, 4097, 8200}) check_sums<T>(rows, 9, 1);
  for (const int cols : {300, 1023, 1024, 1025, 1300}) check_sums<T>(40, cols, 0);
}

TEST_CASE_TEMPLATE("sums go on from call to call", T, float, double) {
  for (const int split : {1, 31, 32, 33, 64, 70}) check_sums<T>(71, 150, 1, {0, split});
  check_sums<T>(4200, 20, 0, {0, 10, 100, 4096, 4100});
}

TEST_CASE_TEMPLATE("columns in several sweeps", T, float, double) {
  for (int cols = 1; cols <= 40; ++cols) check_sweeps<T>(33, cols, 3);
  for (const int rows : {1, 2, 32, 65, 300}) check_sweeps<T>(rows, 150, 0);
}
