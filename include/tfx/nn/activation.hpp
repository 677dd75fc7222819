// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/softmax.hpp>

namespace tfx::nn {

// Activations as layers: no parameters, no scope.

struct relu {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::relu(x); }
};
struct leaky_relu {
  static constexpr bool transparent = true;
  double slope = 0.3;   // as Keras' layer
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::leaky_relu(x, slope); }
};
struct elu {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::elu(x); }
};
struct selu {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::selu(x); }
};
struct gelu {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::gelu(x); }
};
/// The form with tanh: what Keras calls `approximate`.
struct gelu_tanh {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::gelu_tanh(x); }
};
struct silu {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::silu(x); }
};
struct softplus {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::softplus(x); }
};
struct sigmoid {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::sigmoid(x); }
};
struct tanh {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::tanh(x); }
};
/// Along the last axis.
struct softmax {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::softmax(x); }
};

}  // namespace tfx::nn
