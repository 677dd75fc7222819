// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/combine.hpp>
#include <tfx/nn/dense.hpp>
#include <tfx/ops/attention.hpp>

namespace tfx::nn {

/// Multi-head attention of a sequence to itself.
///
///     nn::multi_head_attention<8>{}            x: every position sees every other
///     nn::multi_head_attention<8, causal>{}    a position sees itself and those before it
///
///     y = concatenate_h(softmax(q_h k_h^T / sqrt(C / Heads)) v_h) W_out + b_out,   [q k v] = x W_in + b_in
///
/// Called with one value it attends to that value; with (x, mask) only where the mask is not 0, a mask that broadcasts
/// to [batch, Heads, T, T]. Queries, keys and values are one product, and are read out of its result in place.
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
    return attend(x, [&](auto q, auto k, auto v) { return dot_product_attention<Option...>(q, k, v, 0, line); });
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
      return here.gives(call_layer(named("out_proj", projection<features>()), var<S, T>{tfx::reshape(y.h, S::value)}));
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
/// Mask       what broadcasts to [batch, Heads, T, S]: of padded steps of the memory [batch, 1, 1, S]
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
      const auto y = dot_product_attention<Option...>(tfx::reshape<batch, queries, Heads, size>(q), of_memory(std::integral_constant<int, 0>{}),
                                                      of_memory(std::integral_constant<int, 1>{}), mask..., 0, line);
      return here.gives(call_layer(named("out_proj", projection<features>()), var<S, T>{tfx::reshape(y.h, S::value)}));
    }
  }

 private:
  template <int Out> constexpr dense<Out> projection() const {
    return {.bias = bias, .weight_init = weight_init, .bias_init = bias_init, .line = line};
  }
};

}  // namespace tfx::nn
