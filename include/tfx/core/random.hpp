// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <tfx/core/config.hpp>

namespace tfx {

struct philox_words {
  std::uint32_t w[4] = {};
  constexpr bool operator==(const philox_words&) const = default;
};

/// Philox4x32-10: 128 random bits as a function of a counter and a key. There is no state: any element of any stream
/// is computed directly, so a backward pass regenerates a mask instead of storing it, and threads need no generators
/// of their own.
///
/// Source     Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"
TFX_HD TFX_INLINE constexpr philox_words philox(philox_words counter, std::uint32_t key_lo, std::uint32_t key_hi) {
  std::uint32_t a = counter.w[0], b = counter.w[1], c = counter.w[2], d = counter.w[3];
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p = std::uint64_t(0xD2511F53u) * a, q = std::uint64_t(0xCD9E8D57u) * c;
    a = std::uint32_t(q >> 32) ^ b ^ key_lo;
    b = std::uint32_t(q);
    c = std::uint32_t(p >> 32) ^ d ^ key_hi;
    d = std::uint32_t(p);
    key_lo += 0x9E3779B9u;
    key_hi += 0xBB67AE85u;
  }
  return {{a, b, c, d}};
}

/// The random numbers of one place in a program (`site`: a dropout layer, a parameter) in one step.
///
/// Element e has word e % 4 of the block
///
///     key      seed (low word, high word)
///     counter  0: e / 4, low 32 bits
///              1: e / 4, next 14 bits | plane << 14 | step, bits 32 to 47 << 16
///              2: step, low 32 bits
///              3: site
///
/// with e < 2^48 and step < 2^48. Plane 0 has what everybody uses; a double takes its lower bits from plane 1, so
/// that a program draws the same numbers in float and in double up to rounding.
struct random_stream {
  std::uint64_t seed = 0, step = 0;
  std::uint32_t site = 0;

  TFX_HD TFX_INLINE constexpr philox_words counter(std::uint64_t block, int plane = 0) const {
    const auto high =
        std::uint32_t((block >> 32) & 0x3fffu) | std::uint32_t(plane) << 14 | std::uint32_t(step >> 32) << 16;
    return {{std::uint32_t(block), high, std::uint32_t(step), site}};
  }
  /// The words of elements 4 block ... 4 block + 3.
  TFX_HD TFX_INLINE constexpr philox_words words(std::uint64_t block, int plane = 0) const {
    return philox(counter(block, plane), std::uint32_t(seed), std::uint32_t(seed >> 32));
  }
  TFX_HD TFX_INLINE constexpr std::uint32_t word(std::uint64_t element, int plane = 0) const {
    return words(element / 4, plane).w[element % 4];
  }
};

/// A number in [0, 1) from 24 bits (float) or 53 (double, of which the lower ones come from the second word).
template <class T> TFX_HD TFX_INLINE constexpr T unit_interval(std::uint32_t high, std::uint32_t low = 0) {
  if constexpr (sizeof(T) == 4)
    return T(high >> 8) * T(0x1p-24);
  else
    return T((std::uint64_t(high) << 32 | low) >> 11) * T(0x1p-53);
}

/// As `unit_interval`, in the open interval (0, 1) and symmetric about 1/2: the middles of 2^23 or 2^52 equal parts.
template <class T> TFX_HD TFX_INLINE constexpr T open_interval(std::uint32_t high, std::uint32_t low = 0) {
  if constexpr (sizeof(T) == 4)
    return (T(high >> 9) + T(0.5)) * T(0x1p-23);
  else
    return (T((std::uint64_t(high) << 32 | low) >> 12) + T(0.5)) * T(0x1p-52);
}

/// Uniform on [0, 1).
template <class T> TFX_HD TFX_INLINE constexpr T uniform01(const random_stream& stream, std::uint64_t element) {
  static_assert(std::is_floating_point_v<T>);
  const std::uint32_t high = stream.word(element);
  if constexpr (sizeof(T) == 4)
    return unit_interval<T>(high);
  else
    return unit_interval<T>(high, stream.word(element, 1));
}

/// A 32-bit name for a path such as "encoder/dense/weight", to be used as a site (FNV-1a).
constexpr std::uint32_t site_of(const char* text, int length) {
  std::uint32_t hash = 2166136261u;
  for (int i = 0; i < length; ++i) hash = (hash ^ std::uint32_t(static_cast<unsigned char>(text[i]))) * 16777619u;
  return hash;
}

}  // namespace tfx
