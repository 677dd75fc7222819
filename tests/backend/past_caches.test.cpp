// SPDX-License-Identifier: Apache-2.0
// labels: native
// Kernels behind tiles of their results: the same bits as without, whatever the strides, alignments and forms.
#include <tfx/backend/simd/past_caches.hpp>

#include "kernel/tile.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

// x, a number per row, y, z
using lie = operands<true, false, true, true>;
using map_code = kernel_code<form::map, ins<multiply_op, lie::word(0, 2, ~0, ~1)>, ins<add_op, lie::word(0, 3, 0, ~0)>>;
// x, y: what is stored is read again in a later sweep
using row_lie = operands<true, true>;
using row_code = kernel_code<form::rows, ins<multiply_op, row_lie::word(0, -1, ~0, ~0)>, ins<sum_op, row_lie::word(0, -1, 0)>,
                             ins<multiply_op, row_lie::word(2, 1, ~0, 1)>>;

template <class T, class Code> using behind = kernel_past_caches<backend::simd<>, T, Code>;

template <class T, class Code> void check(int rows, int cols, int gap, int shift, int outputs) {
  CAPTURE(rows);
  CAPTURE(cols);
  CAPTURE(gap);
  CAPTURE(shift);
  strided<T> x(rows, cols, gap, 1), scale(rows, 1, 2, 2);
  std::vector<T> kept(std::size_t(8 * (cols + 256)));
  const std::size_t size = std::size_t(rows * (cols + gap) + shift);
  std::vector<T> made[2][2];
  for (int way = 0; way < 2; ++way) {
    T* at[4] = {x.row(0)};
    std::ptrdiff_t step[4] = {x.step};
    int k = 1;
    if (outputs == 2) at[k] = scale.row(0), step[k++] = scale.step;
    for (int o = 0; o < outputs; ++o) {
      made[way][o].assign(size, T(7));
      at[k] = made[way][o].data() + shift;
      step[k++] = cols + gap;
    }
    frame<T> f;
    f.at = at;
    f.step = step;
    f.rows = rows;
    f.cols = cols;
    f.kept = kept.data();
    if (way == 0) kernel_entry<backend::simd<>, T, Code>::run(f);
    else behind<T, Code>::run(f);
  }
  for (int o = 0; o < outputs; ++o) CHECK(std::memcmp(made[0][o].data(), made[1][o].data(), size * sizeof(T)) == 0);
}

}  // namespace

#if defined(__SSE2__)
TEST_CASE_TEMPLATE("tiles of results hold what the kernel stores", T, float, double) {
  static_assert(behind<T, map_code>::serves && behind<T, map_code>::operands.past == 2);
  for (const int shift : {0, 1, 5, 16}) {
    check<T, map_code>(1, 10'000, 0, shift, 2);
    check<T, map_code>(30, 301, 0, shift, 2);
    check<T, map_code>(30, 301, 9, shift, 2);
    check<T, map_code>(700, 7, 0, shift, 2);
    check<T, map_code>(3, 5000, 3, shift, 2);
    check<T, map_code>(3, 3, 1, shift, 2);
    check<T, row_code>(9, 1000, 0, shift, 1);
    check<T, row_code>(9, 1000, 3, shift, 1);
    check<T, row_code>(2, 5000, 0, shift, 1);
  }
}

TEST_CASE("what a kernel reads where it stores stays in the caches") {
  using in_place = kernel_code<form::map, ins<multiply_op, row_lie::word(0, 0, ~0, ~0)>>;
  static_assert(!behind<float, in_place>::serves);
  std::vector<float> x(5000, 3.0f);
  float* const at[] = {x.data(), x.data()};
  const std::ptrdiff_t step[] = {5000, 5000};
  frame<float> f;
  f.at = at;
  f.step = step;
  f.rows = 1;
  f.cols = 5000;
  using squared = kernel_code<form::map, ins<multiply_op, row_lie::word(0, 1, ~0, ~0)>>;
  behind<float, squared>::run(f);
  CHECK(x == std::vector<float>(5000, 9.0f));
}
#endif
