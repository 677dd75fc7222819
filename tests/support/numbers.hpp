// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace tfx::testing {

using numbers = std::vector<double>;

template <class Array> numbers numbers_of(const Array& array) {
  if constexpr (std::is_arithmetic_v<Array>) return {double(array)};
  else return numbers(std::begin(array), std::end(array));
}

/// How near a result must be, in every element: |found - expected| <= ulps * epsilon * max(|expected|, floor), with the
/// epsilon of the element type. The floor is the size of what cancels on the way to a small result; a case that has such
/// results states it.
struct accuracy {
  double ulps = 32, floor = 0x1p-60;
};

/// Elements are compared one by one: the largest |found - expected| / max(|expected|, floor). What is not a number is
/// expected as such, and infinities with their sign.
template <class Numbers> double difference(const Numbers& found, const numbers& expected, double floor = 0x1p-10) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (found.size() != expected.size()) return infinity;
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double f = double(found[i]), e = expected[i];
    if (f == e || (std::isnan(f) && std::isnan(e))) continue;
    const double d = std::abs(f - e) / std::max(std::abs(e), floor);
    worst = std::max(worst, d <= infinity ? d : infinity);
  }
  return worst;
}

/// The same in units of `within`: at most 1 where every element is as near as it says.
template <class T> double errors(std::span<const T> found, const numbers& expected, const accuracy& within) {
  using limits = std::numeric_limits<T>;
  numbers rounded = expected;
  for (double& e : rounded)
    if (std::abs(e) > double(limits::max())) e = std::copysign(std::numeric_limits<double>::infinity(), e);
  return difference(found, rounded, std::max(within.floor, double(limits::min()))) / (within.ulps * double(limits::epsilon()));
}

/// Elements whose bits differ; two that are not numbers are equal.
template <class T> int different_bits(std::span<const T> a, std::span<const T> b) {
  if (a.size() != b.size()) return -1;
  int n = 0;
  for (std::size_t i = 0; i < a.size(); ++i) n += std::memcmp(&a[i], &b[i], sizeof(T)) != 0 && !(a[i] != a[i] && b[i] != b[i]);
  return n;
}

}  // namespace tfx::testing
