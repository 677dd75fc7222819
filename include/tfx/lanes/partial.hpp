// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/lane.hpp>

namespace tfx::lanes {

/// The first n of a vector's lanes in memory, be they numbers or the bits of integers: the ends of rows. Nothing beyond them is read or written; lanes that are not
/// loaded are 0. A backend with masked instructions specialises it.
template <class V> struct partial {
  using T = scalar_of<V>;
  static constexpr int width = traits<V>::width;

  static TFX_INLINE V load(const T* from, int n) {
    if (width == 1 || n == width) return traits<V>::load(from);
    return load_some(from, n);
  }
  static TFX_INLINE void put(T* to, V x, int n) {
    if (width == 1 || n == width) traits<V>::put(to, x);
    else put_some(to, x, n);
  }
  /// The first n lanes of x, then those of y.
  static TFX_INLINE V first_of(V x, V y, int n) {
    if constexpr (width == 1) return x;
    T t[width];
    traits<V>::put(t, y);
    put(t, x, n);
    return traits<V>::load(t);
  }

private:
  static V load_some(const T* from, int n) {
    T t[width] = {};
    for (int i = 0; i < n; ++i) __builtin_memcpy(t + i, from + i, sizeof(T));
    return traits<V>::load(t);
  }
  static void put_some(T* to, V x, int n) {
    T t[width];
    traits<V>::put(t, x);
    for (int i = 0; i < n; ++i) __builtin_memcpy(to + i, t + i, sizeof(T));
  }
};

/// The lanes of a vector combined into one: halves, quarters and so on.
template <class F, class V, int Half = traits<V>::width / 2> TFX_INLINE scalar_of<V> halved(lane<V> x) {
  if constexpr (Half > 0) return halved<F, V, Half / 2>(F::combine(x, lane<V>(traits<V>::template down<Half>(x.v))));
  else if constexpr (traits<V>::width == 1) return x.v;
  else return traits<V>::first(x.v);
}

}  // namespace tfx::lanes
