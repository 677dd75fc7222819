// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/core/random.hpp>
#include <tfx/lanes/quantile.hpp>
#include <tfx/lanes/traits.hpp>

namespace tfx::lanes {

/// How many Philox blocks are computed at once by a backend; a SIMD backend specialises it for its lanes.
template <class V> struct block_generator {
  static constexpr int blocks = 1;
  TFX_HD static TFX_INLINE constexpr void put(const random_stream& stream, std::uint64_t block, int plane,
                                              std::uint32_t* out) {
    const philox_words words = stream.words(block, plane);
    for (int i = 0; i < 4; ++i) out[i] = words.w[i];
  }
};

/// The words of elements [first, first + count) of a stream, in ascending order. V is the lane type of the caller.
template <lane_value V> TFX_HD constexpr void random_words(const random_stream& stream, std::uint64_t first, int count,
                                                           std::uint32_t* out, int plane = 0) {
  using generator = block_generator<V>;
  int done = 0;
  while (done < count) {
    const std::uint64_t element = first + std::uint64_t(done);
    const int within = int(element % 4);
    if (within == 0 && count - done >= 4 * generator::blocks) {
      generator::put(stream, element / 4, plane, out + done);
      done += 4 * generator::blocks;
      continue;
    }
    const philox_words block = stream.words(element / 4, plane);
    for (int i = within; i < 4 && done < count; ++i) out[done++] = block.w[i];
  }
}

/// `make(high, low)` of the random words of `width` consecutive elements; a float needs no low ones.
template <floating_lane V, class Make> TFX_HD constexpr V from_random_words(const random_stream& stream, std::uint64_t first, Make make) {
  using L = traits<V>;
  using T = scalar_of<V>;
  std::uint32_t high[L::width] = {}, low[L::width] = {};
  T x[L::width] = {};
  random_words<V>(stream, first, L::width, high);
  if constexpr (sizeof(T) == 8) random_words<V>(stream, first, L::width, low, 1);
  for (int i = 0; i < L::width; ++i) x[i] = make(high[i], low[i]);
  return L::load(x);
}

/// Uniform numbers on [0, 1) for `width` consecutive elements.
template <floating_lane V> TFX_HD constexpr V uniform(const random_stream& stream, std::uint64_t first) {
  return from_random_words<V>(stream, first, [](std::uint32_t high, std::uint32_t low) { return unit_interval<scalar_of<V>>(high, low); });
}

/// Standard normal numbers for `width` consecutive elements, by inversion: one word (double: two) per number.
template <floating_lane V> TFX_HD constexpr V normal(const random_stream& stream, std::uint64_t first) {
  return math::normal_quantile(from_random_words<V>(stream, first, [](std::uint32_t high, std::uint32_t low) { return open_interval<scalar_of<V>>(high, low); }));
}

}  // namespace tfx::lanes
