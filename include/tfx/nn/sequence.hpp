// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/combine.hpp>
#include <tfx/ops/rearrange.hpp>

// Layers over the steps of a sequence, made of other layers.
namespace tfx::nn {

template <class F> struct bidirectional_layer {
  static constexpr std::string_view name = "bidirectional";
  F f;
  int line;
  template <class S, class T, typed_handle... Mask> constexpr auto operator()(var<S, T> x, Mask... mask) const {
    const layer_scope here(x, *this);
    if constexpr (S::value.rank != 3) {
      x.h.graph->complain(name, at_path{}, " expects [batch, steps, features], got ", S::value);
      return x;
    } else {
      const auto forward = call_layer(named("forward", f), x, mask...);
      const auto backward = call_layer(named("backward", f), flip<1>(x), flip<1>(mask)...);
      if constexpr (decltype(backward)::dim.rank == 3) return here.gives(zeros_outside(concatenate<2>(forward, flip<1>(backward)), mask...));
      else return here.gives(concatenate<1>(forward, backward));
    }
  }

 private:
  template <class Y> static constexpr Y zeros_outside(Y y) { return y; }
  template <class Y, class Mask> static constexpr Y zeros_outside(Y y, Mask mask) { return where(expand_dims<2>(mask), y, 0); }
};
/// A recurrent layer from the first step to the last, and beside it one from the last to the first, with parameters of its own.
///
///     nn::bidirectional(nn::lstm<64>{})
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, 2 Units], or [batch, steps, 2 Units], forward first
/// Mask       [batch, steps], a second argument, for both; where it is 0 the states after every step are 0, as in Keras
/// Variables  forward/..., backward/...: those of the layer
/// Source     Schuster and Paliwal 1997
template <class F> constexpr auto bidirectional(F f, int line = __builtin_LINE()) { return bidirectional_layer<F>{f, line}; }

namespace detail {
/// [batch, steps, ...] as rows; and rows as [batch, steps, ...] of what S was.
template <class S> struct step_rows {
  static constexpr dims value = [] {
    dims d{S::value.rank - 1, {S::value.extent[0] * S::value.extent[1]}, S::value.bounded};
    for (int i = 1; i < d.rank; ++i) d.extent[i] = S::value.extent[i + 1];
    return d;
  }();
};
template <class S, class Rows> struct rows_in_steps {
  static constexpr dims value = [] {
    dims d{Rows::value.rank + 1, {S::value.extent[0], S::value.extent[1]}, S::value.bounded};
    for (int i = 2; i < d.rank; ++i) d.extent[i] = Rows::value.extent[i - 1];
    return d;
  }();
};
}  // namespace detail

template <class F> struct time_distributed_layer {
  static constexpr std::string_view name = "time_distributed";
  F f;
  int line;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this);
    if constexpr (S::value.rank < 3) {
      x.h.graph->complain(name, at_path{}, " expects [batch, steps, ...], got ", S::value);
      return x;
    } else {
      const auto rows = call_layer(f, var<to_shape<detail::step_rows<S>>, T>{tfx::reshape(x.h, detail::step_rows<S>::value)});
      using R = detail::rows_in_steps<S, typename decltype(rows)::shape_type>;
      return here.gives(var<to_shape<R>, typename decltype(rows)::value_type>{tfx::reshape(rows.h, R::value)});
    }
  }
};
/// A layer for each step of [batch, steps, ...], with the same parameters: the steps are rows of one batch.
///
///     nn::time_distributed(nn::conv2d<8, 3>{})      films: [batch, steps, H, W, C] -> [batch, steps, OH, OW, 8]
///
/// Variables  those of the layer, below `time_distributed`
template <class F> constexpr auto time_distributed(F f, int line = __builtin_LINE()) { return time_distributed_layer<F>{f, line}; }

}  // namespace tfx::nn
