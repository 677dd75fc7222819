// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx::nn {

namespace detail {
/// The parameters behind a normalisation, [C] each, or the numbers in their place.
struct scale_and_shift {
  handle scale, shift;
  template <class S, class T> constexpr scale_and_shift(var<S, T> x, bool scales, bool shifts) {
    using C = shape<S::value.cols()>;
    scale = scales ? param<C>(x, "scale", init::ones{}).h : x.h.graph->constant(1);   // made in this order
    shift = shifts ? param<C>(x, "shift").h : x.h.graph->constant(0);
  }
};
}  // namespace detail

/// Batch normalisation over all axes but the last.
///
///     y = scale * (x - mean) / sqrt(variance + epsilon) + shift
///
/// While training with the statistics of the batch, which also move the running ones
/// (running = momentum * running + (1 - momentum) * batch); else with the running ones.
///
/// Shape      x: [batch, ..., C]  ->  the same
/// Variables  scale [C] (ones), shift [C] (zeros), unless `scale` or `shift` is false; states mean [C] (zeros), variance [C] (ones)
/// Numerics   the variance is that of the population, in two passes, the second corrected for the rounding of the mean
/// Source     Ioffe and Szegedy 2015, algorithm 1; defaults of Keras
struct batch_norm {
  static constexpr std::string_view name = "batch_norm";
  double momentum = 0.99, epsilon = 1e-3;
  bool scale = true, shift = true;
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"momentum", momentum}, {"epsilon", epsilon}});
    using C = shape<S::value.cols()>;
    const detail::scale_and_shift by(x, scale, shift);
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
    const handle gain = by.scale / sqrt(variance + epsilon);
    // The correction goes into the shift, so that x - mean is one value.
    return here.gives(var<S, T>{(x.h - mean) * gain + (off.empty() ? by.shift : by.shift - off * gain)});
  }
};

/// Layer normalisation over the last axis.
///
///     y = scale * (x - mean) / sqrt(variance + epsilon) + shift
///
/// Shape      x: [..., C]  ->  the same
/// Variables  scale [C] (ones), shift [C] (zeros), unless `scale` or `shift` is false
/// Numerics   as `batch_norm`
/// Source     Ba, Kiros and Hinton 2016; defaults of Keras
struct layer_norm {
  static constexpr std::string_view name = "layer_norm";
  double epsilon = 1e-3;
  bool scale = true, shift = true;
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"epsilon", epsilon}});
    constexpr unsigned last = 1u << (S::value.rank - 1);
    const handle centred = x.h - tfx::detail::mean_axes(x.h, last);
    const auto moments = tfx::detail::moments_about_mean(centred, last);
    const handle inverse = 1 / sqrt(moments.variance + epsilon);   // one division a row
    const detail::scale_and_shift by(x, scale, shift);
    return here.gives(var<S, T>{(centred - moments.off) * inverse * by.scale + by.shift});
  }
};

/// Division by the root of the mean square along the last axis.
///
///     y = scale * x / sqrt(mean(x^2) + epsilon)
///
/// Shape      x: [..., C]  ->  the same
/// Variables  scale [C] (ones)
/// Source     Zhang and Sennrich 2019, equation 4; defaults of Keras
struct rms_norm {
  static constexpr std::string_view name = "rms_norm";
  double epsilon = 1e-6;
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"epsilon", epsilon}});
    const handle mean_square = tfx::detail::mean_axes(x.h * x.h, 1u << (S::value.rank - 1));
    const auto scale = param<shape<S::value.cols()>>(x, "scale", init::ones{});
    return here.gives(var<S, T>{x.h * (1 / sqrt(mean_square + epsilon)) * scale.h});
  }
};

/// Rows along the last axis brought to length 1.
///
///     y = x / max(sqrt(sum(x^2)), 1e-12)
///
/// Shape      x: [..., C]  ->  the same
struct unit_norm {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    const handle square = sum_axes(x.h * x.h, 1u << (S::value.rank - 1));
    return var<S, T>{x.h * (1 / sqrt(tfx::maximum(square, 1e-24)))};   // the bound inside, so that the slope at 0 is finite
  }
};

/// Normalisation of each example over groups of channels, and all axes between batch and channels.
///
///     y = scale * (x - mean) / sqrt(variance + epsilon) + shift
///
///     nn::group_norm<8>{}
///
/// Shape      x: [batch, ..., C]  ->  the same; Groups divides C
/// Variables  scale [C] (ones), shift [C] (zeros), unless `scale` or `shift` is false
/// Errors     groups that do not divide the channels
/// Numerics   as `batch_norm`
/// Source     Wu and He 2018, equation 7; defaults of Keras
template <int Groups = 32> struct group_norm {
  static constexpr std::string_view name = "group_norm";
  double epsilon = 1e-3;
  bool scale = true, shift = true;
  int line = __builtin_LINE();

  template <class S, class T> constexpr var<S, T> operator()(var<S, T> x) const {
    const layer_scope here(x, *this, {{"groups", Groups}, {"epsilon", epsilon}});
    if constexpr (S::value.rank < 2 || S::value.cols() % Groups != 0) {
      x.h.graph->complain("group_norm<", Groups, ">", at_path{}, ": ", Groups, " groups do not divide the channels of ", S::value, " evenly");
      return x;
    } else {
      constexpr int batch = S::value.extent[0], channels = S::value.cols(), places = S::value.size() / batch / channels;
      const handle grouped = tfx::reshape(x.h, dims{4, {batch, places, Groups, channels / Groups}, S::value.bounded});
      constexpr unsigned axes = 1u << 1 | 1u << 3;
      const handle centred = grouped - tfx::detail::mean_axes(grouped, axes);
      const auto moments = tfx::detail::moments_about_mean(centred, axes);
      const handle normal = (centred - moments.off) * (1 / sqrt(moments.variance + epsilon));
      const detail::scale_and_shift by(x, scale, shift);
      return here.gives(tfx::detail::with_mask_of(x, var<S, T>{tfx::reshape(normal, S::value) * by.scale + by.shift}));
    }
  }
};

}  // namespace tfx::nn
