// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx::nn {

/// Batch normalisation over all axes but the last.
///
///     y = scale * (x - mean) / sqrt(variance + epsilon) + shift
///
/// While training with the statistics of the batch, which also move the running ones
/// (running = momentum * running + (1 - momentum) * batch); else with the running ones.
///
/// Shape      x: [batch, ..., C]  ->  the same
/// Variables  scale [C] (ones), shift [C] (zeros); states mean [C] (zeros), variance [C] (ones)
/// Numerics   the variance is that of the population, in two passes, the second corrected for the rounding of the mean
/// Source     Ioffe and Szegedy 2015, algorithm 1; defaults of Keras
struct batch_norm {
  static constexpr std::string_view name = "batch_norm";
  double momentum = 0.99, epsilon = 1e-3;
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"momentum", momentum}, {"epsilon", epsilon}});
    using C = shape<S::value.cols()>;
    const auto scale = param<C>(x, "scale", init::ones{}), shift = param<C>(x, "shift");
    const auto running_mean = state<C>(x, "mean");
    const auto running_variance = state<C>(x, "variance", init::ones{});
    handle mean = running_mean.read().h, variance = running_variance.read().h, off{};
    if (is_training(x)) {
      constexpr unsigned axes = (1u << (S::value.rank - 1)) - 1;
      mean = tfx::reshape(tfx::detail::mean_axes(x.h, axes), C::value);
      const auto moments = tfx::detail::moments_about_mean(x.h - mean, axes);
      off = tfx::reshape(moments.off, C::value);
      variance = tfx::reshape(moments.variance, C::value);
      running_mean.write(momentum * running_mean.read().h + (1 - momentum) * stop_gradient(mean + off));
      running_variance.write(momentum * running_variance.read().h + (1 - momentum) * stop_gradient(variance));
    }
    const handle gain = scale.h / sqrt(variance + epsilon);
    // The correction goes into the shift, so that x - mean is one value.
    return here.gives(var<S, T>{(x.h - mean) * gain + (off.empty() ? shift.h : shift.h - off * gain)});
  }
};

/// Layer normalisation over the last axis.
///
///     y = scale * (x - mean) / sqrt(variance + epsilon) + shift
///
/// Shape      x: [..., C]  ->  the same
/// Variables  scale [C] (ones), shift [C] (zeros)
/// Numerics   as `batch_norm`
/// Source     Ba, Kiros and Hinton 2016; defaults of Keras
struct layer_norm {
  static constexpr std::string_view name = "layer_norm";
  double epsilon = 1e-3;
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"epsilon", epsilon}});
    using C = shape<S::value.cols()>;
    constexpr unsigned last = 1u << (S::value.rank - 1);
    const handle centred = x.h - tfx::detail::mean_axes(x.h, last);
    const auto moments = tfx::detail::moments_about_mean(centred, last);
    const handle inverse = 1 / sqrt(moments.variance + epsilon);   // one division a row
    const auto scale = param<C>(x, "scale", init::ones{}), shift = param<C>(x, "shift");   // made in this order
    return here.gives(var<S, T>{(centred - moments.off) * inverse * scale.h + shift.h});
  }
};

}  // namespace tfx::nn
