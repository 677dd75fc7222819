// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/attention.hpp>
#include <tfx/ops/generate.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/ops/matmul.hpp>

namespace tfx::detail {

/// What attention means, in operations that have derivatives of every order: softmax of products, with a matrix of queries x
/// keys for each head. Values are [batch, heads, rows, columns].
struct attention_definition {
  const attention_geometry& g;
  dims outer;                  ///< [batch, heads]
  handle q, k, v, factor;
  handle weights{};            ///< of every query, over the keys

  /// The inputs are [batch, positions, heads, size], or [batch, positions, heads * size]; `mask` may be empty.
  constexpr attention_definition(const attention_geometry& known, handle queries, handle keys, handle values, handle scale, handle mask)
      : g(known),
        outer{2, {queries.shape().extent[0], known.heads}, queries.shape().bounded},
        q(heads_first(queries)),
        k(heads_first(keys)),
        v(heads_first(values)),
        factor(scale) {
    handle scores = product(q, k, false, true) * factor;
    const handle infinite = q.graph->constant(-__builtin_huge_val());
    if (g.causal) scores = where(earlier_keys(), scores, infinite);
    if (!mask.empty()) scores = where(map_node<not_equal_op>(mask, q.graph->constant(0)), scores, infinite);
    const handle most = stop_gradient(max_axes(scores, keys_axis));
    const handle e = exp(scores - where(map_node<equal_op>(most, infinite), 0, most));
    const handle sum = sum_axes(e, keys_axis), none = map_node<equal_op>(sum, q.graph->constant(0));
    weights = e * where(none, 0, 1 / where(none, 1, sum));   // a query that sees no key has weights 0
  }

  static constexpr unsigned keys_axis = 1u << 3;

  constexpr dims matrices(int rows, int cols) const {
    return {4, {outer.extent[0], outer.extent[1], rows, cols}, outer.bounded};
  }
  constexpr handle heads_first(handle x) const {
    const int positions = x.shape().extent[1];
    return permute(reshape(x, dims{4, {outer.extent[0], positions, g.heads, g.size}, outer.bounded}), axis_order{{0, 2, 1, 3}});
  }
  constexpr handle heads_last(handle x) const { return permute(x, axis_order{{0, 2, 1, 3}}); }
  /// Of every head, each perhaps transposed.
  constexpr handle product(handle a, handle b, bool ta = false, bool tb = false) const {
    const auto flat = [&](handle x) {
      const dims s = x.shape();
      return reshape(x, dims{3, {s.extent[0] * s.extent[1], s.extent[2], s.extent[3]}, s.bounded});
    };
    const handle y = matmul(flat(a), flat(b), ta, tb);
    return reshape(y, matrices(y.shape().extent[1], y.shape().extent[2]));
  }
  static constexpr handle sum_over_keys(handle x) { return sum_axes(x, keys_axis); }
  /// [queries, keys]: is the key not after the query?
  constexpr handle earlier_keys() const {
    builder& b = *q.graph;
    const auto places = [&](int n) {
      const dims row{1, {n}, false};
      return pin(column_index(b, row), row);
    };
    return map_node<less_equal_op>(places(g.keys), reshape(places(g.queries), dims{2, {g.queries, 1}, false}));
  }
};

/// The derivatives of sum(a * dq + b * dk + c * dv), where dq, dk and dv are the gradients that attention gives for dy. What
/// is empty counts as zeros, and one of them is not.
///
///     dP = dy v^T,   dS = P (dP - r),   r = sum_j P dP,   dq = dS k scale,   dk = dS^T q scale,   dv = P^T dy
///     E = (a k^T + q b^T) scale,   M = P (E - e),   e = sum_j P E
///     A = E dP - dP e - E r + dy c^T,   B = P (A - sum_j P A)
struct attention_second_derivative {
  handle dq{}, dk{}, dv{}, ddy{};   ///< [batch, positions, heads, size]; empty: zeros

  constexpr attention_second_derivative(const attention_definition& of, handle dy, handle a, handle b, handle c) {
    const handle p = of.weights;
    const handle dp = of.product(dy, of.v, false, true), r = of.sum_over_keys(p * dp), ds = p * (dp - r);
    handle of_weights = c.empty() ? c : of.product(dy, c, false, true), m{};
    if (!a.empty() || !b.empty()) {
      const handle left = a.empty() ? a : of.product(a, of.k, false, true), right = b.empty() ? b : of.product(of.q, b, false, true);
      const handle e = plus(left, right) * of.factor, mean = of.sum_over_keys(p * e);
      m = p * (e - mean);
      of_weights = plus(e * dp - dp * mean - e * r, of_weights);
    }
    const handle scores = p * (of_weights - of.sum_over_keys(p * of_weights)) * of.factor;
    const handle scaled = ds * of.factor;
    dq = of.heads_last(plus(of.product(scores, of.k), b.empty() ? b : of.product(scaled, b)));
    dk = of.heads_last(plus(of.product(scores, of.q, true), a.empty() ? a : of.product(scaled, a, true)));
    if (!m.empty()) dv = of.heads_last(of.product(m, dy, true));
    ddy = of.heads_last(plus(m.empty() ? m : of.product(m, of.v), c.empty() ? c : of.product(p, c)));
  }
  static constexpr handle plus(handle x, handle y) { return x.empty() ? y : y.empty() ? x : x + y; }
};

}  // namespace tfx::detail
