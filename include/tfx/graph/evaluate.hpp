// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/run_state.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/geometry/geometry.hpp>
#include <tfx/graph/axes.hpp>
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

namespace detail {
template <class F> constexpr bool shows_steps() {
  if constexpr (requires { F::strided; }) return F::strided;
  else return false;
}
}  // namespace detail

/// Where row `row` of a result begins in an operand that is spread over it, by NumPy's rule.
constexpr int row_of_broadcast(const dims& operand, const dims& result, int row) {
  if (operand.size() == result.size()) return row * result.cols();
  if (result.rank == 1) return operand.size() > 1 ? row : 0;   // a bounded vector
  int at = 0, step = operand.cols();
  for (int axis = result.rank - 2; axis >= 0; --axis) {
    const int own = axis - (result.rank - operand.rank), place = row % result.extent[axis];
    row /= result.extent[axis];
    if (own < 0 || operand.extent[own] == 1) continue;
    at += place * step;
    step *= operand.extent[own];
  }
  return at;
}

/// The meaning of an operation, element by element and obviously: the oracle for every other backend, and what constant
/// evaluation runs.
template <class F, class T> constexpr void evaluate_node(const node_call<T>& a) {
  using L = lanes::lane<T>;
  const int rows = a.shape.rows(), cols = a.shape.cols();
  if constexpr (F::kind == op_kind::map || F::kind == op_kind::assign) {
    const T* at[3] = {};
    int step[3] = {};   // along a row
    for (int k = 0; k < F::arity; ++k) step[k] = a.in_shape[k].size() == a.shape.size() || a.in_shape[k].cols() == cols;
    auto input = [&](int k, int, int c) { return L(at[k][c * step[k]]); };
    for (int r = 0; r < rows; ++r) {
      for (int k = 0; k < F::arity; ++k) at[k] = a.in[k] + row_of_broadcast(a.in_shape[k], a.shape, r);
      for (int c = 0; c < cols; ++c) {
        T& y = a.out[r * cols + c];
        if constexpr (F::arity == 1) y = F::apply(input(0, r, c)).v;
        else if constexpr (F::arity == 2) y = F::apply(input(0, r, c), input(1, r, c)).v;
        else y = F::apply(input(0, r, c), input(1, r, c), input(2, r, c)).v;
      }
    }
  } else if constexpr (F::kind == op_kind::reduce) {
    const reduced_run run = run_of(a.in_shape[0], a.axis);
    for (int o = 0; o < run.outer; ++o)
      for (int c = 0; c < run.inner; ++c) {
        const T* const x = a.in[0] + std::ptrdiff_t(o) * run.extent * run.inner + c;
        const auto get = [&](int i) { return L(x[i * run.inner]); };
        a.out[o * run.inner + c] = (a.axis == over_rows ? reduce_order::column<F, L>(run.extent, get) : reduce_order::row<F, L>(run.extent, get)).v;
      }
  } else if constexpr (F::kind == op_kind::contract || F::kind == op_kind::window || detail::shows_steps<F>()) {
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
