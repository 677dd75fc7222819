// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/generate.hpp>

// Noise while training; in use all of these do nothing. What is drawn is never stored for each element: every kernel that needs it
// draws it again from (seed, step, site, element).
namespace tfx::nn {

/// While training, sets each element to 0 with probability `rate` and scales the others by 1 / (1 - rate); else does nothing.
///
/// Source     Srivastava et al. 2014, in the inverted form
struct dropout {
  static constexpr bool transparent = true;
  double rate = 0.5;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return is_training(x) && rate > 0 ? var<S, T>{x.h * dropout_mask(x.h, rate)} : x;
  }
};

/// Dropout of whole channels: [batch, ..., C], one draw for each channel of an example.
///
/// Source     Tompson et al. 2015
struct spatial_dropout {
  static constexpr bool transparent = true;
  double rate = 0.5;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if (!is_training(x) || rate <= 0) return x;
    dims channels = S::value;
    for (int axis = 1; axis < channels.rank - 1; ++axis) channels.extent[axis] = 1;
    return var<S, T>{x.h * pin(tfx::detail::drawn<dropout_mask_op>(*x.h.graph, channels, rate, "spatial_dropout"), channels)};
  }
};

/// Normal numbers with this deviation added.
struct gaussian_noise {
  static constexpr bool transparent = true;
  double deviation = 0.1;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return is_training(x) && deviation > 0 ? var<S, T>{x.h + tfx::detail::drawn<normal_op>(*x.h.graph, S::value, deviation, "gaussian_noise")} : x;
  }
};

/// Each element times a normal number about 1, with the deviation that dropout of this rate has: sqrt(rate / (1 - rate)).
///
/// Source     Srivastava et al. 2014, section 10
struct gaussian_dropout {
  static constexpr bool transparent = true;
  double rate = 0.5;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if (!is_training(x) || rate <= 0) return x;
    const double deviation = lanes::traits<double>::sqrt(rate / (1 - rate));
    return var<S, T>{x.h * (1 + tfx::detail::drawn<normal_op>(*x.h.graph, S::value, deviation, "gaussian_dropout"))};
  }
};

/// Dropout behind `selu`: what is dropped becomes selu's least value, and then mean 0 and variance 1 are made again.
///
///     y = a * (x or -alpha') + b,   alpha' = 1.7580993408473766,
///     a = 1 / sqrt((1 - rate) (1 + rate alpha'^2)),   b = a * alpha' * rate
///
/// Source     Klambauer et al. 2017, section 4
struct alpha_dropout {
  static constexpr bool transparent = true;
  double rate = 0.05;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if (!is_training(x) || rate <= 0) return x;
    constexpr double least = -1.6732632423543772 * 1.0507009873554805;
    const double a = 1 / lanes::traits<double>::sqrt((1 - rate) * (1 + rate * least * least));
    return var<S, T>{a * where(dropout_mask(x.h, rate), x.h, least) - a * least * rate};
  }
};

}  // namespace tfx::nn
