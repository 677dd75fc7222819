// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/attention.hpp>
#include <tfx/ops/attention_definition.hpp>
#include <tfx/ops/causal.hpp>

namespace tfx {

namespace detail {

/// One query of one head of one sequence, against all keys: what every backend computes, number by number.
///
///     s_j = (q . k_j) * scale, minus infinity where j is excluded;   e_j = exp(s_j - max_j s_j);   p_j = e_j * (1 /
///     sum_j e_j)
///
/// Products are chains of fused multiply-adds over ascending places, sums are rows of reduce_order. A row without keys
/// has weights 0.
template <class T> struct attention_row {
  using L = lanes::lane<T>;
  const attention_geometry& g;
  const T* const* in;  ///< queries, keys, values, scale, (the mask), and of a gradient at the end dy
  int sequence, head, query;
  L top{0}, inverse{0};

  constexpr attention_row(const attention_geometry& known, const T* const* operand, int n, int h, int i)
      : g(known), in(operand), sequence(n), head(h), query(i) {
    const int past = g.past_key(i);
    const L most = reduce_order::row<max_op, L>(past, [&](int j) { return score(j); });
    top = select(most == L(-__builtin_huge_val()), L(0), most);
    const L sum = reduce_order::row<sum_op, L>(past, [&](int j) { return exponential(j); });
    inverse = select(sum == L(0), L(0), L(1) / sum);
  }
  constexpr const T* query_row() const {
    return in[0] + g.query_offset + (sequence * g.queries + query) * g.query_stride + head * g.size;
  }
  constexpr const T* key_row(int j) const {
    return in[1] + g.key_offset + (sequence * g.keys + j) * g.key_stride + head * g.size;
  }
  constexpr const T* value_row(int j) const {
    return in[2] + g.value_offset + (sequence * g.keys + j) * g.value_stride + head * g.size;
  }
  constexpr const T* dy_row() const {
    return in[4 + g.masked] + ((sequence * g.queries + query) * g.heads + head) * g.size;
  }
  constexpr L product(const T* a, const T* b) const {
    L total(0);
    for (int c = 0; c < g.size; ++c) total = fma(L(a[c]), L(b[c]), total);
    return total;
  }
  constexpr bool excluded(int j) const {
    if (g.causal && j > query) return true;
    return g.masked &&
           in[4][sequence * g.mask_sequence + head * g.mask_head + query * g.mask_query + j] == T(0);
  }
  constexpr L score(int j) const {
    return excluded(j) ? L(-__builtin_huge_val()) : product(query_row(), key_row(j)) * L(in[3][0]);
  }
  constexpr L exponential(int j) const { return exp(score(j) - top); }
  constexpr L weight(int j) const { return exponential(j) * inverse; }

  // of a gradient
  constexpr L weight_gradient(int j) const { return product(dy_row(), value_row(j)); }
  constexpr L mean_gradient() const {
    return reduce_order::row<sum_op, L>(g.past_key(query), [&](int j) { return weight(j) * weight_gradient(j); });
  }
  constexpr L score_gradient(int j, L mean) const { return weight(j) * (weight_gradient(j) - mean) * L(in[3][0]); }
};

}  // namespace detail

/// softmax(q k^T * scale) v of every head: [batch, queries, heads * size] from queries, keys, values, scale, and
/// perhaps a mask. The inputs may be columns of wider matrices. Each result is a chain over the keys ascending, times
/// the inverse sum.
struct attention_op : recorded<op_kind::contract, -1> {
  static constexpr std::string_view name = "dot_product_attention";
  using attributes = attention_geometry;
  static constexpr void backward(gradient_scope& s);
  static constexpr long long multiply_adds(const attention_geometry& g, long long results) { return 2 * results * g.keys; }

  template <class T> static constexpr T element(const attention_geometry& g, const T* const* in, int row, int col, int, int) {
    const detail::attention_row<T> q(g, in, row / g.queries, col / g.size, row % g.queries);
    lanes::lane<T> total(0);
    for (int j = 0; j < g.past_key(q.query); ++j)
      total = fma(q.exponential(j), lanes::lane<T>(q.value_row(j)[col % g.size]), total);
    return (total * q.inverse).v;
  }
};

/// The gradients of its queries, keys and values. The weights are made again from the inputs, so nothing of the size queries x
/// keys is kept for it.
struct attention_gradient_op {
  static constexpr std::string_view name = "dot_product_attention_gradient";
  using attributes = attention_geometry;
  static constexpr op_kind kind = op_kind::contract;
  static constexpr int arity = -1, results = 3;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);
  static constexpr long long multiply_adds(const attention_geometry& g, long long of_queries) { return 5 * of_queries * g.keys; }
  /// That of keys and values, which may be more or fewer than the queries.
  static constexpr result_info result(int k, const attention_geometry& g, const dims& queries, dtype type) {
    return {k == 1 ? "keys" : "values", dims{3, {queries.rows() / g.queries, g.keys, queries.cols()}, queries.bounded}, type};
  }

