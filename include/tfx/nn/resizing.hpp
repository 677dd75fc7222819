// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/sample.hpp>

// Images of another size.
namespace tfx::nn {

namespace detail {
template <class S, int Height, int Width> struct resized_image {
  static constexpr dims value{4, {S::value.rank ? S::value.extent[0] : 1, Height, Width, S::value.rank ? S::value.cols() : 1}, S::value.bounded};
};
template <int Height, int Width, class S> inline constexpr bool can_crop =
    S::value.rank == 4 && Height > 0 && Width > 0 && Height <= S::value.extent[1] && Width <= S::value.extent[2];
template <class S, class T> constexpr auto complain_crop(var<S, T> x, std::string_view called, int height, int width) {
  x.h.graph->complain(called, "<", height, ", ", width, ">", at_path{}, " expects [batch, height, width, channels] of at least that size, got ", S::value);
  return x;
}
}  // namespace detail

/// The middle of each image: [batch, H, W, C] -> [batch, Height, Width, C]. Of an odd number of lines left over one more lies behind.
template <int Height, int Width> struct center_crop {
  static constexpr std::string_view name = "center_crop";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (!detail::can_crop<Height, Width, S>) return detail::complain_crop(x, name, Height, Width);
    else {
      constexpr int top = (S::value.extent[1] - Height) / 2, left = (S::value.extent[2] - Width) / 2;
      return slice<2, left, left + Width>(slice<1, top, top + Height>(x, line), line);
    }
  }
};

/// Images of another size: [batch, H, W, C] -> [batch, Height, Width, C], of the nearest pixels, or on straight lines between their
/// centres, which are half a pixel from the border.
///
///     y at (i, j) = x at ((i + 1/2) H / Height - 1/2, (j + 1/2) W / Width - 1/2)
///
///     nn::resizing<224, 224>{}   nn::resizing<8, 8, nearest>{}
///
/// Numerics   no pixels are averaged where an image becomes smaller (Keras and PyTorch: `antialias = False`)
template <int Height, int Width, interpolation Between = bilinear> struct resizing {
  static constexpr std::string_view name = "resizing";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (S::value.rank != 4 || Height < 1 || Width < 1) {
      x.h.graph->complain(name, "<", Height, ", ", Width, ">", at_path{}, " expects [batch, height, width, channels], got ", S::value);
      return x;
    } else {
      const auto places = [&](int axis, int count) {
        const handle middle = (tfx::detail::coordinate(*x.h.graph, axis, count) + 0.5) * (double(S::value.extent[axis]) / count);
        return Between == nearest ? floor(middle) : middle - 0.5;
      };
      using R = to_shape<detail::resized_image<S, Height, Width>>;
      const tfx::detail::sampler from{cast<real>(x).h, R::value, border::edge, 0};
      return var<R>{from.at(Between, places(1, Height), places(2, Width))};
    }
  }
};

}  // namespace tfx::nn
