// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>

namespace tfx {

/// The most results that an operation has.
inline constexpr int max_results = 4;

/// One result of an operation that has several: its name, shape and element type.
struct result_info {
  std::string_view name;
  dims shape;
  dtype type;
};

/// How many results F has: contractions and windows may have several.
template <class F> inline constexpr int results_of = 1;
template <class F> requires requires { F::results; } inline constexpr int results_of<F> = F::results;

/// Are two values matrices of the same rows and columns? Then a kernel goes over both of them at once.
constexpr bool same_matrix(const dims& a, const dims& b) {
  return a.size() == b.size() && a.cols() == b.cols() && a.bounded == b.bounded;
}

}  // namespace tfx
