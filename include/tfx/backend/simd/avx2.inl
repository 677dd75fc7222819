// SPDX-License-Identifier: Apache-2.0
// 256-bit lanes with fused multiply-add for tile.inl. Compiler builtins: see avx512.inl.

template <class T> struct lanes;

template <> struct lanes<float> {
  typedef float vector __attribute__((vector_size(32)));
  typedef float stored __attribute__((vector_size(32), aligned(4), may_alias));
  typedef float quad __attribute__((vector_size(16), aligned(4), may_alias));
  typedef int mask __attribute__((vector_size(32)));
  static constexpr int count = 8;

  TFX_TARGET TFX_INLINE static mask first(int n) {
    const mask index = {0, 1, 2, 3, 4, 5, 6, 7};
    return index < mask{n, n, n, n, n, n, n, n};
  }
  TFX_TARGET TFX_INLINE static vector splat(float x) { return vector{x, x, x, x, x, x, x, x}; }
  TFX_TARGET TFX_INLINE static vector load(const float* p) { return *reinterpret_cast<const stored*>(p); }
  TFX_TARGET TFX_INLINE static void store(float* p, vector v) { *reinterpret_cast<stored*>(p) = v; }
  TFX_TARGET TFX_INLINE static vector load_part(const float* p, mask m) {
    return __builtin_ia32_maskloadps256(reinterpret_cast<const vector*>(p), m);
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const float* p, mask m) { return load_part(p, m); }
  typedef short halves __attribute__((vector_size(16)));
  typedef short stored_halves __attribute__((vector_size(16), aligned(2), may_alias));
  TFX_TARGET TFX_INLINE static vector widen(halves x) {
#if defined(__clang__)
    typedef unsigned short bits __attribute__((vector_size(16)));
    return vector(__builtin_convertvector(bits(x), mask) << 16);
#else
    return vector(mask(__builtin_ia32_pmovzxwd256(x)) << 16);
#endif
  }
  TFX_TARGET TFX_INLINE static vector load(const bfloat16* p) { return widen(*reinterpret_cast<const stored_halves*>(p)); }
  TFX_TARGET TFX_INLINE static vector load_part(const bfloat16* p, mask m) {
    halves x{};
    for (int i = 0; i < count; ++i)
      if (m[i] != 0) x[i] = short(p[i].bits);
    return widen(x);
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const bfloat16* p, mask m) { return load_part(p, m); }
  TFX_TARGET TFX_INLINE static void store_part(float* p, vector v, mask m) {
    __builtin_ia32_maskstoreps256(reinterpret_cast<vector*>(p), m, v);
  }
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) { return __builtin_ia32_vfmaddps256(a, b, c); }

  /// One vector of two quads, one of each group of four rows.
  TFX_TARGET TFX_INLINE static vector rows(const float* const (&at)[2], std::ptrdiff_t offset) {
    const quad q0 = *reinterpret_cast<const quad*>(at[0] + offset), q1 = *reinterpret_cast<const quad*>(at[1] + offset);
    return __builtin_shufflevector(q0, q1, 0, 1, 2, 3, 4, 5, 6, 7);
  }
  TFX_TARGET TFX_INLINE static void columns(const float* const (&at)[2], std::ptrdiff_t row, vector (&to)[4]) {
    const vector r0 = rows(at, 0), r1 = rows(at, row);
    const vector r2 = rows(at, 2 * row), r3 = rows(at, 3 * row);
    const vector a = __builtin_shufflevector(r0, r1, 0, 8, 1, 9, 4, 12, 5, 13);
    const vector b = __builtin_shufflevector(r0, r1, 2, 10, 3, 11, 6, 14, 7, 15);
    const vector c = __builtin_shufflevector(r2, r3, 0, 8, 1, 9, 4, 12, 5, 13);
    const vector d = __builtin_shufflevector(r2, r3, 2, 10, 3, 11, 6, 14, 7, 15);
    to[0] = __builtin_shufflevector(a, c, 0, 1, 8, 9, 4, 5, 12, 13);
    to[1] = __builtin_shufflevector(a, c, 2, 3, 10, 11, 6, 7, 14, 15);
    to[2] = __builtin_shufflevector(b, d, 0, 1, 8, 9, 4, 5, 12, 13);
    to[3] = __builtin_shufflevector(b, d, 2, 3, 10, 11, 6, 7, 14, 15);
  }
};

