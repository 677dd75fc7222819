// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/byte_words.hpp>
#include <tfx/backend/simd/matrix_unit.hpp>
#include <tfx/backend/simd/tile.hpp>

#if defined(TFX_SIMD_HAS_MATRIX_UNIT)

namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {
/// Registers of 16 words of bfloat16. No template: g++ 12 takes no vectors that depend on one.
struct words_of_bfloat16 {
  typedef std::uint16_t vector __attribute__((vector_size(64)));
  typedef std::uint16_t stored __attribute__((vector_size(64), aligned(2), may_alias));
  typedef std::uint16_t half __attribute__((vector_size(32)));

  TFX_AVX512 TFX_INLINE static vector load(const void* p) { return *static_cast<const stored*>(p); }
  TFX_AVX512 TFX_INLINE static void store(void* p, vector x) { *static_cast<stored*>(p) = x; }
  /// Words of an element of each of two rows.
  TFX_AVX512 TFX_INLINE static vector interleave(const void* a, const void* b) {
    half x, y;
    __builtin_memcpy(&x, a, sizeof x);
    __builtin_memcpy(&y, b, sizeof y);
    return __builtin_shufflevector(x, y, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  }
  /// Sizes as integers, less one: of 0 the largest.
  TFX_AVX512 TFX_INLINE static vector lesser_sizes(vector x, vector than) {
    const vector sizes = (x & std::uint16_t(0x7fff)) - std::uint16_t(1);
    return sizes < than ? sizes : than;
  }
};
}  // namespace detail

/// An operand as the matrix unit reads it: strips of 16 lines, which are rows of A or columns of B. A strip has what is known of
/// its elements, and then a register after the other along the depth, zero behind the last term: of A with the words of a line
/// side by side, of B with those of all lines side by side.
template <class E> struct matrix_unit_strips {
  static constexpr int lines = matrix_unit::lines, terms = matrix_unit::terms<E>, depth_of_register = matrix_unit::words * terms;
  static constexpr int head = 16;   ///< words
  /// Registers along the depth, and words of a strip.
  static constexpr int steps(int depth) { return divide_up(depth, depth_of_register); }
  static constexpr std::ptrdiff_t size(int depth) { return head + std::ptrdiff_t(steps(depth)) * matrix_unit::register_words; }

  const E* from;
  std::ptrdiff_t line, term;   ///< elements from one to the next: one of the two is 1
  int depth;
  bool of_left;                ///< A

  /// Packs so many lines, those that are missing in the last strip as zero.
  TFX_AVX512 __attribute__((noinline)) void pack(int count, float* to) const {
    const std::ptrdiff_t strip = size(depth);
    for (int first = 0; first < count; first += lines) __builtin_memset(to + first / lines * strip, 0xff, head * sizeof(float));
    // In the order of memory: some lines along the depth, or all of them, a part of the depth after the other.
    const int together = term == 1 ? lines : round_up(count, lines);
    for (int from_line = 0; from_line < count; from_line += together)
      for (int step = 0; step < steps(depth); ++step)
        for (int first = from_line; first < lesser_of(from_line + together, count); first += lines) {
          float* const at = to + first / lines * strip;
          pack_register(step * depth_of_register, first, lesser_of(count - first, lines), at, at + head + step * matrix_unit::register_words);
        }
    for (int first = 0; first < count; first += lines) close(to + first / lines * strip);
  }

  /// The unit takes denormals for zero. That is not to be seen where all products of two elements are multiples of the least
  /// number that is none, and so is every sum of them: the exponents of a bfloat16 and of its last bit differ by 7.
  static bool fits(const float* left, const float* right) {
    constexpr int bias = 127, least = -126;
    return sizeof(E) == 1 || exponent(left) + exponent(right) >= least + 2 * 7 + 2 * bias;
  }

 private:
  using vectors = detail::words_of_bfloat16;

  /// Elements of a register from `k` and `first` on.
  TFX_AVX512 TFX_INLINE void pack_register(int k, int first, int count, float* strip, float* to) const {
    const E* at = from + first * line + k * term;
    std::ptrdiff_t row = term == 1 ? line : term;
    const int present = lesser_of(depth - k, depth_of_register);
    alignas(64) unsigned char part[4 * matrix_unit::register_words];
    if (count < lines || present < depth_of_register) {
      at = copy_part(at, count, present, part);
      row = term == 1 ? depth_of_register : lines;
    }
    const bool exchanges = (term == 1) != of_left;
    alignas(64) float exchanged[matrix_unit::register_words];
    float* const words = exchanges ? exchanged : to;
    auto least = vectors::load(strip);
    for (int i = 0; i < 16; ++i) {
      float* const word = words + 16 * i;
      if (term == 1) vectors::store(word, vectors::load(at + i * row));
      else if constexpr (terms == 4) detail::interleave<four_bytes>(at + i * 4 * row, row, reinterpret_cast<char*>(word));
      else vectors::store(word, vectors::interleave(at + 2 * i * row, at + (2 * i + 1) * row));
      if constexpr (terms == 2) least = vectors::lesser_sizes(vectors::load(word), least);
    }
    vectors::store(strip, least);
    if (exchanges) exchange(exchanged, to);
  }
  /// Lines of words become words of lines.
  TFX_AVX512 static void exchange(const float* words, float* to) {
    const float* const at[4] = {words, words + 4 * 16, words + 8 * 16, words + 12 * 16};
    typename avx512::lanes<float>::vector column[16];
    avx512::lanes<float>::columns(at, 16, column);
    for (int i = 0; i < 16; ++i) avx512::lanes<float>::store(to + 16 * i, column[i]);
  }
  TFX_COLD const E* copy_part(const E* at, int count, int present, unsigned char* part) const {
    __builtin_memset(part, 0, 4 * matrix_unit::register_words);
    const bool along = term == 1;
    const int rows = along ? count : present, cols = along ? present : count, row = along ? depth_of_register : lines;
    for (int i = 0; i < rows; ++i) __builtin_memcpy(part + i * row * int(sizeof(E)), at + i * (along ? line : term), sizeof(E) * std::size_t(cols));
    return reinterpret_cast<const E*>(part);
  }

  /// The least exponent of an element that is not 0; far below all others that of a denormal.
  static void close(float* strip) {
    std::uint16_t sizes[32];
    __builtin_memcpy(sizes, strip, sizeof sizes);
    int least = 0xffff;
    for (const std::uint16_t size : sizes) least = lesser_of(least, size);
    const std::int32_t exponent = (least + 1) >> 7 == 0 ? -1000 : (least + 1) >> 7;
    __builtin_memcpy(strip, &exponent, sizeof exponent);
  }
  static int exponent(const float* strip) {
    std::int32_t x;
    __builtin_memcpy(&x, strip, sizeof x);
    return x;
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD

#endif
