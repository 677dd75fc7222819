// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/combine.hpp>
#include <tfx/nn/dense.hpp>
#include <tfx/ops/attention.hpp>
#include <tfx/ops/softmax.hpp>

namespace tfx::nn {

namespace detail {
/// Attention to the steps of `memory` that its mask, if it has one, leaves.
template <auto... Option, class Memory, class Q, class K, class V> constexpr Q attention_to(Memory memory, Q q, K k, V v, int line, double scale = 0) {
  constexpr dims s = Memory::dim;
  if (const handle mask = step_mask(memory.h); !mask.empty()) {
    using of_keys = shape<s.bounded ? -s.extent[0] : s.extent[0], 1, 1, s.extent[1]>;
    return dot_product_attention<Option...>(q, k, v, var<of_keys, bool>{tfx::reshape(as_type(mask, dtype::boolean), of_keys::value)}, scale, line);
  }
  return dot_product_attention<Option...>(q, k, v, scale, line);
}
}  // namespace detail

/// Multi-head attention of a sequence to itself.
///
///     nn::multi_head_attention<8>{}            x: every position sees every other
///     nn::multi_head_attention<8, causal>{}    a position sees itself and those before it
///
///     y = concatenate_h(softmax(q_h k_h^T / sqrt(C / Heads)) v_h) W_out + b_out,   [q k v] = x W_in + b_in
///
/// Called with one value it attends to that value; with (x, mask) only where the mask is not 0, a mask that broadcasts
/// to [batch, Heads, T, T]; without one only to the steps that the mask of x leaves. Queries, keys and values are one product, and are read out of its result in place.
///
/// Shape      x: [batch, T, C]  ->  the same; Heads divides C
/// Variables  in_proj/weight [C, 3 C], in_proj/bias [3 C], out_proj/weight [C, C], out_proj/bias [C] (PyTorch's,
/// transposed)
/// Errors     input that is not [batch, positions, features]; heads that do not divide the features
/// Source     Vaswani et al. 2017, section 3.2.2
template <int Heads, auto... Option> struct multi_head_attention {
  static constexpr std::string_view name = "multi_head_attention";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return attend(x, [&](auto q, auto k, auto v) { return detail::attention_to<Option...>(x, q, k, v, line); });
  }
  template <class S, class T, class M, class U> constexpr auto operator()(var<S, T> x, var<M, U> mask) const {
    return attend(x, [&](auto q, auto k, auto v) { return dot_product_attention<Option...>(q, k, v, mask, 0, line); });
  }

 private:
  template <class S, class T, class F> constexpr var<S, T> attend(var<S, T> x, F attention) const {
    const layer_scope here(x, *this, {{"heads", Heads}, {"causal", tfx::detail::is_causal<Option...>}});
    if constexpr (S::value.rank != 3) {
      x.h.graph->complain("multi_head_attention<", Heads, ">", at_path{}, " expects [batch, positions, features], got ",
                          S::value);
      return x;
    } else if constexpr (S::value.extent[2] % Heads != 0) {
      x.h.graph->complain("multi_head_attention<", Heads, ">", at_path{}, ": ", Heads, " heads do not divide ",
                          S::value.extent[2], " features evenly");
      return x;
    } else {
      constexpr int positions = S::value.extent[1], features = S::value.extent[2], size = features / Heads;
      const auto all = call_layer(named("in_proj", projection<3 * features>()), x);
      const auto part = [&](auto third) {
        constexpr int begin = decltype(third)::value * features;
        return tfx::reshape<S::value.extent[0], positions, Heads, size>(slice<2, begin, begin + features>(all));
      };
      const auto y = attention(part(std::integral_constant<int, 0>{}), part(std::integral_constant<int, 1>{}),
                               part(std::integral_constant<int, 2>{}));
      return here.gives(tfx::detail::with_mask_of(x, call_layer(named("out_proj", projection<features>()), var<S, T>{tfx::reshape(y.h, S::value)})));
    }
  }
  template <int Out> constexpr dense<Out> projection() const {
    return {.bias = bias, .weight_init = weight_init, .bias_init = bias_init, .line = line};
  }
};

