// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/rearrange.hpp>
#include <tfx/ops/upsample.hpp>

// Other shapes of the same numbers. Axes are counted as those of x: the batch is axis 0.
namespace tfx::nn {

/// x.
struct identity {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return x; }
};
/// The axes of an example in another order: nn::permute<2, 1> makes [batch, C, T] of [batch, T, C].
template <int... Axis> struct permute {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (tfx::detail::names_every_axis<0, Axis...>(S::value.rank)) {
      return tfx::permute<0, Axis...>(x, line);
    } else {
      x.h.graph->complain("permute", at_path{}, " names every axis of an example once, from 1 on; the input is ", S::value);
      return x;
    }
  }
};
/// [batch, C] -> [batch, Count, C]: the same for every step.
template <int Count> struct repeat_vector {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (S::value.rank == 2 && Count > 0) {
      return upsample_nearest<1, Count>(expand_dims<1>(x), line);
    } else {
      x.h.graph->complain("repeat_vector<", Count, ">", at_path{}, " expects [batch, features], got ", S::value);
      return x;
    }
  }
};
/// Zeros before and behind the steps: [batch, T, C] -> [batch, Before + T + After, C].
template <int Before, int After = Before> struct zero_padding1d {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return pad<1, Before, After>(x, 0, line); }
};
/// Zeros around an image: [batch, H, W, C] -> [batch, Top + H + Bottom, Left + W + Right, C].
template <int Top, int Bottom = Top, int Left = Top, int Right = Left> struct zero_padding2d {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return pad<2, Left, Right>(pad<1, Top, Bottom>(x, 0, line), 0, line); }
};
namespace detail {
template <int Axis, int Before, int After, class S, class T> constexpr auto cropped(var<S, T> x, int line) {
  return slice<Axis, Before, (S::value.rank > Axis ? S::value.extent[Axis] : 0) - After>(x, line);
}
}  // namespace detail
/// Without the first and the last steps.
template <int Before, int After = Before> struct cropping1d {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return detail::cropped<1, Before, After>(x, line); }
};
/// Without a frame around an image.
template <int Top, int Bottom = Top, int Left = Top, int Right = Left> struct cropping2d {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::cropped<2, Left, Right>(detail::cropped<1, Top, Bottom>(x, line), line);
  }
};
/// Each step `Factor` times: [batch, T, C] -> [batch, Factor T, C].
template <int Factor> struct up_sampling1d {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return upsample_nearest<1, Factor>(x, line); }
};
/// An image `Factor` times as high and wide, of the nearest pixels, or on straight lines between their centres.
///
///     nn::up_sampling2d<2>{}   nn::up_sampling2d<2, bilinear>{}
template <int Factor, interpolation Between = nearest> struct up_sampling2d {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (Between == bilinear) return upsample_linear<2, Factor>(upsample_linear<1, Factor>(x, line), line);
    else return upsample_nearest<2, Factor>(upsample_nearest<1, Factor>(x, line), line);
  }
};

}  // namespace tfx::nn
