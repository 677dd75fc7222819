// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/bias.hpp>
#include <tfx/nn/sequence.hpp>
#include <tfx/ops/concatenate.hpp>
#include <tfx/ops/permute.hpp>
#include <tfx/ops/pool.hpp>
#include <tfx/ops/slice.hpp>

// Windows over volumes and films, [batch, depth, height, width, channels].
namespace tfx {

/// Options of windows in three dimensions: how deep they are, and how far apart, where that is not as wide.
template <int Depth> struct kernel_depth_t {
  static constexpr int depth = Depth;
};
template <int Depth> inline constexpr kernel_depth_t<Depth> kernel_depth{};
template <int Step> struct depth_stride_t {
  static constexpr int depth = Step;
};
template <int Step> inline constexpr depth_stride_t<Step> depth_stride{};

namespace detail {
template <int A, int B> inline constexpr bool same_option<kernel_depth_t<A>, kernel_depth_t<B>> = true;
template <int A, int B> inline constexpr bool same_option<depth_stride_t<A>, depth_stride_t<B>> = true;

/// What a window over a volume of shape S is, along each of its three axes. `Whole`: without a stride it is as far as the window.
template <class S, bool Whole, int Size, auto... Option> struct volume_window {
  static constexpr int width = Size, height = height_of_window<Size, Option...>, depth = option<kernel_depth_t<Size>, Option...>::depth;
  using steps = option<stride_t<Whole ? height : 1, Whole ? Size : 1>, Option...>;
  static constexpr bool strides_given = (false || ... || same_option<stride_t<1>, std::remove_cvref_t<decltype(Option)>>);
  static constexpr int depth_step = option<depth_stride_t<Whole && !strides_given ? depth : steps::width>, Option...>::depth;
  using spread = option<dilation_t<1>, Option...>;
  static constexpr bool keeps = option<padding_t<false>, Option...>::keeps_extents;
  static constexpr extent_rule out[3] = {window_extent(S::value.extent[1], depth, depth_step, spread::width, keeps),
                                         window_extent(S::value.extent[2], height, steps::height, spread::height, keeps),
                                         window_extent(S::value.extent[3], width, steps::width, spread::width, keeps)};
  static constexpr bool fits = out[0].out > 0 && out[1].out > 0 && out[2].out > 0;
};

/// [batch, ...] with these extents behind the batch.
template <class S, int... Extent> struct behind_batch {
  static constexpr dims value{int(sizeof...(Extent)) + 1, {S::value.extent[0], Extent...}, S::value.bounded};
};
template <int... Extent, class S, class T> constexpr auto lay_out(var<S, T> x) {
  using R = behind_batch<S, Extent...>;
  return var<to_shape<R>, T>{reshape(x.h, R::value)};
}

/// Windows that are made one in each axis after the other: along the depth, the height, the width.
template <class Op, int Size, auto... Option, class S, class T> constexpr auto pool_volumes(var<S, T> x, std::string_view called, source_line at) {
  builder& g = *x.h.graph;
  g.line = at.value;
  if constexpr (S::value.rank != 5) {
    g.complain(called, at_path{}, " expects [batch, depth, height, width, channels], got ", S::value);
    return x;
  } else {
    using W = volume_window<S, true, Size, as_window_option<Option>()...>;
    constexpr int d = S::value.extent[1], h = S::value.extent[2], w = S::value.extent[3], c = S::value.extent[4];
    if constexpr (!W::fits) {
      g.complain(called, at_path{}, ": the window [", W::depth, ", ", W::height, ", ", W::width, "] is larger than the volume ", S::value);
      return x;
    } else {
      constexpr int od = W::out[0].out, oh = W::out[1].out, ow = W::out[2].out;
      const auto deep = pool<Op, 1, W::depth, stride_t<1, W::depth_step>, W::keeps>(lay_out<1, d, h * w * c>(x), called, at);
      const auto high = pool<Op, 1, W::height, stride_t<1, W::steps::height>, W::keeps>(lay_out<od, h, w * c>(deep), called, at);
      const auto wide = pool<Op, 1, W::width, stride_t<1, W::steps::width>, W::keeps>(lay_out<od * oh, w, c>(high), called, at);
      return lay_out<od, oh, ow, c>(wide);
    }
  }
}
}  // namespace detail

namespace nn {

/// Convolution over volumes, or over films.
///
///     nn::conv3d<16, 3, same>{}   nn::conv3d<16, 3, kernel_depth<1>, stride<2>, depth_stride<1>>{}
///
/// A convolution over images whose channels are those of all slices that a window sees.
///
/// Shape      x: [batch, D, H, W, C]  ->  y: [batch, OD, OH, OW, Out]
/// Options    valid (default) or same, stride<N>, dilation<N>, groups<N>, kernel_height<N>, kernel_depth<N>, depth_stride<N> (the depth
///            is treated as the width where it is not named)
/// Variables  weight [Depth, Height, Size, C / groups, Out] (Glorot uniform), bias [Out] (zeros), as in Keras
/// Errors     input of another rank, groups that do not divide the channels, a window larger than the volume
/// Cost       x is copied once for each slice of the window
template <int Out, int Size, auto... Option> struct conv3d {
  static constexpr std::string_view name = "conv3d";
  bool bias = true;
  initializer weight_init = init::glorot_uniform{};
  initializer bias_init = init::zeros{};
  int line = __builtin_LINE();

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    constexpr int group_count = tfx::detail::option<groups_t<1>, Option...>::count;
    constexpr int depth = tfx::detail::option<kernel_depth_t<Size>, Option...>::depth;
    const layer_scope here(x, *this, {{"filters", Out}, tfx::detail::kernel_attribute<Size, Option...>(), {"kernel_depth", depth}, {"bias", bias}});
    builder& g = *x.h.graph;
    if constexpr (S::value.rank != 5) {
      g.complain(name, "<", Out, ", ", Size, ">", at_path{}, " expects [batch, depth, height, width, channels], got ", S::value);
      return x;
    } else if constexpr (S::value.extent[4] % group_count != 0 || Out % group_count != 0) {
      g.complain(name, "<", Out, ", ", Size, ">", at_path{}, ": ", group_count, " groups divide neither ", S::value, " nor ", Out, " channels evenly");
      return x;
    } else {
      using W = tfx::detail::volume_window<S, false, Size, Option...>;
      if constexpr (!W::fits) {
        g.complain(name, "<", Out, ", ", Size, ">", at_path{}, ": the window [", W::depth, ", ", W::height, ", ", W::width, "] is larger than the volume ", S::value);
        return x;
      } else {
        constexpr int each = S::value.extent[4] / group_count, places = W::depth * W::height * Size, slices = W::out[0].out;
        const auto w = param<shape<W::depth, W::height, Size, each, Out>>(x, "weight", weight_init, places * each, places * Out);
        const auto seen = in_windows<W, group_count>(x);
        using images = detail::step_rows<typename decltype(seen)::shape_type>;
        const auto weights = tfx::reshape<W::height, Size, W::depth * each, Out>(permute<1, 2, 0, 3, 4>(w));
        const auto y = tfx::conv2d<Option...>(var<to_shape<images>, real>{tfx::reshape(seen.h, images::value)}, weights, line);
        using Y = tfx::detail::behind_batch<S, slices, W::out[1].out, W::out[2].out, Out>;
        return here.gives(detail::with_bias(var<to_shape<Y>>{tfx::reshape(y.h, Y::value)}, bias, bias_init));
      }
    }
  }

private:
  /// [batch, OD, H, W, groups * Depth * C / groups]: beside each other the slices that a window sees.
  template <class W, int Groups, class S, class T> static constexpr auto in_windows(var<S, T> x) {
    constexpr int d = S::value.extent[1], h = S::value.extent[2], w = S::value.extent[3], c = S::value.extent[4], slices = W::out[0].out;
    constexpr int reach = (W::depth - 1) * W::spread::width + (slices - 1) * W::depth_step + 1, before = W::out[0].before;
    constexpr int behind = reach > d + before ? reach - d - before : 0;
    const auto framed = pad<1, before, behind>(x);
    return [&]<int... K>(std::integer_sequence<int, K...>) {
      const auto slice_of = [&]<int Place>(std::integral_constant<int, Place>) {
        constexpr int first = Place * W::spread::width;
        const auto one = slice<1, first, first + (slices - 1) * W::depth_step + 1, W::depth_step>(framed);
        return tfx::detail::lay_out<slices, h * w * Groups, 1, c / Groups>(one);
      };
      return tfx::detail::lay_out<slices, h, w, c * W::depth>(concatenate<3>(slice_of(std::integral_constant<int, K>{})...));
    }(std::make_integer_sequence<int, W::depth>{});
  }
};

/// Largest element of each window: [batch, D, H, W, C] -> [batch, OD, OH, OW, C].
///
/// Options    a stride, same or valid, kernel_height<N>, kernel_depth<N>, depth_stride<N>, as those of `max_pool` and `conv3d`
template <int Size = 2, auto... Option> struct max_pool3d {
  static constexpr std::string_view name = "max_pool3d";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::detail::pool_volumes<max_pool_op, Size, Option...>(x, name, line); }
};
/// Mean of each window, of what of it lies in the volume. Options as `max_pool3d`.
template <int Size = 2, auto... Option> struct average_pool3d {
  static constexpr std::string_view name = "average_pool3d";
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::detail::pool_volumes<average_pool_op, Size, Option...>(x, name, line); }
};

}  // namespace nn
}  // namespace tfx