/// Multi-head attention of a sequence to another one, of any length.
///
///     nn::cross_attention<8>{}(x, memory)    (x, memory, mask): only where the mask is not 0
///
///     y = concatenate_h(softmax(q_h k_h^T / sqrt(C / Heads)) v_h) W_out + b_out,   q = x W_q + b_q,   [k v] = memory W_kv + b_kv
///
/// Shape      x: [batch, T, C], memory: [batch, S, M]  ->  as x; Heads divides C
/// Mask       what broadcasts to [batch, Heads, T, S]: of padded steps of the memory [batch, 1, 1, S]; by default the memory's own
/// Variables  q_proj/weight [C, C], kv_proj/weight [M, 2 C], out_proj/weight [C, C], and a bias of each
/// Errors     inputs that are not [batch, positions, features] of one batch; heads that do not divide the features
/// Source     Vaswani et al. 2017, section 3.2.3
template <int Heads, auto... Option> struct cross_attention {
  static constexpr std::string_view name = "cross_attention";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T, class M, class U, typed_handle... Mask> requires(sizeof...(Mask) < 2)
  constexpr var<S, T> operator()(var<S, T> x, var<M, U> memory, Mask... mask) const {
    const layer_scope here(x, *this, {{"heads", Heads}, {"causal", tfx::detail::is_causal<Option...>}});
    if constexpr (S::value.rank != 3 || M::value.rank != 3 || S::value.extent[0] != M::value.extent[0] || S::value.bounded != M::value.bounded) {
      x.h.graph->complain("cross_attention<", Heads, ">", at_path{}, " expects [batch, positions, features] twice, got ", S::value, " and ", M::value);
      return x;
    } else if constexpr (S::value.extent[2] % Heads != 0) {
      x.h.graph->complain("cross_attention<", Heads, ">", at_path{}, ": ", Heads, " heads do not divide ", S::value.extent[2], " features evenly");
      return x;
    } else {
      constexpr int batch = S::value.extent[0], queries = S::value.extent[1], keys = M::value.extent[1];
      constexpr int features = S::value.extent[2], size = features / Heads;
      const auto q = call_layer(named("q_proj", projection<features>()), x);
      const auto kv = call_layer(named("kv_proj", projection<2 * features>()), memory);
      const auto of_memory = [&](auto second) {
        constexpr int begin = decltype(second)::value * features;
        return tfx::reshape<batch, keys, Heads, size>(slice<2, begin, begin + features>(kv));
      };
      const auto query = tfx::reshape<batch, queries, Heads, size>(q);
      const auto key = of_memory(std::integral_constant<int, 0>{}), value = of_memory(std::integral_constant<int, 1>{});
      const auto y = [&] {
        if constexpr (sizeof...(Mask) > 0) return dot_product_attention<Option...>(query, key, value, mask..., 0, line);
        else return detail::attention_to<Option...>(memory, query, key, value, line);
      }();
      return here.gives(tfx::detail::with_mask_of(x, call_layer(named("out_proj", projection<features>()), var<S, T>{tfx::reshape(y.h, S::value)})));
    }
  }

 private:
  template <int Out> constexpr dense<Out> projection() const {
    return {.bias = bias, .weight_init = weight_init, .bias_init = bias_init, .line = line};
  }
};

namespace detail {
template <class Q, class V> inline constexpr bool attends =
    Q::value.rank == 3 && V::value.rank == 3 && Q::value.extent[0] == V::value.extent[0] && Q::value.cols() == V::value.cols() && Q::value.bounded == V::value.bounded;
template <class Q, class T, class V, class U> constexpr auto complain_attention(var<Q, T> query, var<V, U>, std::string_view called) {
  query.h.graph->complain(called, at_path{}, " expects [batch, steps, features] twice, with as many features, got ", Q::value, " and ", V::value);
  return query;
}
}  // namespace detail

/// Attention without projections: what a query finds among the values, which are their own keys.
///
///     y = softmax(q v^T scale) v
///
///     nn::attention{}(query, value)
///
/// Shape      query: [batch, T, C], value: [batch, S, C]  ->  [batch, T, C]
/// Mask       that of the value: such steps are not seen
/// Source     Luong et al. 2015
struct attention {
  static constexpr std::string_view name = "attention";
  static constexpr bool transparent = true;
  double scale = 1;
  int line = __builtin_LINE();
  template <class Q, class T, class V, class U> constexpr auto operator()(var<Q, T> query, var<V, U> value) const {
    if constexpr (!detail::attends<Q, V>) {
      return detail::complain_attention(query, value, name);
    } else {
      constexpr int batch = Q::value.extent[0], size = Q::value.cols();
      const auto seen = tfx::reshape<batch, V::value.extent[1], 1, size>(value);
      const auto y = detail::attention_to(value, tfx::reshape<batch, Q::value.extent[1], 1, size>(query), seen, seen, line, scale);
      return tfx::detail::with_mask_of(query, var<Q, T>{tfx::reshape(y.h, Q::value)});
    }
  }
};

/// Attention by a sum in place of a product.
///
///     y = softmax(s) v,   s_ij = sum_c scale_c tanh(q_ic + v_jc)
///
///     nn::additive_attention{}(query, value)
///
/// Shape      query: [batch, T, C], value: [batch, S, C]  ->  [batch, T, C]
/// Mask       that of the value: such steps are not seen
/// Variables  scale [C] (Glorot uniform)
/// Cost       stores [batch, T, S, C]
/// Source     Bahdanau, Cho and Bengio 2015, without projections, as in Keras
struct additive_attention {
  static constexpr std::string_view name = "additive_attention";
  initializer scale_init = init::glorot_uniform{};
  int line = __builtin_LINE();
  template <class Q, class T, class V, class U> constexpr auto operator()(var<Q, T> query, var<V, U> value) const {
    const layer_scope here(query, *this);
    if constexpr (!detail::attends<Q, V>) {
      return detail::complain_attention(query, value, name);
    } else {
      constexpr int size = Q::value.cols();
      const auto scale = param<shape<size>>(query, "scale", scale_init, size, size);
      auto scores = sum<3>(scale * tfx::tanh(expand_dims<2>(query) + expand_dims<1>(value)), line);
      if (const handle mask = step_mask(value.h); !mask.empty())
        scores.h = where(tfx::reshape(mask, dims{3, {V::value.extent[0], 1, V::value.extent[1]}, V::value.bounded}), scores.h, -1e9);
      return here.gives(tfx::detail::with_mask_of(query, matmul(tfx::softmax(scores), value)));
    }
  }
};

}  // namespace tfx::nn
