// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/generate.hpp>
#include <tfx/ops/interpolation.hpp>
#include <tfx/ops/math.hpp>

namespace tfx {

namespace detail {
template <class S, int Axis, int Factor> struct longer {
  static constexpr dims value = [] {
    dims d = S::value;
    d.extent[Axis] *= Factor;
    return d;
  }();
};
/// With an axis of extent `count` behind axis `Axis`.
template <class S, int Axis> constexpr dims with_axis_behind(int count) {
  dims d = S::value;
  ++d.rank;
  for (int i = d.rank - 1; i > Axis + 1; --i) d.extent[i] = d.extent[i - 1];
  d.extent[Axis + 1] = count;
  return d;
}
template <int Axis, int Factor, class S> inline constexpr bool can_be_longer = Factor > 0 && S::value.rank < max_rank && is_free_axis(S::value, Axis);
}  // namespace detail

/// `Factor` copies of each element along axis `Axis`, one behind the other.
///
/// Gradient   the sum over the copies
template <int Axis, int Factor, class S, class T> constexpr auto upsample_nearest(var<S, T> x, source_line at = {}) {
  if constexpr (!detail::can_be_longer<Axis, Factor, S>) {
    detail::complain_axis(x, "upsample_nearest", Axis, at);
    return x;
  } else {
    using R = detail::longer<S, Axis, Factor>;
    const handle one = reshape(x.h, detail::with_axis_behind<S, Axis>(1));
    return var<to_shape<R>, T>{reshape(broadcast_to(one, detail::with_axis_behind<S, Axis>(Factor)), R::value)};
  }
}

/// `Factor` times as many elements along axis `Axis`, on straight lines between the centres of the old ones, and beyond the first
/// and the last of these as they are.
///
///     y_(Factor i + r) = (1 - |t|) x_i + max(-t, 0) x_(i - 1) + max(t, 0) x_(i + 1),   t = (r + 1/2) / Factor - 1/2
///
/// Gradient   the same weights
template <int Axis, int Factor, class S, class T> constexpr auto upsample_linear(var<S, T> x, source_line at = {}) {
  if constexpr (!detail::can_be_longer<Axis, Factor, S>) {
    detail::complain_axis(x, "upsample_linear", Axis, at);
    return x;
  } else {
    using R = detail::longer<S, Axis, Factor>;
    constexpr int last = S::value.extent[Axis] - 1;
    const auto before = [&] {
      if constexpr (last > 0) return concatenate<Axis>(slice<Axis, 0, 1>(x), slice<Axis, 0, last>(x));
      else return x;
    }();
    const auto behind = [&] {
      if constexpr (last > 0) return concatenate<Axis>(slice<Axis, 1, last + 1>(x), slice<Axis, last, last + 1>(x));
      else return x;
    }();
    const auto line = [](auto v) { return reshape(v.h, detail::with_axis_behind<S, Axis>(1)); };
    dims copies{S::value.rank - Axis, {Factor, 1, 1, 1, 1, 1}, false};
    const handle r = reshape(detail::as_number(column_index(*x.h.graph, dims{1, {Factor}, false})), copies);
    const handle t = (r + 0.5) * (1.0 / Factor) - 0.5;
    return var<to_shape<R>>{reshape(line(x) * (1 - abs(t)) + line(before) * maximum(-t, 0) + line(behind) * maximum(t, 0), R::value)};
  }
}

}  // namespace tfx
