// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/resizing.hpp>
#include <tfx/ops/affine_transform.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/trigonometric.hpp>

// Images changed at random while training: every example by numbers of its own, which follow from seed, step, layer and its place
// in the batch; else they stay as they are. All take [batch, H, W, C]. Gradients flow through; none to what was drawn.
namespace tfx {

/// Which way an image is turned round.
enum class flips { horizontal, vertical, both };

namespace nn {

/// From where to where a number is drawn; one number f stands for [-f, f].
struct range {
  double lower = 0, upper = 0;
  bool given = false;
  constexpr range() = default;
  constexpr range(double most) : lower(-most), upper(most), given(true) {}
  constexpr range(double least, double most) : lower(least), upper(most), given(true) {}
};

namespace detail {
/// One number for each example, uniform in a range: stored, since many pixels read it.
template <class S> constexpr handle draw(builder& g, range r, std::string_view called) {
  const dims each{4, {S::value.extent[0], 1, 1, 1}, S::value.bounded};
  return pin(r.lower + tfx::detail::drawn<uniform_op>(g, each, r.upper - r.lower, called), each);
}
/// change(x) while training, x else; the sentence for what are no images.
template <class S, class T, class F> constexpr var<S, T> augmented(var<S, T> x, std::string_view called, F change) {
  if constexpr (S::value.rank != 4) x.h.graph->complain(called, at_path{}, " expects [batch, height, width, channels], got ", S::value);
  else if (is_training(x)) return var<S, T>{change(x.h)};
  return x;
}
}  // namespace detail

/// Images turned round, each with probability 1/2; horizontally and vertically independently of each other.
///
///     nn::random_flip{flips::horizontal}
struct random_flip {
  static constexpr std::string_view name = "random_flip";
  static constexpr bool transparent = true;
  flips mode = flips::both;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(x, name, [&](handle images) {
      const auto turned = [&](handle y, int axis) { return where(detail::draw<S>(*y.graph, {0, 1}, name) < 0.5, tfx::flip(y, 1u << axis), y); };
      if (mode != flips::vertical) images = turned(images, 2);
      if (mode != flips::horizontal) images = turned(images, 1);
      return images;
    });
  }
};

/// A part of each image, anywhere in it: [batch, H, W, C] -> [batch, Height, Width, C]; in use its middle.
///
///     nn::sequential(nn::zero_padding2d<4>{}, nn::random_crop<32, 32>{}, ...)
template <int Height, int Width> struct random_crop {
  static constexpr std::string_view name = "random_crop";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    if constexpr (!detail::can_crop<Height, Width, S>) return detail::complain_crop(x, name, Height, Width);
    else {
      using R = to_shape<detail::resized_image<S, Height, Width>>;
      if (!is_training(x)) return var<R, T>{center_crop<Height, Width>{line}(x).h};
      builder& g = *x.h.graph;
      const handle top = floor(detail::draw<S>(g, {0, S::value.extent[1] - Height + 1.}, name));
      const handle left = floor(detail::draw<S>(g, {0, S::value.extent[2] - Width + 1.}, name));
      const tfx::detail::sampler from{x.h, R::value, border::edge, 0};
      return var<R, T>{from.at(nearest, top + tfx::detail::coordinate(g, 1, Height), left + tfx::detail::coordinate(g, 2, Width))};
    }
  }
};

/// Images turned about their middle by an angle drawn from `factor`, in parts of a full turn, counterclockwise.
///
///     nn::random_rotation{.factor = 0.1}      by at most 36 degrees
///
/// Defaults   those of Keras; what lies beyond the border is `fill_mode`, with `fill_value` for border::constant
struct random_rotation {
  static constexpr std::string_view name = "random_rotation";
  static constexpr bool transparent = true;
  range factor = 0.1;
  border fill_mode = border::reflect;
  interpolation between = bilinear;
  double fill_value = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(cast<real>(x), name, [&](handle images) {
      const handle angle = 2 * 3.14159265358979323846 * detail::draw<S>(*images.graph, factor, name), c = cos(angle), s = sin(angle);
      const double middle_x = (S::value.extent[2] - 1) / 2., middle_y = (S::value.extent[1] - 1) / 2.;
      return tfx::detail::transformed(images, {c, -s, middle_x - middle_x * c + middle_y * s, s, c, middle_y - middle_x * s - middle_y * c},
                                      between, fill_mode, fill_value);
    });
  }
};

