// SPDX-License-Identifier: Apache-2.0
// labels: native
// Kernels without reductions: each element, wherever the rows are.
#include "tile.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

// x, a number per row, a number per column, y
using lie = operands<true, false, true, true>;
using scaled_and_moved = kernel_code<form::map, ins<multiply_op, lie::word(0, -1, ~0, ~1)>,
                                     ins<add_op, lie::word(0, 3, 0, ~2)>>;
// a place, y
using place = operands<true, true>;
using index_in_row = kernel_code<form::map, ins<column_index_op, place::word(0, 1, ~0)>>;
using same_in_row = operands<false, true>;
using index_of_row = kernel_code<form::map, ins<column_index_op, same_in_row::word(0, 1, ~0)>>;

template <class T> void check(int rows, int cols, int gap) {
  CAPTURE(rows);
  CAPTURE(cols);
  strided<T> x(rows, cols, gap, 1);
  strided<T> scale(rows, 1, 2, 2), bias(1, cols, 0, 3);
  for_versions<T, scaled_and_moved>([&](tile_function<T> kernel) {
    strided<T> y(rows, cols, gap + 3);
    T* const at[] = {x.row(0), scale.row(0), bias.row(0), y.row(0)};
    const std::ptrdiff_t step[] = {x.step, scale.step, 0, y.step};
    frame<T> f;
    f.at = at;
    f.step = step;
    f.rows = rows;
    f.cols = cols;
    kernel(f);
    bool same = true;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < cols; ++c)
        same = same && same_bits(y(r, c), (one(x(r, c)) * one(scale(r, 0)) + one(bias(0, c))).v);
    CHECK(same);
    CHECK(y.gaps_are_untouched());
  });
}

}  // namespace

TEST_CASE_TEMPLATE("rows with gaps, numbers per row and per column", T, float, double) {
  for (int cols = 1; cols <= 40; ++cols) check<T>(3, cols, 5);
  for (int rows = 0; rows <= 4; ++rows) check<T>(rows, 70, 0);
  check<T>(2, 0, 4);
}

TEST_CASE_TEMPLATE("a generator's place steps as memory does", T, float, double) {
  const run_state run;
  const auto check_index = [&](tile_function<T> kernel, std::ptrdiff_t place_step, int per_row, int per_column) {
    strided<T> y(4, 37, 2);
    T* const at[] = {address_of_place<T>(100), y.row(0)};
    const std::ptrdiff_t step[] = {place_step, y.step};
    frame<T> f;
    f.at = at;
    f.step = step;
    f.rows = y.rows;
    f.cols = y.cols;
    f.run = &run;
    kernel(f);
    for (int r = 0; r < y.rows; ++r)
      for (int c = 0; c < y.cols; ++c) CHECK(whole_of(y(r, c)) == whole_word<T>(100 + r * per_row + c * per_column));
  };
  for_versions<T, index_in_row>([&](tile_function<T> kernel) {
    check_index(kernel, 0, 0, 1);
    check_index(kernel, 37, 37, 1);
  });
  for_versions<T, index_of_row>([&](tile_function<T> kernel) { check_index(kernel, 1, 1, 0); });
}
