// SPDX-License-Identifier: Apache-2.0
// labels: native
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "fused.hpp"

namespace {

using namespace tfx;
using namespace tfx::test;

/// Rows with ties, zeros of both signs and NaN, sorted by the library.
template <class T> void check(int rows, int columns, int count, bool ascending) {
  CAPTURE(rows);
  CAPTURE(columns);
  CAPTURE(count);
  guarded<T> x(std::size_t(rows * columns)), values(std::size_t(rows * count)), places(values.size());
  x.fill(7);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 53 == 5 ? std::numeric_limits<T>::quiet_NaN() : std::trunc(x[i] * 20) / 4;
  for (int r = 0; r < rows; ++r) {
    std::vector<int> order(std::size_t(columns), 0);
    std::iota(order.begin(), order.end(), 0);
    T* const row = x.data() + r * columns;
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      const T left = row[a], right = row[b];
      if (std::isnan(left) || std::isnan(right)) return ascending ? !std::isnan(left) && std::isnan(right) : std::isnan(left) && !std::isnan(right);
      if (ascending || left != right) return ascending ? left < right : left > right;
      return !std::signbit(left) && std::signbit(right);
    });
    for (int c = 0; c < count; ++c) {
      values[std::size_t(r * count + c)] = row[order[std::size_t(c)]];
      places[std::size_t(r * count + c)] = std::bit_cast<T>(whole_word<T>(order[std::size_t(c)]));
    }
  }
  const sort_geometry g{columns, ascending, false, false};
  for (const int parts : {1, 2, 3, 7}) {
    CAPTURE(parts);
    for (const bool negates : {false, true}) {
      check_fused<T, sort_op, 3>(g, nullptr, rows, rows, count, {x.data()}, {&values, &places}, parts, negates);
      check_fused<T, sort_op, 1>(g, nullptr, rows, rows, count, {x.data()}, {&values}, parts, negates);
      check_fused<T, sort_op, 2>(g, nullptr, rows, rows, count, {x.data()}, {&places}, parts, negates);
    }
  }
}
template <class T> void check_type() {
  for (const bool ascending : {false, true}) {
    check<T>(1, 1, 1, ascending);
    check<T>(3, 17, 5, ascending);
    check<T>(2, 16, 16, ascending);
    check<T>(70, 33, 3, ascending);
    check<T>(2, 1000, 64, ascending);
    check<T>(2, 300, 65, ascending);
    check<T>(3, 513, 513, ascending);
  }
}

TEST_CASE("some first elements of rows, and all of them") {
  check_type<float>();
  check_type<double>();
}

}  // namespace
