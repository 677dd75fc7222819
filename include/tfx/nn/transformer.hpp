// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/activation.hpp>
#include <tfx/nn/attention.hpp>
#include <tfx/nn/dropout.hpp>
#include <tfx/nn/normalization.hpp>

namespace tfx::nn {

/// One block of a transformer encoder: attention, then two dense layers at each position, each around a residual
/// connection.
///
///     normalize_first:  x = x + attention(norm(x));   y = x + dense(activation(dense(norm(x))))
///     else:             x = norm(x + attention(x));   y = norm(x + dense(activation(dense(x))))
///
///     nn::transformer_encoder<8, 2048>{.dropout = 0.1}
///     nn::transformer_encoder<8, 2048, nn::relu>{.normalize_first = false}   as in the source
///
/// With the option `causal` a position sees only those before it: a block of a decoder without another sequence.
///
/// Shape      x: [batch, T, C]  ->  the same; Heads divides C
/// Variables  of layer_norm, multi_head_attention, layer_norm_1, dense [C, Hidden], dense_1 [Hidden, C]
/// Options    a layer without parameters as activation, by default gelu with tanh; then perhaps causal. `dropout` is
///            the rate after the attention, within the dense layers and after them
/// Errors     those of multi_head_attention
/// Source     Vaswani et al. 2017, section 3.1; normalisation first: Xiong et al. 2020
template <int Heads, int Hidden, class Activation = gelu_tanh, auto... Option> struct transformer_encoder {
  static constexpr std::string_view name = "transformer_encoder";
  bool normalize_first = true;
  double dropout = 0;
  double epsilon = 1e-5;
  int line = __builtin_LINE();

  template <class S, class T> constexpr var<S, T> operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"heads", Heads}, {"hidden", Hidden}, {"normalize_first", normalize_first}, {"dropout", dropout}});
    const layer_norm norm{.epsilon = epsilon, .line = line};
    const nn::dropout drop{.rate = dropout};
    if constexpr (S::value.rank != 3) {
      x.h.graph->complain("transformer_encoder<", Heads, ", ", Hidden, ">", at_path{},
                          " expects [batch, positions, features], got ", S::value);
      return x;
    } else {
      const auto attention = [&](auto h) {
        return call_layer(drop, call_layer(multi_head_attention<Heads, Option...>{.line = line}, h));
      };
      const auto feed_forward = [&](auto h) {
        const auto hidden = call_layer(Activation{}, call_layer(dense<Hidden>{.line = line}, h));
        return call_layer(drop, call_layer(dense<S::value.extent[2]>{.line = line}, call_layer(drop, hidden)));
      };
      if (normalize_first) {
        const auto y = x + attention(call_layer(norm, x));
        return here.gives(y + feed_forward(call_layer(norm, y)));
      }
      const auto y = call_layer(norm, x + attention(x));
      return here.gives(call_layer(norm, y + feed_forward(y)));
    }
  }
};

}  // namespace tfx::nn
