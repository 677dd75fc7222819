// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/gather.hpp>
#include <tfx/ops/interpolation.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/ops/rearrange.hpp>

// Images read between their pixels.
namespace tfx {

/// What lies beyond the border of an image abcd: a number, its pixels in the opposite order (dcba|abcd|dcba), its first and last
/// pixel (aaaa|abcd|dddd), the image again (abcd|abcd|abcd).
enum class border { constant, reflect, edge, wrap };

namespace detail {

/// The number of a pixel along an axis, and whether there is one: where not, the number is that of another pixel.
struct pixel_number {
  handle index, inside;
};
/// `i` is a whole number that may lie beyond the axis.
constexpr pixel_number within(handle i, int extent, border beyond) {
  if (beyond == border::wrap) i = i - extent * floor(i / extent);
  if (beyond == border::reflect) {
    i = i - 2 * extent * floor(i / (2 * extent));
    i = minimum(i, 2 * extent - 1 - i);
  }
  const handle near = clip(i, 0, extent - 1);
  return {as_type(near, dtype::int32), beyond == border::constant ? map_node<equal_op>(near, i) : handle{}};
}

/// Pixels of images [N, H, W, C] at coordinates (y, x), in pixels, that broadcast to [N, OH, OW, 1].
struct sampler {
  handle images;
  dims result;   ///< [N, OH, OW, C]
  border beyond;
  double fill;

  constexpr handle at(interpolation between, handle y, handle x) const {
    const auto whole = [](handle c) { return where(c < 0, ceil(c - 0.5), floor(c + 0.5)); };   // ties away from 0
    if (between == interpolation::nearest) return pixel(row(whole(y)), column(whole(x)));
    const handle above = floor(y), left = floor(x), down = y - above, right = x - left;
    const pixel_number y0 = row(above), y1 = row(above + 1), x0 = column(left), x1 = column(left + 1);
    const auto line = [&](pixel_number at) { return (1 - right) * pixel(at, x0) + right * pixel(at, x1); };
    return (1 - down) * line(y0) + down * line(y1);
  }
  constexpr pixel_number row(handle y) const { return within(y, images.shape().extent[1], beyond); }
  constexpr pixel_number column(handle x) const { return within(x, images.shape().extent[2], beyond); }
  constexpr handle pixel(pixel_number y, pixel_number x) const {
    const dims from = images.shape();
    const int height = from.extent[1], width = from.extent[2];
    dims place = result, example = result;
    place.extent[3] = example.extent[3] = example.extent[1] = example.extent[2] = 1;
    const handle index = progression(*images.graph, example, 0, height * width) + (y.index * width + x.index);
    const handle table = reshape(images, dims{2, {from.size() / from.extent[3], from.extent[3]}, from.bounded});
    dims at = place;
    at.rank = 3;
    handle value = gathered(table, reshape(broadcast_to(index, place), at), result, images.type());
    if (!x.inside.empty()) value = where(x.inside, value, fill);
    return y.inside.empty() ? value : where(y.inside, value, fill);
  }
};
/// 0, 1, ... along axis `axis` of an image, as numbers [count, 1, 1] or [count, 1].
constexpr handle coordinate(builder& g, int axis, int count) {
  const handle n = as_number(column_index(g, dims{1, {count}, false}));
  return reshape(n, axis == 1 ? dims{3, {count, 1, 1}, false} : dims{2, {count, 1}, false});
}

}  // namespace detail
}  // namespace tfx
