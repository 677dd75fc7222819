// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/backend/simd/lanes.hpp>
#include <tfx/lanes/random.hpp>

/// Philox blocks in SIMD registers: one block per 64-bit lane. Only the lower half of a lane counts, which is what
/// the widening multiplication reads; xsimd has no name for that instruction. With registers of two lanes plain code
/// is faster.
namespace tfx::lanes {
namespace detail {

#if defined(__AVX512F__)
struct wide_512 {
  using word = __m512i;
  static constexpr int blocks = 8;
  static TFX_INLINE word splat(std::uint64_t x) { return _mm512_set1_epi64(static_cast<long long>(x)); }
  static TFX_INLINE word mul(word a, word b) { return _mm512_mul_epu32(a, b); }
  static TFX_INLINE word high(word a) { return _mm512_srli_epi64(a, 32); }
  static TFX_INLINE word up(word a) { return _mm512_slli_epi64(a, 32); }
  static TFX_INLINE word mix(word a, word b, word c) { return _mm512_xor_si512(_mm512_xor_si512(a, b), c); }
  static TFX_INLINE word join(word low, word high) { return _mm512_mask_blend_epi32(0xaaaa, low, up(high)); }
  static TFX_INLINE word count(std::uint64_t from) {
    return _mm512_add_epi64(splat(from), _mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0));
  }
  /// Lane 0 of first, lane 0 of second, lane 1 of first, ...
  static TFX_INLINE void interleave(std::uint32_t* out, word first, word second) {
    const word lower = _mm512_set_epi64(11, 3, 10, 2, 9, 1, 8, 0), upper = _mm512_set_epi64(15, 7, 14, 6, 13, 5, 12, 4);
    _mm512_storeu_si512(out, _mm512_permutex2var_epi64(first, lower, second));
    _mm512_storeu_si512(out + 16, _mm512_permutex2var_epi64(first, upper, second));
  }
};
#endif
#if defined(__AVX2__)
struct wide_256 {
  using word = __m256i;
  static constexpr int blocks = 4;
  static TFX_INLINE word splat(std::uint64_t x) { return _mm256_set1_epi64x(static_cast<long long>(x)); }
  static TFX_INLINE word mul(word a, word b) { return _mm256_mul_epu32(a, b); }
  static TFX_INLINE word high(word a) { return _mm256_srli_epi64(a, 32); }
  static TFX_INLINE word up(word a) { return _mm256_slli_epi64(a, 32); }
  static TFX_INLINE word mix(word a, word b, word c) { return _mm256_xor_si256(_mm256_xor_si256(a, b), c); }
  static TFX_INLINE word join(word low, word high) { return _mm256_blend_epi32(low, up(high), 0xaa); }
  static TFX_INLINE word count(std::uint64_t from) {
    return _mm256_add_epi64(splat(from), _mm256_set_epi64x(3, 2, 1, 0));
  }
  static TFX_INLINE void interleave(std::uint32_t* out, word first, word second) {
    const word even = _mm256_unpacklo_epi64(first, second), odd = _mm256_unpackhi_epi64(first, second);
    auto* to = reinterpret_cast<__m256i*>(out);
    _mm256_storeu_si256(to, _mm256_permute2x128_si256(even, odd, 0x20));
    _mm256_storeu_si256(to + 1, _mm256_permute2x128_si256(even, odd, 0x31));
  }
};
#endif
template <class Wide> struct wide_generator {
  using word = typename Wide::word;
  static constexpr int blocks = Wide::blocks;

  static TFX_INLINE void put(const random_stream& stream, std::uint64_t block, int plane, std::uint32_t* out) {
    const philox_words counter = stream.counter(0, plane);
    word a = Wide::count(block);
    word b = Wide::mix(Wide::high(a), Wide::splat(counter.w[1]), Wide::splat(0));  // the two have no bits in common
    word c = Wide::splat(counter.w[2]), d = Wide::splat(counter.w[3]);
    std::uint32_t key_lo = std::uint32_t(stream.seed), key_hi = std::uint32_t(stream.seed >> 32);
    for (int round = 0; round < 10; ++round) {
      const word p = Wide::mul(a, Wide::splat(0xD2511F53u)), q = Wide::mul(c, Wide::splat(0xCD9E8D57u));
      a = Wide::mix(Wide::high(q), b, Wide::splat(key_lo));
      b = q;
      c = Wide::mix(Wide::high(p), d, Wide::splat(key_hi));
      d = p;
      key_lo += 0x9E3779B9u;
      key_hi += 0xBB67AE85u;
    }
    Wide::interleave(out, Wide::join(a, b), Wide::join(c, d));
  }
};

}  // namespace detail

#if defined(__AVX512F__)
template <class T, class Arch>
requires(xsimd::batch<T, Arch>::size * sizeof(T) == 64) struct block_generator<xsimd::batch<T, Arch>>
    : detail::wide_generator<detail::wide_512> {
};
#endif
#if defined(__AVX2__)
template <class T, class Arch>
requires(xsimd::batch<T, Arch>::size * sizeof(T) == 32) struct block_generator<xsimd::batch<T, Arch>>
    : detail::wide_generator<detail::wide_256> {
};
#endif

}  // namespace tfx::lanes
