// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/combine.hpp>
#include <tfx/ops/rearrange.hpp>
#include <tfx/ops/reduce.hpp>

// Layers over the steps of a sequence, made of other layers.
namespace tfx {

/// What becomes of the results of both directions.
enum class merge { concatenate, sum, multiply, average };

namespace nn {

template <merge How, class F> struct bidirectional_layer {
  static constexpr std::string_view name = "bidirectional";
  F f;
  int line;
  template <class S, class T, typed_handle... Mask> requires(sizeof...(Mask) < 2) constexpr auto operator()(var<S, T> x, Mask... mask) const {
    const layer_scope here(x, *this);
    if constexpr (S::value.rank != 3) {
      x.h.graph->complain(name, at_path{}, " expects [batch, steps, features], got ", S::value);
      return x;
    } else {
      handle steps = step_mask(x.h);
      (..., (steps = mask.h));
      const auto from_behind = flip<1>(x);
      if (!steps.empty()) tfx::detail::set_step_mask(from_behind.h, tfx::flip(steps, 1u << 1));
      const auto forward = call_layer(named("forward", f), x, mask...), backward = call_layer(named("backward", f), from_behind);
      if constexpr (is_bundle<std::remove_cvref_t<decltype(forward)>>) return here.gives(with_states(forward, backward, merged(forward.template get<0>(), backward.template get<0>(), steps)));
      else return here.gives(merged(forward, backward, steps));
    }
  }

 private:
  /// Of states after every step those are 0 that are not there, as in Keras.
  template <class Y> static constexpr auto merged(Y forward, Y backward, handle steps) {
    if constexpr (Y::dim.rank == 3) {
      auto y = both(forward, flip<1>(backward));
      if (steps.empty()) return y;
      y.h = where(tfx::reshape(steps, dims{3, {Y::dim.extent[0], Y::dim.extent[1], 1}, Y::dim.bounded}), y.h, 0);
      tfx::detail::set_step_mask(y.h, steps);
      return y;
    } else {
      return both(forward, backward);
    }
  }
  template <class Y> static constexpr auto both(Y forward, Y backward) {
    if constexpr (How == merge::sum) return forward + backward;
    else if constexpr (How == merge::multiply) return forward * backward;
    else if constexpr (How == merge::average) return (forward + backward) / 2;
    else return tfx::concatenate<Y::dim.rank - 1>(forward, backward);
  }
  template <class States, class Y> static constexpr auto with_states(const States& forward, const States& backward, Y y) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return bundle(y, forward.template get<I + 1>()..., backward.template get<I + 1>()...);
    }(std::make_index_sequence<std::tuple_size<States>::value - 1>{});
  }
};
/// A recurrent layer from the first step to the last, and beside it one from the last to the first, with parameters of its own.
///
///     nn::bidirectional(nn::lstm<64>{})   nn::bidirectional<merge::sum>(nn::lstm<64>{})
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, 2 Units], or [batch, steps, 2 Units], forward first; Units where the two are merged
///            otherwise
/// Mask       [batch, steps], that of x or a second argument, for both; where it is 0 the states after every step are 0, as in Keras
/// State      with `return_state` those of the forward layer, then those of the other
/// Variables  forward/..., backward/...: those of the layer
/// Source     Schuster and Paliwal 1997
template <merge How = merge::concatenate, class F> constexpr auto bidirectional(F f, int line = __builtin_LINE()) { return bidirectional_layer<How, F>{f, line}; }

/// Steps whose features are all `value` are not there for the layers that follow, and are 0.
///
/// Shape      x: [batch, steps, features]  ->  the same
struct masking {
  static constexpr std::string_view name = "masking";
  static constexpr bool transparent = true;
  double value = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (S::value.rank != 3) {
      x.h.graph->complain(name, at_path{}, " expects [batch, steps, features], got ", S::value);
      return x;
    } else {
      const auto there = tfx::max<2>(x != value);
      return masked(where(expand_dims<2>(there), x, 0), there);
    }
  }
};

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
      return here.gives(tfx::detail::with_mask_of(x, var<to_shape<R>, typename decltype(rows)::value_type>{tfx::reshape(rows.h, R::value)}));
    }
  }
};
/// A layer for each step of [batch, steps, ...], with the same parameters: the steps are rows of one batch.
///
///     nn::time_distributed(nn::conv2d<8, 3>{})      films: [batch, steps, H, W, C] -> [batch, steps, OH, OW, 8]
///
/// Mask       that of x goes on
/// Variables  those of the layer, below `time_distributed`
template <class F> constexpr auto time_distributed(F f, int line = __builtin_LINE()) { return time_distributed_layer<F>{f, line}; }

}  // namespace nn
}  // namespace tfx
