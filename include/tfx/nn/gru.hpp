// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/in_parentheses.hpp>
#include <tfx/nn/recurrent.hpp>

namespace tfx::nn {

/// Gated recurrent unit over the second axis, from a state of zeros, or another.
///
///     z, r = sigmoid(x_t W + b_0 + h U + b_1),   g = tanh(x_t W + b_0 + r * (h U + b_1))
///     h' = z * h + (1 - z) * g
///
///     nn::gru<32>{}   nn::gru<32, return_sequences>{}
///
/// The reset gate multiplies after the product, as PyTorch's does and Keras's by default (`reset_after`): one product makes what
/// all gates need of h.
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, Units], or [batch, steps, Units] with `return_sequences`; with `return_state` a bundle
/// Mask       [batch, steps], that of x or one more argument: where it is 0 the state stays as it was
/// State      `initial_state(...)`, one more argument
/// Variables  kernel [F, 3 Units] (Glorot uniform), recurrent_kernel [Units, 3 Units] (orthogonal), bias [2, 3 Units] (zeros), for
///            x and for h; gates in the order z, r, g, as in Keras. PyTorch: transposed, b_0 and b_1 apart, in the order r, z, g
/// Errors     input that is not [batch, steps, features], a mask that is not [batch, steps], a state that is not [batch, Units]
/// Source     Cho et al. 2014; the reset gate after the product: cuDNN
template <int Units, auto... Option> struct gru {
  static constexpr std::string_view name = "gru";
  bool bias = true;
  initializer kernel_init = init::glorot_uniform{};
  initializer recurrent_init = init::orthogonal{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  static constexpr int units = Units, gates = 3, states = 1, biases = 2;
  template <class S, class T, class... More> requires(sizeof...(More) < 3)
  constexpr auto operator()(var<S, T> x, More... more) const {
    return tfx::detail::recur<Option...>(*this, x, more...);
  }
  static constexpr auto next(auto now, auto own, auto state) {
    const auto update = tfx::sigmoid(gate<0>(now) + gate<0>(own)), reset = tfx::sigmoid(gate<1>(now) + gate<1>(own));
    const auto candidate = tfx::tanh(gate<2>(now) + reset * gate<2>(own));
    return bundle(update * state.template get<0>() + (1 - update) * candidate);
  }

 private:
  template <int Which, class Gates> static constexpr auto gate(Gates all) { return tfx::detail::gate_of<Units, Which>(all); }
};
template <> struct gru<detail::no_size> : detail::in_parentheses<gru<detail::no_size>> {
  static constexpr std::string_view name = "gru";
  using detail::in_parentheses<gru<detail::no_size>>::in_parentheses;
};
gru(int) -> gru<detail::no_size>;

}  // namespace tfx::nn