  template <class T, int Result = 0> static constexpr T element(const attention_geometry& g, const T* const* in, int row, int col, int, int) {
    using L = lanes::lane<T>;
    const int head = col / g.size, c = col % g.size;
    L total(0);
    if constexpr (Result == 0) {
      const detail::attention_row<T> q(g, in, row / g.queries, head, row % g.queries);
      const L mean = q.mean_gradient();
      for (int j = 0; j < g.past_key(q.query); ++j)
        total = fma(q.score_gradient(j, mean), L(q.key_row(j)[c]), total);
    } else {
      const int key = row % g.keys;
      for (int i = g.first_query(key); i < g.queries; ++i) {
        const detail::attention_row<T> q(g, in, row / g.keys, head, i);
        if constexpr (Result == 1)
          total = fma(q.score_gradient(key, q.mean_gradient()), L(q.query_row()[c]), total);
        else
          total = fma(q.weight(key), L(q.dy_row()[c]), total);
      }
    }
    return total.v;
  }
};

/// The same of queries, keys and values that are all columns of one matrix: the gradient of that matrix. Made from a finished
/// graph, so it needs no derivative.
struct attention_matrix_gradient_op : recorded<op_kind::contract, -1, false> {
  static constexpr std::string_view name = "dot_product_attention_matrix_gradient";
  using attributes = attention_geometry;
  static constexpr void backward(gradient_scope&) {}
  static constexpr long long multiply_adds(const attention_geometry& g, long long results) { return 5 * results / 3 * g.keys; }

  template <class T> static constexpr T element(const attention_geometry& g, const T* const* in, int row, int col, int cols, int present) {
    const int features = g.heads * g.size, c = col % features;
    if (col < features) return attention_gradient_op::element<T, 0>(g, in, row, c, cols, present);
    if (col < 2 * features) return attention_gradient_op::element<T, 1>(g, in, row, c, cols, present);
    return attention_gradient_op::element<T, 2>(g, in, row, c, cols, present);
  }
};

namespace detail {

/// Attention, or its gradient, of the inputs of an attention and perhaps dy.
template <class Op, class... More>
constexpr handle attention_node(const dims& shape, dtype type, const attention_geometry& g, handle q, handle k, handle v, handle scale,
                                handle mask, More... dy) {
  builder& b = *q.graph;
  return {&b, mask.empty() ? b.emit<Op>(shape, type, g, q.id, k.id, v.id, scale.id, dy.id...)
                           : b.emit<Op>(shape, type, g, q.id, k.id, v.id, scale.id, mask.id, dy.id...)};
}
constexpr handle record_attention(handle q, handle k, handle v, handle mask, attention_geometry g, double scale) {
  const dims shape = q.shape();
  g.query_stride = g.key_stride = g.value_stride = g.heads * g.size;
  g.masked = !mask.empty();
  const dims out{3, {shape.extent[0], shape.extent[1], g.heads * g.size}, shape.bounded};
  return reshape(attention_node<attention_op>(out, q.type(), g, q, k, v, q.graph->constant(scale), mask), shape);
}

constexpr handle mask_of(const gradient_scope& s, const attention_geometry& g) { return g.masked ? s.input(4) : handle{}; }

}  // namespace detail

constexpr void attention_op::backward(gradient_scope& s) {
  const attention_geometry g = s.geo();
  const handle d = detail::attention_node<attention_gradient_op>(s.output().shape(), s.dy.type(), g, s.input(0), s.input(1), s.input(2),
                                                                 s.input(3), detail::mask_of(s, g), s.dy);
  for (int k = 0; k < 3; ++k)
    if (s.wanted(k)) s.add(k, reshape({&s.graph, s.graph.result_of(d.id, k)}, s.input(k).shape()));
}

constexpr void attention_gradient_op::backward(gradient_scope& s) {
  const attention_geometry g = s.geo();
  const handle mask = detail::mask_of(s, g);
  const int at_dy = 4 + g.masked;
  const detail::attention_definition of(g, s.input(0), s.input(1), s.input(2), s.input(3), mask);
  const auto of_result = [&](int k) { return s.dy_of(k).empty() ? handle{} : of.heads_first(s.dy_of(k)); };
  const detail::attention_second_derivative d(of, of.heads_first(s.input(at_dy)), of_result(0), of_result(1), of_result(2));
  const auto add = [&](int k, handle term) {
    if (!term.empty()) s.add(k, reshape(term, s.input(k).shape()));
  };
  add(0, d.dq);
  add(1, d.dk);
  add(2, d.dv);
  add(at_dy, d.ddy);
}

