// SPDX-License-Identifier: Apache-2.0
// labels: native
// Square roots that are computed from an estimate are those of the processor.
#include <doctest/doctest.h>

#include <bit>
#include <cstdint>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/tfx.hpp>

namespace {

using namespace tfx;

/// How many of the floats first, first + step .. have another root than the scalar one.
struct different_roots {
  std::uint32_t first, step, count;
  int& different;

  template <class V> TFX_INLINE void operator()() const {
    using L = lanes::traits<V>;
    constexpr int width = L::width;
    float x[width], y[width];
    for (std::uint32_t i = 0; i < count; i += width) {
      for (int k = 0; k < width; ++k) x[k] = std::bit_cast<float>(first + step * (i + std::uint32_t(k)));
      L::put(y, L::sqrt(L::load(x)));
      for (int k = 0; k < width; ++k) {
        const float expected = __builtin_sqrtf(x[k]);
        different += expected == expected ? std::bit_cast<std::uint32_t>(y[k]) != std::bit_cast<std::uint32_t>(expected)
                                          : y[k] == y[k];
      }
    }
  }
};

int different_roots_of(std::uint32_t first, std::uint32_t step, std::uint32_t count) {
  int different = 0;
  const different_roots work{first, step, count, different};
#if defined(TFX_SIMD_CHOOSES)
  for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set)
    backend::simd<>::with_lanes<float>(work, set);
#else
  work.operator()<backend::simd<>::lanes<float>>();
#endif
  return different;
}

}  // namespace

TEST_CASE("the root of every number from 1 to 4") { CHECK(different_roots_of(0x3f800000, 1, 1 << 24) == 0); }

TEST_CASE("roots of numbers of every size, of infinity, of what is not a number and of what has no root") {
  CHECK(different_roots_of(0, 0x10001, 1 << 16) == 0);
  // Vectors of equal exponents: subnormal ones, and those where another way of computing begins and ends.
  for (const std::uint32_t exponent : {0u, 1u, 31u, 32u, 33u, 127u, 222u, 223u, 224u, 254u})
    CHECK(different_roots_of(exponent << 23, 0x137, 1 << 14) == 0);
}
