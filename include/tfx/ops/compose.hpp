// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/gather.hpp>

namespace tfx {

// Rearrangements made of others: no rules of their own.

namespace detail {
template <class S, int Axis> struct squeezed {
  static constexpr dims value = [] {
    dims d{};
    for (int i = 0; i < S::value.rank; ++i)
      if (i != Axis) d.extent[d.rank++] = S::value.extent[i];
    d.bounded = S::value.bounded && Axis != 0;
    return d;
  }();
};
template <class S, int... Times> struct tiled {
  static constexpr dims value = [] {
    constexpr int times[] = {Times...};
    dims d = S::value;
    for (int i = 0; i < d.rank; ++i) d.extent[i] *= times[i];
    return d;
  }();
  /// Every axis with one for its copies before it.
  static constexpr dims spread(bool repeated) {
    constexpr int times[] = {Times...};
    dims d{};
    for (int i = 0; i < S::value.rank; ++i) {
      d.extent[d.rank++] = repeated ? times[i] : 1;
      d.extent[d.rank++] = S::value.extent[i];
    }
    return d;
  }
};
}  // namespace detail

/// Axis `Axis`, of extent 1, goes.
template <int Axis, class S, class T> constexpr auto squeeze(var<S, T> x, source_line at = {}) {
  if constexpr (Axis >= 0 && Axis < S::value.rank && S::value.extent[Axis < S::value.rank ? Axis : 0] == 1) {
    using R = detail::squeezed<S, Axis>;
    return var<to_shape<R>, T>{reshape(x.h, R::value)};
  } else {
    x.h.graph->line = at.value;
    x.h.graph->complain("squeeze", at_path{}, ": axis ", Axis, " of ", S::value, " is not of extent 1");
    return x;
  }
}

/// Tensors of one shape as the rows of a new axis `Axis`.
template <int Axis = 0, class S, class T, class... Rest> constexpr auto stack(var<S, T> x, var<Rest, T>... rest) {
  const source_line here{x.h.graph->line};
  return concatenate<Axis>(expand_dims<Axis>(x, here), expand_dims<Axis>(rest, here)...);
}

/// x repeated `Times` along each axis.
template <int... Times, class S, class T> constexpr auto tile(var<S, T> x) {
  static_assert(sizeof...(Times) == std::size_t(S::value.rank) && S::value.rank <= max_rank / 2 && !S::value.bounded,
                "tfx::tile: one number for each axis, at most three axes, no batch");
  static_assert((... && (Times > 0)), "tfx::tile: an axis is repeated at least once");
  using R = detail::tiled<S, Times...>;
  return var<to_shape<R>, T>{reshape(broadcast_to(reshape(x.h, R::spread(false)), R::spread(true)), R::value)};
}

/// The element of each row (last axis) that an index names; NaN where the index is out of range.
///
/// Shape      x: [I..., N], index: I (integers)  ->  I
/// Gradient   dx: dy at the index, 0 elsewhere
template <class S, class T, class I, class J> constexpr auto take_along_last(var<S, T> x, var<I, J> index) {
  constexpr int last = S::value.rank - 1;
  static_assert(last >= 0, "tfx::take_along_last: a number has no axis");
  constexpr int n = S::value.extent[last < 0 ? 0 : last];
  return sum<last>(where(one_hot<n>(index), x, 0)) * var<I>{detail::one_if_in_range(index.h, n)};
}

}  // namespace tfx
