// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/attention.hpp>
#include <tfx/ops/attention_definition.hpp>

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
struct attention_op {
  static constexpr std::string_view name = "dot_product_attention";
  using attributes = attention_geometry;
  static constexpr op_kind kind = op_kind::contract;
  static constexpr int arity = -1;
  static constexpr bool differentiable = true;
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

/// The gradients of its queries, keys and values, as columns side by side. The weights are made again from the inputs,
/// so nothing of the size queries x keys is kept for it.
struct attention_gradient_op {
  static constexpr std::string_view name = "dot_product_attention_gradient";
  using attributes = attention_geometry;
  static constexpr op_kind kind = op_kind::contract;
  static constexpr int arity = -1;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);
  static constexpr long long multiply_adds(const attention_geometry& g, long long results) {
    return g.gradient_multiply_adds(results);
  }

  template <class T> static constexpr T element(const attention_geometry& g, const T* const* in, int row, int col, int, int) {
    using L = lanes::lane<T>;
    const int features = g.heads * g.size, head = col % features / g.size, c = col % g.size;
    const int part = col / features + (g.parts == attention_geometry::of_keys_and_values ? 1 : 0);
    L total(0);
    if (part == 0) {
      const detail::attention_row<T> q(g, in, row / g.queries, head, row % g.queries);
      const L mean = q.mean_gradient();
      for (int j = 0; j < g.past_key(q.query); ++j)
        total = fma(q.score_gradient(j, mean), L(q.key_row(j)[c]), total);
      return total.v;
    }
    const int key = row % g.keys;
    for (int i = g.first_query(key); i < g.queries; ++i) {
      const detail::attention_row<T> q(g, in, row / g.keys, head, i);
      if (part == 1)
        total = fma(q.score_gradient(key, q.mean_gradient()), L(q.query_row()[c]), total);
      else
        total = fma(q.weight(key), L(q.dy_row()[c]), total);
    }
    return total.v;
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
/// The first half of the columns of the gradient of keys and values, or the second one.
constexpr handle half_of(handle d, bool second) {
  dims half = d.shape();
  box corner;
  half.extent[2] /= 2;
  corner.begin[2] = second ? half.extent[2] : 0;
  return slice_box(d, corner, half);
}

}  // namespace detail

constexpr void attention_op::backward(gradient_scope& s) {
  using at = attention_geometry;
  const attention_geometry forward = s.geo();
  const handle q = s.input(0), k = s.input(1), v = s.input(2);
  const dims out = s.output().shape();
  const auto gradient = [&](at::part parts, int positions, int columns) {
    attention_geometry g = forward;
    g.parts = parts;
    const dims shape{3, {out.extent[0], positions, columns}, out.bounded};
    return detail::attention_node<attention_gradient_op>(shape, s.dy.type(), g, q, k, v, s.input(3), detail::mask_of(s, g), s.dy);
  };
  if (s.wanted(0)) s.add(0, reshape(gradient(at::of_queries, forward.queries, out.extent[2]), q.shape()));
  if (!s.wanted(1) && !s.wanted(2)) return;
  const handle d = gradient(at::of_keys_and_values, forward.keys, 2 * out.extent[2]);
  if (s.wanted(1)) s.add(1, reshape(detail::half_of(d, false), k.shape()));
  if (s.wanted(2)) s.add(2, reshape(detail::half_of(d, true), v.shape()));
}

constexpr void attention_gradient_op::backward(gradient_scope& s) {
  const attention_geometry g = s.geo();
  const handle mask = detail::mask_of(s, g);
  const int at_dy = 4 + g.masked;
  const detail::attention_definition of(g, s.input(0), s.input(1), s.input(2), s.input(3), mask);
  handle a{}, b{}, c{};
  if (g.parts == attention_geometry::of_queries) {
    a = of.heads_first(s.dy);
  } else {
    b = of.heads_first(detail::half_of(s.dy, false));
    c = of.heads_first(detail::half_of(s.dy, true));
  }
  const detail::attention_second_derivative d(of, of.heads_first(s.input(at_dy)), a, b, c);
  const handle terms[] = {d.dq, d.dk, d.dv};
  for (int k = 0; k < 3; ++k) s.add(k, reshape(terms[k], s.input(k).shape()));
  s.add(at_dy, reshape(d.ddy, s.input(at_dy).shape()));
}

/// Option of attention: a query sees the keys up to its own place only.
struct causal_t {};
inline constexpr causal_t causal{};

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
template <auto... Option>
inline constexpr bool is_causal = (false || ... || std::is_same_v<std::remove_cvref_t<decltype(Option)>, causal_t>);

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