namespace detail {

template <class Q, class K> struct attention_scores {  // what a mask broadcasts to
  static constexpr dims value{
      4, {Q::value.extent[0], Q::value.extent[2], Q::value.extent[1], K::value.extent[1]}, Q::value.bounded};
};
template <class Q, class K, class V> inline constexpr bool attends = [] {
  if (Q::value.rank != 4 || !(K::value == V::value) || K::value.rank != 4 || Q::value.bounded != K::value.bounded)
    return false;
  const dims q = Q::value, k = K::value;
  return q.extent[0] == k.extent[0] && q.extent[2] == k.extent[2] && q.extent[3] == k.extent[3];
}();

template <class Q, class K, bool Causal> constexpr attention_geometry attention_extents() {
  attention_geometry g;
  g.queries = Q::value.extent[1];
  g.keys = K::value.extent[1];
  g.heads = Q::value.extent[2];
  g.size = Q::value.extent[3];
  g.causal = Causal;
  return g;
}
template <auto... Option, class Q, class K, class V, class T, class Mask>
constexpr auto attention(var<Q, T> q, var<K, T> k, var<V, T> v, Mask mask, double scale, source_line at) {
  builder& graph = *q.h.graph;
  graph.line = at.value;
  constexpr bool masked = typed_handle<Mask>;
  if constexpr (!attends<Q, K, V>) {
    graph.complain("dot_product_attention", at_path{},
                   " expects queries, keys and values [batch, positions, heads, size], got ", Q::value, ", ", K::value,
                   " and ", V::value);
    return q;
  } else {
    if (!(scale >= 0)) graph.complain("dot_product_attention", at_path{}, ": the scale must be positive");
    if (scale == 0) scale = 1 / lanes::traits<double>::sqrt(double(Q::value.extent[3]));
    attention_geometry g = attention_extents<Q, K, is_causal<Option...>>();
    const call_mark here(graph, "dot_product_attention", {q.h, k.h, v.h, traced_or_none(mask)}, {{"scale", scale}, {"causal", is_causal<Option...>}});
    if constexpr (!masked) {
      return here.gives(var<Q, T>{record_attention(q.h, k.h, v.h, handle{}, g, scale)});
    } else {
      using M = typename Mask::shape_type;
      constexpr dims scores = attention_scores<Q, K>::value;
      if constexpr (!broadcasts(M::value, scores) || !(broadcast(M::value, scores) == scores)) {
        graph.complain("dot_product_attention", at_path{}, ": the mask ", M::value, " cannot be broadcast to ", scores,
                       ", [batch, heads, queries, keys]");
        return q;
      } else {
        dims spread = M::value;  // of extent 1 along the keys it can't be read in place
        if (spread.rank == 0) spread = {1, {1}, false};
        spread.extent[spread.rank - 1] = scores.extent[3];
        const handle read = broadcast_to(mask.h, spread);
        int step[4] = {};
        for (int i = 0; i < spread.rank; ++i)
          if (spread.extent[i] > 1) step[4 - spread.rank + i] = step_of(spread, i);
        g.mask_sequence = step[0];
        g.mask_head = step[1];
        g.mask_query = step[2];
        return here.gives(var<Q, T>{record_attention(q.h, k.h, v.h, read, g, scale)});
      }
    }
  }
}

}  // namespace detail

/// Scaled dot-product attention of every head, without a matrix of queries x keys in memory.
///
///     y_i = sum_j p_ij v_j,   p_i = softmax_j(q_i . k_j * scale)
///
/// Shape      q: [B, T, heads, size], k and v: [B, S, heads, size]  ->  y: [B, T, heads, size]
/// Options    causal: query i sees the keys j <= i
/// Mask       [B, heads, T, S] or what broadcasts to it: keys at which it is 0 are not seen. A query that sees no key
///            gives 0
/// Scale      by default 1 / sqrt(size); positive
/// Errors     other shapes; a mask that doesn't broadcast
/// Gradient   of q, k and v, from weights that are made again; none of the mask. Gradients of the gradient are those of the
///            definition, with matrices of queries x keys in memory
/// Numerics   shifted by the maximum of each row, so finite input never overflows; sums in the order of reduce_order,
///            products as chains of fused multiply-adds. What is not seen weighs 0, so a NaN or an infinity there may
///            still show
/// Cost       4 * B * T * S * heads * size floating-point operations; reads q, k and v in place out of a wider matrix
/// Source     Vaswani et al. 2017, equation 1
template <auto... Option, class Q, class K, class V, class T>
constexpr auto dot_product_attention(var<Q, T> q, var<K, T> k, var<V, T> v, double scale = 0, source_line at = {}) {
  return detail::attention<Option...>(q, k, v, 0, scale, at);
}
template <auto... Option, class Q, class K, class V, class T, class M, class U>
constexpr auto dot_product_attention(var<Q, T> q, var<K, T> k, var<V, T> v, var<M, U> mask, double scale = 0,
                                     source_line at = {}) {
  return detail::attention<Option...>(q, k, v, mask, scale, at);
}

}  // namespace tfx
