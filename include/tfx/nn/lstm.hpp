// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/in_parentheses.hpp>
#include <tfx/nn/recurrent.hpp>

namespace tfx::nn {

/// Long short-term memory over the second axis, from a state of zeros, or another.
///
///     i, f, o = sigmoid(x_t W + h U + b),   g = tanh(x_t W + h U + b)
///     c' = f * c + i * g,   h' = o * tanh(c')
///
///     nn::lstm<32>{}   nn::lstm<32, return_sequences>{}
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, Units], or [batch, steps, Units] with `return_sequences`; with `return_state` a bundle
/// Mask       [batch, steps], that of x or one more argument: where it is 0 the state stays as it was
/// State      `initial_state(...)`, one more argument
/// Variables  kernel [F, 4 Units] (Glorot uniform), recurrent_kernel [Units, 4 Units] (orthogonal), bias [4 Units] (zeros,
///            ones for f); gates in the order i, f, g, o, as in Keras
/// Errors     input that is not [batch, steps, features], a mask that is not [batch, steps], a state that is not [batch, Units]
/// Cost       compile time does not depend on the number of steps
/// Source     Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000
template <int Units, auto... Option> struct lstm {
  static constexpr std::string_view name = "lstm";
  bool bias = true;
  initializer kernel_init = init::glorot_uniform{};
  initializer recurrent_init = init::orthogonal{};
  initializer bias_init = init::unit_forget_bias{};
  int line = __builtin_LINE();

  static constexpr int units = Units, gates = 4, states = 2, biases = 1;
  template <class S, class T, class... More> requires(sizeof...(More) < 3)
  constexpr auto operator()(var<S, T> x, More... more) const {
    return tfx::detail::recur<Option...>(*this, x, more...);
  }
  static constexpr auto next(auto now, auto own, auto state) {
    const auto all = now + own;
    const auto input = tfx::sigmoid(gate<0>(all)), forget = tfx::sigmoid(gate<1>(all));
    const auto candidate = tfx::tanh(gate<2>(all)), output = tfx::sigmoid(gate<3>(all));
    const auto cell = forget * state.template get<1>() + input * candidate;
    return bundle(output * tfx::tanh(cell), cell);
  }

 private:
  template <int Which, class Gates> static constexpr auto gate(Gates all) { return tfx::detail::gate_of<Units, Which>(all); }
};
template <> struct lstm<detail::no_size> : detail::in_parentheses<lstm<detail::no_size>> {
  static constexpr std::string_view name = "lstm";
  using detail::in_parentheses<lstm<detail::no_size>>::in_parentheses;
};
lstm(int) -> lstm<detail::no_size>;

}  // namespace tfx::nn
