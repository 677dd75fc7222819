// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/gather.hpp>
#include <tfx/ops/carried.hpp>
#include <tfx/ops/permute.hpp>

// Sequences with the time axis in front.
namespace tfx {

namespace detail {

/// [batch, steps, ...] as [steps, batch, ...], for a bounded batch: rows that are not present become 0.
struct time_first_op : recorded<op_kind::window, 1> {
  static constexpr std::string_view name = "time_first";
  using attributes = sequence_geometry;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const sequence_geometry& g, const T* const* in, int row, int col, int cols, int present) {
    const int within = row % g.rows, batch = row / g.rows % g.batch, step = row / g.rows / g.batch;
    return batch < present ? in[0][((batch * g.steps + step) * g.rows + within) * cols + col] : T(0);
  }
};
/// The way back.
struct batch_first_op : recorded<op_kind::window, 1> {
  static constexpr std::string_view name = "batch_first";
  using attributes = sequence_geometry;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const sequence_geometry& g, const T* const* in, int row, int col, int cols, int) {
    const int within = row % g.rows, step = row / g.rows % g.steps, batch = row / g.rows / g.steps;
    return in[0][((step * g.batch + batch) * g.rows + within) * cols + col];
  }
};
constexpr dims exchanged(const dims& s, bool bounded) {
  dims d = s;
  d.extent[0] = s.extent[1];
  d.extent[1] = s.extent[0];
  d.bounded = bounded;
  return d;
}
/// One number per step and row: a column of its own, so that the matrix has a row for it.
constexpr handle with_columns(handle x) {
  const dims s = x.shape();
  return s.rank > 2 ? x : reshape(x, dims{3, {s.extent[0], s.extent[1], 1}, s.bounded});
}
constexpr handle bounded_time_first(handle x) {
  if (x.shape().extent[0] == 1) return reshape(x, exchanged(x.shape(), false));   // nothing moves, and the one row is present
  const handle from = with_columns(x);
  const dims s = from.shape();
  geometry g = geometry::of(sequence_geometry{s.extent[1], s.extent[0], s.rows() / (s.extent[0] * s.extent[1])});
  g.contracted = s.extent[0];
  g.contracts_batch = 1;
  const handle y{x.graph, x.graph->emit<time_first_op>(exchanged(s, false), x.type(), g, from.id)};
  return reshape(y, exchanged(x.shape(), false));
}
constexpr handle bounded_batch_first(handle x) {
  if (x.shape().extent[1] == 1) return reshape(x, exchanged(x.shape(), true));
  const handle from = with_columns(x);
  const dims s = from.shape();
  const sequence_geometry g{s.extent[0], s.extent[1], s.rows() / (s.extent[0] * s.extent[1])};
  const handle y{x.graph, x.graph->emit<batch_first_op>(exchanged(s, true), x.type(), g, from.id)};
  return reshape(y, exchanged(x.shape(), true));
}
constexpr void time_first_op::backward(gradient_scope& s) { s.add(0, bounded_batch_first(s.dy)); }
constexpr void batch_first_op::backward(gradient_scope& s) { s.add(0, bounded_time_first(s.dy)); }

template <class S> struct first_two_exchanged {
  static constexpr dims value = exchanged(S::value, false);
};
/// [batch, steps, ...]: one step of all rows.
template <class S> struct step_of_batch {
  static constexpr dims value = [] {
    dims d = unstacked(exchanged(S::value, false));
    d.bounded = S::value.bounded;
    return d;
  }();
};
template <int Steps, class S> struct batch_of_steps {
  static constexpr dims value = exchanged(stacked(Steps, S::value), true);
};

}  // namespace detail

/// [batch, steps, ...] for `scan`, which goes along the leading axis: [steps, batch, ...], as a `sequence` if the batch is bounded.
template <class S, class T> constexpr auto time_first(var<S, T> x, source_line at = {}) {
  if constexpr (S::value.rank < 2) {
    x.h.graph->line = at.value;
    x.h.graph->complain("time_first", at_path{}, " expects [batch, steps, ...], got ", S::value);
    return x;
  } else if constexpr (S::value.bounded) {
    return sequence<S::value.extent[1], to_shape<detail::step_of_batch<S>>, T>{detail::bounded_time_first(x.h)};
  } else {
    detail::axis_order order;
    for (int k = 0; k < S::value.rank; ++k) order.axis[k] = k < 2 ? 1 - k : k;
    return var<to_shape<detail::first_two_exchanged<S>>, T>{permute(x.h, order)};
  }
}
/// The way back, of what `scan` has put together.
template <class S, class T> constexpr auto batch_first(var<S, T> x, source_line at = {}) { return time_first(x, at); }
template <int Steps, class S, class T> constexpr auto batch_first(sequence<Steps, S, T> x, source_line at = {}) {
  if constexpr (S::value.rank == max_rank) {
    x.h.graph->line = at.value;
    x.h.graph->complain("batch_first", at_path{}, ": ", S::value, " of every step would have seven axes");
    return var<S, T>{x.h};
  } else return var<to_shape<detail::batch_of_steps<Steps, S>>, T>{detail::bounded_batch_first(x.h)};
}

}  // namespace tfx
