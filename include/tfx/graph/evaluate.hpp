// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/run_state.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/geometry/geometry.hpp>
#include <tfx/graph/op_kind.hpp>
#include <tfx/lanes/lane.hpp>
#include <tfx/lanes/reduce_order.hpp>

namespace tfx {

/// One node on plain memory.
template <class T> struct node_call {
  const T* in[16] = {};
  dims in_shape[16] = {};
  T* out = nullptr;
  dims shape{};                    ///< of the rows present
  int axis = 0;
  const geometry* geo = nullptr;
  int contracted = 0;
  const run_state* run = nullptr;
  std::uint64_t place = 0;         ///< number of the first element, of a generator
};

/// The meaning of an operation, element by element and obviously: the oracle for every other backend, and what constant
/// evaluation runs.
template <class F, class T> constexpr void evaluate_node(const node_call<T>& a) {
  using L = lanes::lane<T>;
  const int rows = a.shape.rows(), cols = a.shape.cols();
  if constexpr (F::kind == op_kind::map || F::kind == op_kind::assign) {
    int row_step[3] = {}, col_step[3] = {};
    for (int k = 0; k < F::arity; ++k) {
      const dims& s = a.in_shape[k];
      const bool full = s.size() == a.shape.size();
      row_step[k] = full ? cols : s.rows() > 1 ? s.cols() : 0;
      col_step[k] = full || s.cols() > 1 ? 1 : 0;
    }
    auto input = [&](int k, int r, int c) { return L(a.in[k][r * row_step[k] + c * col_step[k]]); };
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < cols; ++c) {
        T& y = a.out[r * cols + c];
        if constexpr (F::arity == 1) y = F::apply(input(0, r, c)).v;
        else if constexpr (F::arity == 2) y = F::apply(input(0, r, c), input(1, r, c)).v;
        else y = F::apply(input(0, r, c), input(1, r, c), input(2, r, c)).v;
      }
  } else if constexpr (F::kind == op_kind::reduce) {
    const int m = a.in_shape[0].rows(), n = a.in_shape[0].cols();
    const T* x = a.in[0];
    if (a.axis == 2) a.out[0] = reduce_order::row<F, L>(m * n, [&](int i) { return L(x[i]); }).v;
    else if (a.axis == 1)
      for (int r = 0; r < m; ++r) a.out[r] = reduce_order::row<F, L>(n, [&](int i) { return L(x[r * n + i]); }).v;
    else
      for (int c = 0; c < n; ++c) a.out[c] = reduce_order::column<F, L>(m, [&](int i) { return L(x[i * n + c]); }).v;
  } else if constexpr (F::kind == op_kind::contract || F::kind == op_kind::window) {
    attributes_of<F> known = *a.geo;
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < cols; ++c) a.out[r * cols + c] = F::template element<T>(known, a.in, r, c, cols, a.contracted);
  } else if constexpr (F::kind == op_kind::generate) {
    for (int r = 0; r < rows; ++r)
      for (int c = 0; c < cols; ++c) {
        const std::uint64_t at = std::uint64_t(c) + (F::by_column ? 0 : a.place + std::uint64_t(r) * std::uint64_t(cols));
        if constexpr (F::arity == 0) a.out[r * cols + c] = F::template generate<T>(at, *a.run).v;
        else a.out[r * cols + c] = F::template generate<T>(at, *a.run, a.in[0][0], a.in[1][0]).v;
      }
  }
}

}  // namespace tfx
