// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/recurrent.hpp>

namespace tfx::nn {

/// A plain recurrent layer over the second axis, from a state of zeros, or another.
///
///     h' = tanh(x_t W + h U + b)
///
///     nn::simple_rnn<32>{}   nn::simple_rnn<32, return_sequences>{}
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, Units], or [batch, steps, Units] with `return_sequences`; with `return_state` a bundle
/// Mask       [batch, steps], that of x or one more argument: where it is 0 the state stays as it was
/// State      `initial_state(...)`, one more argument
/// Variables  kernel [F, Units] (Glorot uniform), recurrent_kernel [Units, Units] (orthogonal), bias [Units] (zeros), as in Keras
/// Errors     input that is not [batch, steps, features], a mask that is not [batch, steps], a state that is not [batch, Units]
/// Source     Elman 1990
template <int Units, auto... Option> struct simple_rnn {
  static constexpr std::string_view name = "simple_rnn";
  bool bias = true;
  initializer kernel_init = init::glorot_uniform{};
  initializer recurrent_init = init::orthogonal{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  static constexpr int units = Units, gates = 1, states = 1, biases = 1;
  template <class S, class T, class... More> requires(sizeof...(More) < 3)
  constexpr auto operator()(var<S, T> x, More... more) const {
    return tfx::detail::recur<Option...>(*this, x, more...);
  }
  static constexpr auto next(auto now, auto own, auto) { return bundle(tfx::tanh(now + own)); }
};

}  // namespace tfx::nn
