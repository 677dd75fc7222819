// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/recurrent.hpp>

namespace tfx::nn {

/// A plain recurrent layer over the second axis, from a state of zeros.
///
///     h' = tanh(x_t W + h U + b)
///
///     nn::simple_rnn<32>{}   nn::simple_rnn<32, return_sequences>{}
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, Units], or [batch, steps, Units] with `return_sequences`
/// Mask       [batch, steps], a second argument: where it is 0 the state stays as it was
/// Variables  kernel [F, Units] (Glorot uniform), recurrent_kernel [Units, Units] (orthogonal), bias [Units] (zeros), as in Keras
/// Errors     input that is not [batch, steps, features], a mask that is not [batch, steps]
/// Source     Elman 1990
template <int Units, auto... Option> struct simple_rnn {
  static constexpr std::string_view name = "simple_rnn";
  bool bias = true;
  initializer kernel_init = init::glorot_uniform{};
  initializer recurrent_init = init::orthogonal{};
  initializer bias_init = init::zeros{};
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
      const auto kernel = param<shape<features, Units>>(x, "kernel", kernel_init, features, Units);
      const auto recurrent = param<shape<Units, Units>>(x, "recurrent_kernel", recurrent_init, Units, Units);
      auto inputs = matmul(x, kernel);
      if (bias) inputs = inputs + param<shape<Units>>(x, "bias", bias_init);

      const auto step = [&](auto state, auto now) { return bundle(tfx::tanh(now + matmul(state.template get<0>(), recurrent))); };
      const auto zero = tfx::detail::zero_state<S, Units>(*x.h.graph);
      return here.gives(tfx::detail::over_steps<sequences>(bundle(zero), inputs, tfx::detail::steps_of_mask(mask...), step, line));
    }
  }
};

}  // namespace tfx::nn
