// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/softmax.hpp>

namespace tfx::nn {

namespace detail {
/// A function as a layer: no parameters, no scope.
template <const auto& Function> struct activation {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return Function(x); }
};
}  // namespace detail

// Activations as layers.

struct relu : detail::activation<tfx::relu> {};
struct relu6 : detail::activation<tfx::relu6> {};
struct selu : detail::activation<tfx::selu> {};
struct gelu : detail::activation<tfx::gelu> {};
/// The form with tanh: what Keras calls `approximate`.
struct gelu_tanh : detail::activation<tfx::gelu_tanh> {};
struct silu : detail::activation<tfx::silu> {};
struct hard_silu : detail::activation<tfx::hard_silu> {};
struct mish : detail::activation<tfx::mish> {};
struct softplus : detail::activation<tfx::softplus> {};
struct softsign : detail::activation<tfx::softsign> {};
struct sigmoid : detail::activation<tfx::sigmoid> {};
struct log_sigmoid : detail::activation<tfx::log_sigmoid> {};
struct hard_sigmoid : detail::activation<tfx::hard_sigmoid> {};
struct hard_tanh : detail::activation<tfx::hard_tanh> {};
struct tanh_shrink : detail::activation<tfx::tanh_shrink> {};
struct tanh {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::tanh(x); }
};
struct exponential {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::exp(x); }
};
struct leaky_relu {
  static constexpr bool transparent = true;
  double slope = 0.3;   // as Keras' layer
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::leaky_relu(x, slope); }
};
/// x where x > 0, else alpha * (exp(x) - 1).
struct elu {
  static constexpr bool transparent = true;
  double alpha = 1;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return where(x > 0, x, alpha * expm1(tfx::minimum(x, 0))); }
};
struct celu {
  static constexpr bool transparent = true;
  double alpha = 1;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::celu(x, alpha); }
};
struct squareplus {
  static constexpr bool transparent = true;
  double b = 4;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::squareplus(x, b); }
};
struct soft_shrink {
  static constexpr bool transparent = true;
  double bound = 0.5;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::soft_shrink(x, bound); }
};
struct hard_shrink {
  static constexpr bool transparent = true;
  double bound = 0.5;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::hard_shrink(x, bound); }
};
struct threshold {
  static constexpr bool transparent = true;
  double bound = 0, value = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::threshold(x, bound, value); }
};
/// Along the last axis, or another: nn::softmax<1>{}.
template <int Axis = -1> struct softmax {
  static constexpr std::string_view name = "softmax";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::softmax<Axis>(x, line); }
};
template <int Axis = -1> struct log_softmax {
  static constexpr std::string_view name = "log_softmax";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::log_softmax<Axis>(x, line); }
};
/// a * sigmoid(b) of the halves of the last axis, or another.
template <int Axis = -1> struct glu {
  static constexpr std::string_view name = "glu";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::glu<Axis>(x, line); }
};

}  // namespace tfx::nn
