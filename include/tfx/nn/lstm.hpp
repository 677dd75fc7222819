// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/recurrent.hpp>

namespace tfx::nn {

/// Long short-term memory over the second axis, from a state of zeros.
///
///     i, f, o = sigmoid(x_t W + h U + b),   g = tanh(x_t W + h U + b)
///     c' = f * c + i * g,   h' = o * tanh(c')
///
///     nn::lstm<32>{}   nn::lstm<32, return_sequences>{}
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, Units], or [batch, steps, Units] with `return_sequences`
/// Mask       [batch, steps], a second argument: where it is 0 the state stays as it was
/// Variables  kernel [F, 4 Units] (Glorot uniform), recurrent_kernel [Units, 4 Units] (orthogonal), bias [4 Units] (zeros,
///            ones for f); gates in the order i, f, g, o, as in Keras
/// Errors     input that is not [batch, steps, features], a mask that is not [batch, steps]
/// Cost       compile time does not depend on the number of steps
/// Source     Hochreiter and Schmidhuber 1997, with the forget gate of Gers, Schmidhuber and Cummins 2000
template <int Units, auto... Option> struct lstm {
  static constexpr std::string_view name = "lstm";
  bool bias = true;
  initializer kernel_init = init::glorot_uniform{};
  initializer recurrent_init = init::orthogonal{};
  initializer bias_init = init::unit_forget_bias{};
  int line = __builtin_LINE();

  template <class S, class T, typed_handle... Mask> requires(sizeof...(Mask) < 2)
  constexpr auto operator()(var<S, T> x, Mask... mask) const {
    constexpr bool sequences = tfx::detail::returns_sequences<Option...>;
    const layer_scope here(x, *this, {{"units", Units}, {"return_sequences", sequences}, {"bias", bias}});
    if constexpr (!tfx::detail::recurs_over<S, Mask...>) {
      tfx::detail::complain_recurrent(x, name, Units, mask...);
      return x;
    } else {
      constexpr int features = S::value.extent[2];
      const auto kernel = param<shape<features, 4 * Units>>(x, "kernel", kernel_init, features, 4 * Units);
      const auto recurrent = param<shape<Units, 4 * Units>>(x, "recurrent_kernel", recurrent_init, Units, 4 * Units);
      const var<shape<4 * Units>> offset{bias ? param<shape<4 * Units>>(x, "bias", bias_init).h : expand(x.h.graph->constant(0), shape<4 * Units>::value)};

      const auto step = [&](auto state, auto now) {
        const auto h = state.template get<0>(), c = state.template get<1>();
        const auto gates = now + matmul(h, recurrent);
        const auto input = tfx::sigmoid(gate<0>(gates)), forget = tfx::sigmoid(gate<1>(gates));
        const auto candidate = tfx::tanh(gate<2>(gates)), output = tfx::sigmoid(gate<3>(gates));
        const auto cell = forget * c + input * candidate;
        return bundle(output * tfx::tanh(cell), cell);
      };
      const auto zero = tfx::detail::zero_state<S, Units>(*x.h.graph);
      return here.gives(tfx::detail::over_steps<sequences>(bundle(zero, zero), matmul(x, kernel) + offset, tfx::detail::steps_of_mask(mask...), step, line));
    }
  }

 private:
  template <int Which, class Gates> static constexpr auto gate(Gates all) { return tfx::detail::gate_of<Units, Which>(all); }
};

}  // namespace tfx::nn
