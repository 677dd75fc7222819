// SPDX-License-Identifier: Apache-2.0
// A build for any processor: what it compiles for each instruction set gives the bits of scalars.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include <tfx/tfx.hpp>

#include "guarded.hpp"

#if defined(TFX_SIMD_CHOOSES)

namespace {

using namespace tfx;

/// y[i] = f(x[i], x[i + 1]) over lanes V.
template <class T> struct every_operation {
  const T* x;
  T* y;
  int count;

  template <class V> TFX_INLINE void operator()() const {
    using L = lanes::lane<V>;
    for (int i = 0; i < count; i += lanes::traits<V>::width) {
      const L a = L::load(x + i), b = L::load(x + i + 1);
      const L roots = sqrt(abs(a)) / (b * b + 1) - a;
      const L sums = exp(-abs(a)) * tanh(b) + fma(a, b, roots);
      select(a < b || a == L(0), max(sums, b), min(round(sums), floor(a))).put(y + i);
    }
  }
};

/// Some lanes of a vector at the ends of x and y.
template <class T> struct first_lanes {
  const T* x;
  T* y;
  int n;

  template <class V> TFX_INLINE void operator()() const {
    constexpr int width = lanes::traits<V>::width;
    if (n > width) return;
    T loaded[width], joined[width];
    const V some = lanes::partial<V>::load(x, n);
    lanes::traits<V>::put(loaded, some);
    lanes::traits<V>::put(joined, lanes::partial<V>::first_of(some, lanes::traits<V>::splat(T(7)), n));
    lanes::partial<V>::put(y, some, n);
    for (int i = 0; i < width; ++i) {
      CHECK(loaded[i] == (i < n ? x[i] : T(0)));
      CHECK(joined[i] == (i < n ? x[i] : T(7)));
    }
    for (int i = 0; i < n; ++i) CHECK(y[i] == x[i]);
  }
};

template <class T> int differing(const std::vector<T>& x, const std::vector<T>& y) {
  int n = 0;
  for (std::size_t i = 0; i < x.size(); ++i)
    n += !(std::memcmp(&x[i], &y[i], sizeof(T)) == 0 || (x[i] != x[i] && y[i] != y[i]));
  return n;
}

}  // namespace

TEST_CASE_TEMPLATE("lanes of every instruction set that the machine has", T, float, double) {
  constexpr int count = 4096;
  std::vector<T> x(count + 1), wide(count), narrow(count);
  for (int i = 0; i <= count; ++i) x[std::size_t(i)] = T(std::sin(i * 1.7) * std::exp2(i % 40 - 20));
  x[17] = T(0);
  x[40] = std::numeric_limits<T>::quiet_NaN();
  x[41] = std::numeric_limits<T>::infinity();
  every_operation<T>{x.data(), narrow.data(), count}.template operator()<T>();
  for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set) {
    backend::simd<>::with_lanes<T>(every_operation<T>{x.data(), wide.data(), count}, set);
    CHECK(differing(wide, narrow) == 0);
  }
}

TEST_CASE_TEMPLATE("the first lanes of a vector, before a page that cannot be touched", T, float, double) {
  for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set)
    for (int n = 1; n <= 16; ++n) {
      test::guarded<T> from{std::size_t(n)}, to{std::size_t(n)};
      from.fill(1);
      backend::simd<>::with_lanes<T>(first_lanes<T>{from.data(), to.data(), n}, set);
    }
}

#else

TEST_CASE("lanes of every instruction set that the machine has") {
  std::puts("skipped: this build has one instruction set, chosen when it was compiled");
  std::exit(77);
}

#endif