template <> struct lanes<double> {
  typedef double vector __attribute__((vector_size(32)));
  typedef double stored __attribute__((vector_size(32), aligned(8), may_alias));
  typedef double quad __attribute__((vector_size(16), aligned(8), may_alias));
  typedef long long mask __attribute__((vector_size(32)));
  static constexpr int count = 4;

  TFX_TARGET TFX_INLINE static mask first(int n) {
    const mask index = {0, 1, 2, 3};
    return index < mask{n, n, n, n};
  }
  TFX_TARGET TFX_INLINE static vector splat(double x) { return vector{x, x, x, x}; }
  TFX_TARGET TFX_INLINE static vector load(const double* p) { return *reinterpret_cast<const stored*>(p); }
  TFX_TARGET TFX_INLINE static void store(double* p, vector v) { *reinterpret_cast<stored*>(p) = v; }
  TFX_TARGET TFX_INLINE static vector load_part(const double* p, mask m) {
    return __builtin_ia32_maskloadpd256(reinterpret_cast<const vector*>(p), m);
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const double* p, mask m) { return load_part(p, m); }
  TFX_TARGET TFX_INLINE static void store_part(double* p, vector v, mask m) {
    __builtin_ia32_maskstorepd256(reinterpret_cast<vector*>(p), m, v);
  }
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) { return __builtin_ia32_vfmaddpd256(a, b, c); }

  TFX_TARGET TFX_INLINE static vector rows(const double* const (&at)[2], std::ptrdiff_t offset) {
    const quad q0 = *reinterpret_cast<const quad*>(at[0] + offset), q1 = *reinterpret_cast<const quad*>(at[1] + offset);
    return __builtin_shufflevector(q0, q1, 0, 1, 2, 3);
  }
  TFX_TARGET TFX_INLINE static void columns(const double* const (&at)[2], std::ptrdiff_t row, vector (&to)[2]) {
    const vector r0 = rows(at, 0), r1 = rows(at, row);
    to[0] = __builtin_shufflevector(r0, r1, 0, 4, 2, 6);
    to[1] = __builtin_shufflevector(r0, r1, 1, 5, 3, 7);
  }
};

/// Words of integers, two terms in each: products of bytes without a sign would saturate.
template <> struct lanes<two_halves> {
  typedef int vector __attribute__((vector_size(32)));
  typedef int stored __attribute__((vector_size(32), aligned(4), may_alias));
  typedef short halves __attribute__((vector_size(32)));
  using floats = lanes<float>;
  using mask = floats::mask;
  static constexpr int count = 8;

  TFX_TARGET TFX_INLINE static mask first(int n) { return floats::first(n); }
  TFX_TARGET TFX_INLINE static vector splat(two_halves w) {
    const int x = w.word;
    return vector{x, x, x, x, x, x, x, x};
  }
  TFX_TARGET TFX_INLINE static vector load(const two_halves* p) { return *reinterpret_cast<const stored*>(p); }
  TFX_TARGET TFX_INLINE static void store(two_halves* p, vector v) { *reinterpret_cast<stored*>(p) = v; }
  TFX_TARGET TFX_INLINE static vector load_part(const two_halves* p, mask m) {
    return vector(floats::load_part(reinterpret_cast<const float*>(p), m));
  }
  TFX_TARGET TFX_INLINE static vector load_operand(const two_halves* p, mask m) { return load_part(p, m); }
  TFX_TARGET TFX_INLINE static void store_part(two_halves* p, vector v, mask m) {
    floats::store_part(reinterpret_cast<float*>(p), floats::vector(v), m);
  }
  TFX_TARGET TFX_INLINE static vector fma(vector a, vector b, vector c) {
    return c + vector(__builtin_ia32_pmaddwd256(halves(a), halves(b)));
  }
};
using word_of_bytes = two_halves;
using best_word_of_bytes = word_of_bytes;
inline constexpr bool has_unit_beyond = false;

inline constexpr int tall_rows = 6, tall_rows_of_one = 10;
inline constexpr bool pads = false;
