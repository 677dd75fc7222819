// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/sample.hpp>

namespace tfx {

namespace detail {

/// Where the pixel (x, y) of a result lies in an image: numbers, or one for each example, [N, 1, 1, 1].
struct affine {
  handle xx, xy, x, yx, yy, y;
};
constexpr handle transformed(handle images, const affine& to, interpolation between, border beyond, double fill) {
  builder& g = *images.graph;
  const dims s = images.shape();
  const handle y = coordinate(g, 1, s.extent[1]), x = coordinate(g, 2, s.extent[2]);
  return sampler{images, s, beyond, fill}.at(between, to.yx * x + to.yy * y + to.y, to.xx * x + to.xy * y + to.x);
}
template <class S, class M> inline constexpr bool can_transform =
    S::value.rank == 4 && M::value == dims{2, {S::value.rank ? S::value.extent[0] : 1, 6}, S::value.bounded};

}  // namespace detail

/// Images turned, moved, stretched: each by a transform of its own.
///
///     y[n, i, j] = x[n, t_3 j + t_4 i + t_5, t_0 j + t_1 i + t_2],   t = transforms[n]
///
///     affine_transform<bilinear, border::reflect>(images, transforms)
///
/// Shape      x: [N, H, W, C], transforms: [N, 6]  ->  as x, floating point
/// Options    nearest (ties away from 0) or bilinear (default) between pixels; what lies beyond the border: constant (default: the
///            number `fill`), reflect, edge, wrap
/// Gradient   to the images the same weights, to the transforms that of the lines between pixels
/// Source     the first six of the numbers that `keras.ops.image.affine_transform` takes
template <interpolation Between = bilinear, border Beyond = border::constant, class S, class T, class M>
constexpr auto affine_transform(var<S, T> images, var<M> transforms, double fill = 0, source_line at = {}) {
  images.h.graph->line = at.value;
  if constexpr (!detail::can_transform<S, M>) {
    images.h.graph->complain("affine_transform", at_path{}, " expects images [batch, height, width, channels] and transforms [batch, 6], got ", S::value, " and ", M::value);
    return images;
  } else {
    const auto number = [&](int k) {
      detail::box corner;
      corner.begin[1] = k;
      const handle column = slice_box(transforms.h, corner, dims{2, {M::value.extent[0], 1}, M::value.bounded});
      return reshape(column, dims{4, {M::value.extent[0], 1, 1, 1}, M::value.bounded});
    };
    const handle numbers = as_type(images.h, dtype::real_type);
    return var<S>{detail::transformed(numbers, {number(0), number(1), number(2), number(3), number(4), number(5)}, Between, Beyond, fill)};
  }
}

}  // namespace tfx
