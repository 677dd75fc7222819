// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/core/run_state.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/geometry/geometry.hpp>
#include <tfx/graph/axes.hpp>
#include <tfx/graph/op_kind.hpp>
#include <tfx/graph/results.hpp>
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
  int result = 0;                  ///< which of several
  const run_state* run = nullptr;
  std::uint64_t place = 0;         ///< number of the first element, of a generator
};

namespace detail {
template <class F> constexpr bool shows_steps() {
  if constexpr (requires { F::strided; }) return F::strided;
  else return false;
}
/// Does an operation say what each element of its result is?
template <class F> inline constexpr bool names_elements = requires(attributes_of<F> known, const double* const* in) { F::template element<double>(known, in, 0, 0, 0, 0); };
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

namespace detail {
/// One row of what F makes element by element. Of each input its first element there, and the step to the next one.
template <class F, class T> constexpr void map_row(const T* const* at, const int* step, T* out, int cols) {
  using L = lanes::lane<T>;
  for (int c = 0; c < cols; ++c) {
    if constexpr (F::arity == 1) out[c] = F::apply(L(at[0][c * step[0]])).v;
    else if constexpr (F::arity == 2) out[c] = F::apply(L(at[0][c * step[0]]), L(at[1][c * step[1]])).v;
    else out[c] = F::apply(L(at[0][c * step[0]]), L(at[1][c * step[1]]), L(at[2][c * step[2]])).v;
  }
}
template <class T> constexpr void evaluate_rows(const node_call<T>& a, int arity, void (*row)(const T* const*, const int*, T*, int)) {
  const int rows = a.shape.rows(), cols = a.shape.cols();
  const T* at[3] = {};
  int step[3] = {};
  for (int k = 0; k < arity; ++k) step[k] = a.in_shape[k].size() == a.shape.size() || a.in_shape[k].cols() == cols;
  for (int r = 0; r < rows; ++r) {
    for (int k = 0; k < arity; ++k) at[k] = a.in[k] + row_of_broadcast(a.in_shape[k], a.shape, r);
    row(at, step, a.out + r * cols, cols);
  }
}
}  // namespace detail

namespace detail {
/// All elements of one of the results of F.
template <class F, int Result, class T> constexpr void evaluate_elements(const node_call<T>& a) {
  attributes_of<F> known = *a.geo;
  const int rows = a.shape.rows(), cols = a.shape.cols();
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < cols; ++c) a.out[r * cols + c] = F::template element<T, Result>(known, a.in, r, c, cols, a.contracted);
}
template <class F, class T, int... Result> constexpr void evaluate_result(const node_call<T>& a, std::integer_sequence<int, Result...>) {
  ((a.result == Result ? evaluate_elements<F, Result>(a) : void()), ...);
}
}  // namespace detail

/// The meaning of an operation, element by element and obviously: the oracle for every other backend, and what constant
/// evaluation runs.
template <class F, class T> constexpr void evaluate_node(const node_call<T>& a) {
  using L = lanes::lane<T>;
  const int rows = a.shape.rows(), cols = a.shape.cols();
  if constexpr (F::kind == op_kind::map || F::kind == op_kind::assign) {
    detail::evaluate_rows(a, F::arity, &detail::map_row<F, T>);
  } else if constexpr (F::kind == op_kind::reduce) {
    const reduced_run run = run_of(a.in_shape[0], a.axis);
    for (int o = 0; o < run.outer; ++o)
      for (int c = 0; c < run.inner; ++c) {
        const T* const x = a.in[0] + std::ptrdiff_t(o) * run.extent * run.inner + c;
        const auto get = [&](int i) { return L(x[i * run.inner]); };
        a.out[o * run.inner + c] = (a.axis == over_rows ? reduce_order::column<F, L>(run.extent, get) : reduce_order::row<F, L>(run.extent, get)).v;
      }
  } else if constexpr (detail::names_elements<F>) {
    if constexpr (results_of<F> > 1) {
      detail::evaluate_result<F>(a, std::make_integer_sequence<int, results_of<F>>{});
    } else {
      attributes_of<F> known = *a.geo;
      for (int r = 0; r < rows; ++r)
        for (int c = 0; c < cols; ++c) a.out[r * cols + c] = F::template element<T>(known, a.in, r, c, cols, a.contracted);
    }
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
