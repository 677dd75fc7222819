// SPDX-License-Identifier: Apache-2.0
// 512-bit lanes for tile.inl. Compiler builtins, because <immintrin.h> costs more compile time than all kernels
// together.

template <class T> struct lanes;

template <> struct lanes<float> {
  typedef float vector __attribute__((vector_size(64)));
  typedef float stored __attribute__((vector_size(64), aligned(4), may_alias));
  typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
  using mask = std::uint16_t;
  static constexpr int count = 16;

  TFX_TARGET TFX_INLINE static mask first(int n) { return mask(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1); }
  TFX_TARGET TFX_INLINE static vector splat(float x) { return vector{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }
  TFX_TARGET TFX_INLINE static vector load(const float* p) { return *reinterpret_cast<const stored*>(p); }
  TFX_TARGET TFX_INLINE static void store(float* p, vector v) { *reinterpret_cast<stored*>(p) = v; }
  TFX_TARGET TFX_INLINE static vector load_part(const float* p, mask m) {
    return __builtin_ia32_loadups512_mask(p, vector{}, m);
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const float* p, mask m) { return load_part(p, m); }
  typedef short halves __attribute__((vector_size(32)));
  typedef short stored_halves __attribute__((vector_size(32), aligned(2), may_alias));
  typedef int words __attribute__((vector_size(64)));
  TFX_TARGET TFX_INLINE static vector widen(halves x) {
#if defined(__clang__)
    typedef unsigned short bits __attribute__((vector_size(32)));
    return vector(__builtin_convertvector(bits(x), words) << 16);
#else
    return vector(__builtin_ia32_pmovzxwd512_mask(x, words{}, mask(-1)) << 16);
#endif
  }
  TFX_TARGET TFX_INLINE static vector load(const bfloat16* p) { return widen(*reinterpret_cast<const stored_halves*>(p)); }
  TFX_TARGET TFX_INLINE static vector load_part(const bfloat16* p, mask m) {
    halves x{};
    for (int i = 0; i < count; ++i)
      if ((m >> i & 1) != 0) x[i] = short(p[i].bits);
    return widen(x);
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const bfloat16* p, mask m) { return load_part(p, m); }
  TFX_TARGET TFX_INLINE static void store_part(float* p, vector v, mask m) { __builtin_ia32_storeups512_mask(p, v, m); }
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) {
    return __builtin_ia32_vfmaddps512_mask(a, b, c, mask(-1), 4);
  }

  /// One vector of four quads, one of each group of four rows.
  TFX_TARGET TFX_INLINE static vector rows(const float* const (&at)[4], std::ptrdiff_t offset) {
    const quad q0 = *reinterpret_cast<const quad*>(at[0] + offset), q1 = *reinterpret_cast<const quad*>(at[1] + offset);
    const quad q2 = *reinterpret_cast<const quad*>(at[2] + offset), q3 = *reinterpret_cast<const quad*>(at[3] + offset);
    return joined_quads(q0, q1, q2, q3);
  }
  TFX_TARGET TFX_INLINE static void columns(const float* const (&at)[4], std::ptrdiff_t row, vector (&to)[4]) {
    exchange(rows(at, 0), rows(at, row), rows(at, 2 * row), rows(at, 3 * row), to);
  }
  /// The same of all elements of a vector: each line is read at once, also where all of them fall into the same sets.
  TFX_TARGET TFX_INLINE static void columns(const float* const (&at)[4], std::ptrdiff_t row, vector (&to)[16]) {
#pragma GCC unroll 2
    for (int from = 0; from < 16; from += 8) {
      vector part[2][4];  // of two groups of rows, in part j columns j and 4 + j
#pragma GCC unroll 2
      for (int pair = 0; pair < 2; ++pair) {
        const float *const upper = at[2 * pair] + from, *const lower = at[2 * pair + 1] + from;
        exchange(joined(upper, lower), joined(upper + row, lower + row), joined(upper + 2 * row, lower + 2 * row),
                 joined(upper + 3 * row, lower + 3 * row), part[pair]);
      }
#pragma GCC unroll 4
      for (int j = 0; j < 4; ++j) {
        to[from + j] = __builtin_shufflevector(part[0][j], part[1][j], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27);
        to[from + 4 + j] =
            __builtin_shufflevector(part[0][j], part[1][j], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
      }
    }
  }

  /// One to four vectors of results as columns.
  template <int Count>
  TFX_TARGET TFX_INLINE static void store_down(float* to, std::ptrdiff_t row, const vector (&column)[Count][1]) {
    vector quads[4];
    exchange(column[0][0], column[Count > 1 ? 1 : 0][0], column[Count > 2 ? 2 : 0][0], column[Count > 3 ? 3 : 0][0], quads);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) {
      const vector q = quads[j];
      put_part<Count>(to + j * row, __builtin_shufflevector(q, q, 0, 1, 2, 3));
      put_part<Count>(to + (4 + j) * row, __builtin_shufflevector(q, q, 4, 5, 6, 7));
      put_part<Count>(to + (8 + j) * row, __builtin_shufflevector(q, q, 8, 9, 10, 11));
      put_part<Count>(to + (12 + j) * row, __builtin_shufflevector(q, q, 12, 13, 14, 15));
    }
  }
  /// Written out: g++ would take shuffles, of which a cycle has one, where memory is inserted twice as fast.
  TFX_TARGET TFX_INLINE static vector joined_quads(quad q0, quad q1, quad q2, quad q3) {
#if defined(__clang__)
    const auto low = __builtin_shufflevector(q0, q1, 0, 1, 2, 3, 4, 5, 6, 7);
    const auto high = __builtin_shufflevector(q2, q3, 0, 1, 2, 3, 4, 5, 6, 7);
    return __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    vector all = __builtin_ia32_ps512_ps(q0);
    all = __builtin_ia32_insertf32x4_mask(all, q1, 1, all, mask(-1));
    all = __builtin_ia32_insertf32x4_mask(all, q2, 2, all, mask(-1));
    return __builtin_ia32_insertf32x4_mask(all, q3, 3, all, mask(-1));
#endif
  }

 private:
  typedef float half __attribute__((vector_size(32), aligned(4), may_alias));
  template <int Count> TFX_TARGET TFX_INLINE static void put_part(float* to, quad from) { __builtin_memcpy(to, &from, Count * sizeof(float)); }
  /// Transposes the blocks of four by four.
  TFX_TARGET TFX_INLINE static void exchange(vector r0, vector r1, vector r2, vector r3, vector (&to)[4]) {
    const vector a = __builtin_shufflevector(r0, r1, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    const vector b = __builtin_shufflevector(r0, r1, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    const vector c = __builtin_shufflevector(r2, r3, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29);
    const vector d = __builtin_shufflevector(r2, r3, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31);
    to[0] = __builtin_shufflevector(a, c, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    to[1] = __builtin_shufflevector(a, c, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
    to[2] = __builtin_shufflevector(b, d, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29);
    to[3] = __builtin_shufflevector(b, d, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31);
  }
  TFX_TARGET TFX_INLINE static vector joined(const float* low, const float* high) {
    const half first = *reinterpret_cast<const half*>(low), second = *reinterpret_cast<const half*>(high);
#if defined(__clang__)
    return __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#else
    typedef double words __attribute__((vector_size(64)));
    typedef double half_words __attribute__((vector_size(32)));
    const words all = words(__builtin_ia32_ps512_256ps(first));
    return vector(__builtin_ia32_insertf64x4_mask(all, half_words(second), 1, all, std::uint8_t(-1)));
#endif
  }
};

template <> struct lanes<double> {
  typedef double vector __attribute__((vector_size(64)));
  typedef double stored __attribute__((vector_size(64), aligned(8), may_alias));
  typedef double quad __attribute__((vector_size(16), aligned(8), may_alias));
  using mask = std::uint8_t;
  static constexpr int count = 8;

  TFX_TARGET TFX_INLINE static mask first(int n) { return mask(n >= 8 ? 0xff : n <= 0 ? 0 : (1 << n) - 1); }
  TFX_TARGET TFX_INLINE static vector splat(double x) { return vector{x, x, x, x, x, x, x, x}; }
  TFX_TARGET TFX_INLINE static vector load(const double* p) { return *reinterpret_cast<const stored*>(p); }
  TFX_TARGET TFX_INLINE static void store(double* p, vector v) { *reinterpret_cast<stored*>(p) = v; }
  TFX_TARGET TFX_INLINE static vector load_part(const double* p, mask m) {
    return __builtin_ia32_loadupd512_mask(p, vector{}, m);
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const double* p, mask m) { return load_part(p, m); }
  TFX_TARGET TFX_INLINE static void store_part(double* p, vector v, mask m) {
    __builtin_ia32_storeupd512_mask(p, v, m);
  }
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) {
    return __builtin_ia32_vfmaddpd512_mask(a, b, c, mask(-1), 4);
  }

  TFX_TARGET TFX_INLINE static vector rows(const double* const (&at)[4], std::ptrdiff_t offset) {
    const quad q0 = *reinterpret_cast<const quad*>(at[0] + offset), q1 = *reinterpret_cast<const quad*>(at[1] + offset);
    const quad q2 = *reinterpret_cast<const quad*>(at[2] + offset), q3 = *reinterpret_cast<const quad*>(at[3] + offset);
    using word = lanes<float>;
    return vector(word::joined_quads(word::quad(q0), word::quad(q1), word::quad(q2), word::quad(q3)));
  }
  TFX_TARGET TFX_INLINE static void columns(const double* const (&at)[4], std::ptrdiff_t row, vector (&to)[2]) {
    const vector r0 = rows(at, 0), r1 = rows(at, row);
    to[0] = __builtin_shufflevector(r0, r1, 0, 8, 2, 10, 4, 12, 6, 14);
    to[1] = __builtin_shufflevector(r0, r1, 1, 9, 3, 11, 5, 13, 7, 15);
  }
};

/// Words of integers: vectors of int throughout, since others would keep the sums in memory.
template <class Word> struct integer_lanes {
  typedef int vector __attribute__((vector_size(64)));
  typedef int stored __attribute__((vector_size(64), aligned(4), may_alias));
  using floats = lanes<float>;
  using mask = floats::mask;
  static constexpr int count = 16;

  TFX_TARGET TFX_INLINE static mask first(int n) { return floats::first(n); }
  TFX_TARGET TFX_INLINE static vector splat(Word w) {
    const int x = w.word;
    return vector{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
  }
  TFX_TARGET TFX_INLINE static vector load(const Word* p) { return *reinterpret_cast<const stored*>(p); }
  TFX_TARGET TFX_INLINE static void store(Word* p, vector v) { *reinterpret_cast<stored*>(p) = v; }
  TFX_TARGET TFX_INLINE static vector load_part(const Word* p, mask m) {
    return vector(floats::load_part(reinterpret_cast<const float*>(p), m));
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const Word* p, mask m) { return load_part(p, m); }
  TFX_TARGET TFX_INLINE static void store_part(Word* p, vector v, mask m) {
    floats::store_part(reinterpret_cast<float*>(p), floats::vector(v), m);
  }
};
template <> struct lanes<four_bytes> : integer_lanes<four_bytes> {
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) {
#if !defined(__AVX512VNNI__)
    // Written out: no name for it may be used in a function that is compiled for less.
    asm("vpdpbusd %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
    return c;
#elif defined(__clang__)
    return __builtin_ia32_vpdpbusd512(c, a, b);
#else
    return __builtin_ia32_vpdpbusd_v16si(c, a, b);
#endif
  }
};
template <> struct lanes<two_halves> : integer_lanes<two_halves> {
  typedef short halves __attribute__((vector_size(64)));
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) {
#if defined(__clang__)
    return c + vector(__builtin_ia32_pmaddwd512(halves(a), halves(b)));
#else
    return c + vector(__builtin_ia32_pmaddwd512_mask(halves(a), halves(b), vector{}, floats::mask(-1)));
#endif
  }
};
/// What every processor of this set has, and what better ones have besides.
#if defined(__AVX512VNNI__)
using word_of_bytes = four_bytes;
#else
using word_of_bytes = two_halves;
#endif
using best_word_of_bytes = four_bytes;
inline constexpr bool has_unit_beyond = true;

/// Registers hold this many rows of two vectors, besides the operands; and rows of one vector, addresses too.
inline constexpr int tall_rows = 14, tall_rows_of_one = 16;
/// A vector that is partly outside of an operand is read under a mask.
inline constexpr bool pads = false;
