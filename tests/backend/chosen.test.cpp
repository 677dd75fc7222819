// SPDX-License-Identifier: Apache-2.0
// A build for any processor: kernels compiled for AVX2 in it give the bits of scalars.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

#include <tfx/tfx.hpp>

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

}  // namespace

TEST_CASE_TEMPLATE("lanes of the machine's vectors", T, float, double) {
  constexpr int count = 4096;
  std::vector<T> x(count + 1), wide(count), narrow(count);
  for (int i = 0; i <= count; ++i) x[std::size_t(i)] = T(std::sin(i * 1.7) * std::exp2(i % 40 - 20));
  x[17] = T(0);
  x[40] = std::numeric_limits<T>::quiet_NaN();
  x[41] = std::numeric_limits<T>::infinity();
  backend::simd<>::with_lanes<T>(every_operation<T>{x.data(), wide.data(), count});
  every_operation<T>{x.data(), narrow.data(), count}.template operator()<T>();
  int differing = 0;
  for (int i = 0; i < count; ++i) {
    const T a = wide[std::size_t(i)], b = narrow[std::size_t(i)];
    differing += !(std::memcmp(&a, &b, sizeof(T)) == 0 || (a != a && b != b));
  }
  CHECK(differing == 0);
}

#endif
