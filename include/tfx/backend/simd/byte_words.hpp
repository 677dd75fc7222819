// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/tile_set.hpp>
#include <tfx/core/config.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {

template <class Word> struct word_of_terms;
template <> struct word_of_terms<four_bytes> {
  using part = std::uint8_t;
  static constexpr int terms = 4;
};
template <> struct word_of_terms<two_halves> {
  using part = std::int16_t;
  static constexpr int terms = 2;
};
template <> struct word_of_terms<one_word> {
  using part = std::int32_t;
  static constexpr int terms = 1;
};
/// A byte as a part of a word; those of the left operand without a sign, 128 larger.
template <class Word, bool Left> TFX_INLINE typename word_of_terms<Word>::part part_of(std::int8_t x) {
  constexpr bool biased = Left && word_of_terms<Word>::terms == 4;
  return typename word_of_terms<Word>::part(biased ? x ^ -128 : x);
}

typedef std::int8_t byte_vector __attribute__((vector_size(16)));
typedef std::int16_t half_vector __attribute__((vector_size(16)));

/// 16 columns of so many rows of bytes as words, without a bias.
template <class Word> TFX_INLINE void interleave(const std::int8_t* from, std::ptrdiff_t row, char* to) {
  constexpr int terms = word_of_terms<Word>::terms;
  byte_vector rows[terms];
  for (int t = 0; t < terms; ++t) __builtin_memcpy(rows + t, from + t * row, 16);
  const auto low = [](byte_vector a, byte_vector b) { return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); };
  const auto high = [](byte_vector a, byte_vector b) { return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); };
  half_vector made[4];
  if constexpr (terms == 4) {
    const half_vector a[] = {half_vector(low(rows[0], rows[1])), half_vector(high(rows[0], rows[1]))};
    const half_vector b[] = {half_vector(low(rows[2], rows[3])), half_vector(high(rows[2], rows[3]))};
    for (int i = 0; i < 2; ++i) {
      made[2 * i] = __builtin_shufflevector(a[i], b[i], 0, 8, 1, 9, 2, 10, 3, 11);
      made[2 * i + 1] = __builtin_shufflevector(a[i], b[i], 4, 12, 5, 13, 6, 14, 7, 15);
    }
  } else {
    const byte_vector pairs[] = {low(rows[0], rows[1]), high(rows[0], rows[1])}, none{};
    for (int i = 0; i < 2; ++i) {
      made[2 * i] = half_vector(low(none, pairs[i])) >> 8;
      made[2 * i + 1] = half_vector(high(none, pairs[i])) >> 8;
    }
  }
  for (int i = 0; i < 4; ++i) __builtin_memcpy(to + 16 * i, made + i, 16);
}

/// Rows of a matrix of bytes, several together, as words: to[k / terms][n] has the elements k and following of column n.
template <class T, class Word, bool Left>
__attribute__((noinline)) void pack_bytes(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, int pitch) {
  constexpr int terms = word_of_terms<Word>::terms;
  using part = typename word_of_terms<Word>::part;
  const std::int8_t* from = static_cast<const std::int8_t*>(source);
  for (int k = 0; k < depth; k += terms, from += terms * row, to += pitch) {
    int n = 0;
    if constexpr (terms > 1 && !(Left && terms == 4)) {
      if (k + terms <= depth)
        for (; n + 16 <= cols; n += 16) interleave<Word>(from + n, row, reinterpret_cast<char*>(to + n));
    }
    for (; n < pitch; ++n) {
      part word[terms] = {};
      for (int t = 0; t < terms && k + t < depth && n < cols; ++t) word[t] = part_of<Word, Left>(from[t * row + n]);
      __builtin_memcpy(to + n, word, sizeof word);
    }
  }
}
/// Lines of a matrix of bytes as lines of words.
template <class T, class Word, bool Left>
__attribute__((noinline)) void pack_lines_of_bytes(const void* source, std::ptrdiff_t row, int lines, int depth, T* to, int pitch) {
  constexpr int terms = word_of_terms<Word>::terms;
  using part = typename word_of_terms<Word>::part;
  const std::int8_t* from = static_cast<const std::int8_t*>(source);
  for (; lines > 0; --lines, from += row, to += pitch) {
    char* const line = reinterpret_cast<char*>(to);
    int k = 0;
    if constexpr (terms == 4) {
      typedef std::uint64_t eight __attribute__((vector_size(16)));
      for (; k + 16 <= depth; k += 16) {
        eight x;
        __builtin_memcpy(&x, from + k, 16);
        if constexpr (Left) x ^= 0x8080808080808080u;
        __builtin_memcpy(line + k, &x, 16);
      }
    }
    for (; k < round_up(depth, terms); ++k) {
      const part x = k < depth ? part_of<Word, Left>(from[k]) : part(0);
      __builtin_memcpy(line + k * int(sizeof x), &x, sizeof x);
    }
  }
}
/// A transposed matrix of bytes as words.
template <class T, class Word>
__attribute__((noinline)) void transpose_bytes(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, std::ptrdiff_t pitch,
                                               int filled) {
  constexpr int terms = word_of_terms<Word>::terms;
  const std::int8_t* const from = static_cast<const std::int8_t*>(source);
  for (int n = 0; n < filled; ++n)
    for (int k = 0; k < depth; k += terms) {
      typename word_of_terms<Word>::part word[terms] = {};
      for (int t = 0; t < terms && k + t < depth && n < cols; ++t) word[t] = part_of<Word, false>(from[n * row + k + t]);
      __builtin_memcpy(to + k / terms * pitch + n, word, sizeof word);
    }
}
template <class T, class Word, bool Left> inline constexpr packed_operand<T> bytes_operand = {
    &pack_bytes<T, Word, Left>, &pack_lines_of_bytes<T, Word, Left>, &transpose_bytes<T, Word>, 1, false};

/// Sums of integers, one term at a time.
template <class T> void portable_tile_of_integers(const tile_call<T>& call) {
  for (int i = 0; i < call.rows; ++i)
    for (int j = 0; j < call.cols; ++j) {
      const auto word = [](const T* at) { return std::uint32_t(reinterpret_cast<const one_word*>(at)->word); };
      T* const c = call.c + i * call.c_row + j;
      std::uint32_t sum = call.resume ? word(c) : 0;
      for (int k = 0; k < call.depth; ++k) sum += word(call.a + k * call.a_step + i * call.a_row) * word(call.b + k * call.b_step + j);
      __builtin_memcpy(c, &sum, sizeof sum);
    }
}

}  // namespace detail

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
