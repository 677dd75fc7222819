// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/recurrent.hpp>

namespace tfx::nn {

/// Gated recurrent unit over the second axis, from a state of zeros.
///
///     z, r = sigmoid(x_t W + b_0 + h U + b_1),   g = tanh(x_t W + b_0 + r * (h U + b_1))
///     h' = z * h + (1 - z) * g
///
///     nn::gru<32>{}   nn::gru<32, return_sequences>{}
///
/// The reset gate multiplies after the product, as PyTorch's does and Keras's by default (`reset_after`): one product makes what
/// all gates need of h.
///
/// Shape      x: [batch, steps, F]  ->  y: [batch, Units], or [batch, steps, Units] with `return_sequences`
/// Mask       [batch, steps], a second argument: where it is 0 the state stays as it was
/// Variables  kernel [F, 3 Units] (Glorot uniform), recurrent_kernel [Units, 3 Units] (orthogonal), bias [2, 3 Units] (zeros), for
///            x and for h; gates in the order z, r, g, as in Keras. PyTorch: transposed, b_0 and b_1 apart, in the order r, z, g
/// Errors     input that is not [batch, steps, features], a mask that is not [batch, steps]
/// Source     Cho et al. 2014; the reset gate after the product: cuDNN
template <int Units, auto... Option> struct gru {
  static constexpr std::string_view name = "gru";
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
      const auto kernel = param<shape<features, 3 * Units>>(x, "kernel", kernel_init, features, 3 * Units);
      const auto recurrent = param<shape<Units, 3 * Units>>(x, "recurrent_kernel", recurrent_init, Units, 3 * Units);
      using offsets = var<shape<2, 3 * Units>>;
      const offsets offset = bias ? param<shape<2, 3 * Units>>(x, "bias", bias_init) : offsets{expand(x.h.graph->constant(0), offsets::dim)};

      const auto step = [&](auto state, auto now) {
        const auto h = state.template get<0>();
        const auto own = matmul(h, recurrent) + slice<0, 1, 2>(offset);
        const auto update = tfx::sigmoid(gate<0>(now) + gate<0>(own)), reset = tfx::sigmoid(gate<1>(now) + gate<1>(own));
        const auto candidate = tfx::tanh(gate<2>(now) + reset * gate<2>(own));
        return bundle(update * h + (1 - update) * candidate);
      };
      const auto zero = tfx::detail::zero_state<S, Units>(*x.h.graph);
      const auto inputs = matmul(x, kernel) + tfx::reshape<3 * Units>(slice<0, 0, 1>(offset));
      return here.gives(tfx::detail::over_steps<sequences>(bundle(zero), inputs, tfx::detail::steps_of_mask(mask...), step, line));
    }
  }

 private:
  template <int Which, class Gates> static constexpr auto gate(Gates all) { return tfx::detail::gate_of<Units, Which>(all); }
};

}  // namespace tfx::nn
