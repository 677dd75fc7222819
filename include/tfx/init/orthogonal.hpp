// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/lanes/traits.hpp>

namespace tfx::init::detail {

/// A matrix whose longer lines are made orthogonal to each other and of length 1: its rows, or its columns if there are more rows.
///
/// Numerics   Gram and Schmidt's way, twice over each line, which is enough; sums in double, in eight parts
/// Source     Giraud, Langou and Rozloznik 2005: twice is enough
template <class T> struct orthonormal_lines {
  using L = lanes::traits<double>;
  T* matrix;
  int lines, length;
  std::ptrdiff_t line_step, element_step;

  constexpr orthonormal_lines(T* m, int rows, int cols)
      : matrix(m), lines(rows < cols ? rows : cols), length(rows < cols ? cols : rows), line_step(rows < cols ? cols : 1), element_step(rows < cols ? 1 : cols) {}

  constexpr void make() {
    for (int i = 0; i < lines; ++i) {
      for (int k = 0; k < 2 * i; ++k) take_off(line(i), line(k % i));
      scale(line(i), 1 / L::sqrt(product(line(i), line(i))));
    }
  }

 private:
  constexpr T* line(int i) const { return matrix + i * line_step; }
  constexpr double product(const T* a, const T* b) const {
    double part[8] = {};
    for (int j = 0; j < length; ++j) part[j % 8] = L::add(part[j % 8], L::mul(double(a[j * element_step]), double(b[j * element_step])));
    double total = 0;
    for (const double p : part) total = L::add(total, p);
    return total;
  }
  constexpr void take_off(T* a, const T* b) const {
    const double shared = product(a, b);
    for (int j = 0; j < length; ++j) a[j * element_step] = T(L::sub(double(a[j * element_step]), L::mul(shared, double(b[j * element_step]))));
  }
  constexpr void scale(T* a, double by) const {
    for (int j = 0; j < length; ++j) a[j * element_step] = T(L::mul(by, double(a[j * element_step])));
  }
};

}  // namespace tfx::init::detail
