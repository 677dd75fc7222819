// SPDX-License-Identifier: Apache-2.0
// labels: native
#include "fused.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// [batch, steps, ...] and [steps, batch, ...], of which `present` rows of the batch count.
template <class T> void check(int batch, int steps, int rows_in_value, int cols, int present) {
  const auto place = [&](int outer, int inners, int inner, int row, int col) {
    return std::size_t(((outer * inners + inner) * rows_in_value + row) * cols + col);
  };
  const std::size_t size = std::size_t(batch * steps * rows_in_value * cols);
  const int rows = batch * steps * rows_in_value, present_rows = present * steps * rows_in_value;
  guarded<T> x(std::size_t(present_rows * cols)), first(size), back(x.size());
  x.fill(3);
  for (int s = 0; s < steps; ++s)
    for (int b = 0; b < batch; ++b)
      for (int r = 0; r < rows_in_value; ++r)
        for (int c = 0; c < cols; ++c) first[place(s, batch, b, r, c)] = b < present ? x[place(b, steps, s, r, c)] : T(0);
  std::memcpy(back.data(), x.data(), x.size() * sizeof(T));

  const sequence_geometry g = {steps, batch, rows_in_value};
  using time_first = tfx::detail::time_first_op;
  using batch_first = tfx::detail::batch_first_op;
  for (const int parts : {1, 3, 7}) {
    CAPTURE(parts);
    check_fused<T, time_first>(g, nullptr, rows, rows, cols, {x.data()}, {&first}, parts, false, present);
    check_fused<T, time_first>(g, nullptr, rows, rows, cols, {x.data()}, {&first}, parts, true, present);
    check_fused<T, batch_first>(g, nullptr, rows, present_rows, cols, {first.data()}, {&back}, parts);
    check_fused<T, batch_first>(g, nullptr, rows, present_rows, cols, {first.data()}, {&back}, parts, true);
  }
}

}  // namespace

TEST_CASE("batch and steps change places") {
  check<float>(5, 7, 1, 33, 5);
  check<float>(5, 7, 1, 16, 3);
  check<double>(3, 4, 6, 3, 2);
  check<float>(40, 30, 2, 1, 39);
  check<float>(2, 3, 1, 6500, 1);
}