/// Images moved by parts of their height and width that are drawn: downwards and to the right where they are positive.
///
///     nn::random_translation{.height_factor = 0.2, .width_factor = {-0.1, 0.3}}
///
/// Defaults   as `random_rotation`
struct random_translation {
  static constexpr std::string_view name = "random_translation";
  static constexpr bool transparent = true;
  range height_factor = 0.1, width_factor = 0.1;
  border fill_mode = border::reflect;
  interpolation between = bilinear;
  double fill_value = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(cast<real>(x), name, [&](handle images) {
      builder& g = *images.graph;
      const handle down = S::value.extent[1] * detail::draw<S>(g, height_factor, name), right = S::value.extent[2] * detail::draw<S>(g, width_factor, name);
      const handle one = g.constant(1), zero = g.constant(0);
      return tfx::detail::transformed(images, {one, zero, -right, zero, one, -down}, between, fill_mode, fill_value);
    });
  }
};

/// Images about their middle larger or smaller: 1 + a drawn number of their height and width is seen, so negative ones zoom in.
///
///     nn::random_zoom{.height_factor = {-0.3, 0}}      the shape of things stays: the width is as the height
///
/// Defaults   as `random_rotation`
struct random_zoom {
  static constexpr std::string_view name = "random_zoom";
  static constexpr bool transparent = true;
  range height_factor = 0.1, width_factor{};
  border fill_mode = border::reflect;
  interpolation between = bilinear;
  double fill_value = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(cast<real>(x), name, [&](handle images) {
      builder& g = *images.graph;
      const handle high = 1 + detail::draw<S>(g, height_factor, name), wide = width_factor.given ? 1 + detail::draw<S>(g, width_factor, name) : high;
      const double middle_x = (S::value.extent[2] - 1) / 2., middle_y = (S::value.extent[1] - 1) / 2.;
      const handle zero = g.constant(0);
      return tfx::detail::transformed(images, {wide, zero, middle_x * (1 - wide), zero, high, middle_y * (1 - high)}, between, fill_mode, fill_value);
    });
  }
};

/// The distance of each channel from its mean over the image times 1 + a drawn number, cut to the range of values.
///
///     y = clip((x - mean) f + mean),   f in 1 + factor
struct random_contrast {
  static constexpr std::string_view name = "random_contrast";
  static constexpr bool transparent = true;
  range factor = 0.1, value_range = {0, 255};
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(cast<real>(x), name, [&](handle images) {
      const handle mean = tfx::detail::mean_axes(images, 1u << 1 | 1u << 2);
      return clip((images - mean) * (1 + detail::draw<S>(*images.graph, factor, name)) + mean, value_range.lower, value_range.upper);
    });
  }
};

/// A drawn part of the range of values added to each image, cut to that range.
struct random_brightness {
  static constexpr std::string_view name = "random_brightness";
  static constexpr bool transparent = true;
  range factor = 0.1, value_range = {0, 255};
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(cast<real>(x), name, [&](handle images) {
      const handle more = (value_range.upper - value_range.lower) * detail::draw<S>(*images.graph, factor, name);
      return clip(images + more, value_range.lower, value_range.upper);
    });
  }
};

/// A rectangle of each image replaced by a number, with probability `rate`.
///
/// Its height and width are the root of a number drawn from `scale` as parts of those of the image: as large a part of its area on
/// average. A pixel belongs to it where the number of its line and of its column do.
struct random_erasing {
  static constexpr std::string_view name = "random_erasing";
  static constexpr bool transparent = true;
  double rate = 0.5;
  range scale = {0.02, 0.33};
  double fill_value = 0;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return detail::augmented(cast<real>(x), name, [&](handle images) {
      builder& g = *images.graph;
      const auto covered = [&](int axis) {
        const int extent = S::value.extent[axis];
        const handle length = extent * sqrt(detail::draw<S>(g, scale, name)), first = (extent - length) * detail::draw<S>(g, {0, 1}, name);
        const handle at = tfx::detail::coordinate(g, axis, extent);
        return where(at >= first, at < first + length, 0);
      };
      const handle rows = covered(1), columns = covered(2), chosen = detail::draw<S>(g, {0, 1}, name) < rate;
      return where(where(chosen, where(rows, columns, 0), 0), fill_value, images);
    });
  }
};

}  // namespace nn
}  // namespace tfx
