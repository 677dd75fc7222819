// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/operation.hpp>

namespace tfx {

/// The same memory under another shape.
struct reshape_op : recorded<op_kind::view, 1> {
  static constexpr std::string_view name = "reshape";
  static constexpr void backward(gradient_scope& s);
};

constexpr handle reshape(handle a, const dims& shape) {
  if (a.shape() == shape) return a;
  const node& n = a.graph->nodes[a.id];
  if (n.op->kind == op_kind::constant) return a;   // a number has every shape
  if (n.op->id == op_of<reshape_op>.id) return reshape({a.graph, a.graph->input(a.id, 0)}, shape);
  if (n.op->kind == op_kind::generate && n.op->arity == 0) {   // the number of a column: steps must say where that stands
    axis_steps lay;
    if (a.shape().rank > 0) lay.step[a.shape().rank - 1] = 1;
    if (!reshape_steps(a.shape(), lay, shape)) a = pin(a, a.shape());
  }
  return {a.graph, a.graph->emit<reshape_op>(shape, a.type(), 0, a.id)};
}
constexpr void reshape_op::backward(gradient_scope& s) { s.add(0, reshape(s.dy, s.input(0).shape())); }

namespace detail {
/// In a finished graph: node `id` shows what node `of` has made.
constexpr void become_view(builder& b, int id, int of) {
  node& view = b.nodes[id];
  view.op = b.record<reshape_op>();
  view.first = b.edges.size();
  view.count = 1;
  view.aux = 0;
  b.edges.push_back(of);
}
template <class S, int... E> struct reshaped {
  static constexpr dims value = [] {
    dims d{int(sizeof...(E)), {E...}, false};
    int open = -1;
    long long known = 1;
    for (int i = 0; i < d.rank; ++i) {
      if (d.extent[i] == -1) open = i;
      else known *= d.extent[i];
    }
    if (open >= 0) d.extent[open] = known > 0 && known <= S::value.size() ? int(S::value.size() / known) : 1;
    if (S::value.bounded && d.rank && d.extent[0] == S::value.extent[0]) d.bounded = true;
    return d;
  }();
};
}  // namespace detail

/// The same elements in row-major order under the extents `Extent...`; one of them may be -1, which is computed.
///
/// Shape      x: S  ->  y: [Extent...], the same number of elements; a bounded leading extent stays the leading one
/// Gradient   dx = reshape of dy
template <int... Extent, class S, class T> constexpr auto reshape(var<S, T> x, source_line at = {}) {
  using R = detail::reshaped<S, Extent...>;
  using Y = var<to_shape<R>, T>;
  if constexpr (R::value.size() == S::value.size() && R::value.bounded == S::value.bounded) {
    return Y{reshape(x.h, R::value)};
  } else {
    x.h.graph->line = at.value;
    x.h.graph->complain("reshape", at_path{}, ": ", S::value, " has ", S::value.size(), " elements, ", R::value, " has ", R::value.size(),
                        S::value.bounded && !R::value.bounded ? "; the batch stays the leading extent" : "");
    return x;
  }
}

namespace detail {
template <class S> struct flattened {
  static constexpr dims value = {2, {S::value.rank ? S::value.extent[0] : 1, S::value.size() / (S::value.rank ? S::value.extent[0] : 1)},
                                 S::value.bounded};
};
template <class S, int Axis> struct expanded {
  static constexpr dims value = [] {
    dims d{};
    d.rank = S::value.rank + 1;
    for (int i = 0, k = 0; i < d.rank; ++i) d.extent[i] = i == Axis ? 1 : S::value.extent[k++];
    d.bounded = S::value.bounded && Axis > 0;
    return d;
  }();
};
}  // namespace detail

/// [batch, ...] -> [batch, features].
template <class S, class T> constexpr auto flatten(var<S, T> x) { return var<to_shape<detail::flattened<S>>, T>{reshape(x.h, detail::flattened<S>::value)}; }

/// A new axis of extent 1 before axis `Axis`.
template <int Axis, class S, class T> constexpr auto expand_dims(var<S, T> x, source_line at = {}) {
  static_assert(Axis >= 0 && Axis <= S::value.rank, "tfx::expand_dims: the axis is out of range");
  if (S::value.bounded && Axis == 0) x.h.graph->line = at.value;   // see `check_batch`
  return var<to_shape<detail::expanded<S, Axis>>, T>{reshape(x.h, detail::expanded<S, Axis>::value)};
}

}  // namespace tfx
