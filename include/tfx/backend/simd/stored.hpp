// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include <tfx/backend/simd/dispatch.hpp>
#include <tfx/lanes/stored.hpp>

#if defined(__x86_64__)
#if defined(TFX_SIMD_CHOOSES)
#include <tfx/backend/simd/wide.hpp>
#else
#include <tfx/backend/simd/lanes.hpp>
#endif

/// Narrow elements in vectors of 32 and 64 bytes.
///
/// clang's conversions of vectors become the instructions; those of g++ 12 go element by element, or in halves, and are
/// written as the builtins of the instructions. They are known in a build for any x86 too, but not without inlining.
#if !defined(__clang__) && (!defined(TFX_SIMD_CHOOSES) || defined(TFX_SIMD_BUILTINS))
#define TFX_SIMD_CONVERTS_256 1
#if defined(TFX_SIMD_HAS_AVX512)
#define TFX_SIMD_CONVERTS_512 1
#endif
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"  // a builtin is no call
#endif

namespace tfx::lanes {
namespace detail::inline TFX_SIMD_BUILD {

/// N elements, as a vector of at least 16 bytes.
template <class E, int N> struct packed {
  static constexpr int count = N * int(sizeof(E)) < 16 ? int(16 / sizeof(E)) : N;
  typedef E vector __attribute__((vector_size(sizeof(E) * count)));
};
template <class E, int N> using packed_vector = typename packed<E, N>::vector;

/// Up to 16 bytes, those behind them 0.
struct some_bytes { std::uint64_t low, high; };

template <class Word> TFX_INLINE std::uint64_t word_at(const char* at) {
  Word x;
  __builtin_memcpy(&x, at, sizeof x);
  return x;
}
template <class Word> TFX_INLINE void put_word(char* at, std::uint64_t x) {
  const Word low = Word(x);
  __builtin_memcpy(at, &low, sizeof low);
}

/// The first n of 16 bytes in memory, in words that overlap.
TFX_INLINE some_bytes first_bytes(const char* at, int n) {
  using eight = std::uint64_t;
  using four = std::uint32_t;
  using one = std::uint8_t;
  if (n <= 0) return {0, 0};
  if (n > 8) return {word_at<eight>(at), word_at<eight>(at + n - 8) >> (8 * (16 - n))};
  if (n == 8) return {word_at<eight>(at), 0};
  if (n >= 4) return {word_at<four>(at) | word_at<four>(at + n - 4) << (8 * (n - 4)), 0};
  return {word_at<one>(at) | word_at<one>(at + n / 2) << (8 * (n / 2)) | word_at<one>(at + n - 1) << (8 * (n - 1)), 0};
}
TFX_INLINE void put_first_bytes(char* at, some_bytes x, int n) {
  using eight = std::uint64_t;
  using four = std::uint32_t;
  using one = std::uint8_t;
  if (n >= 16) {
    put_word<eight>(at, x.low);
    put_word<eight>(at + 8, x.high);
  } else if (n >= 8) {
    put_word<eight>(at, x.low);
    if (n > 8) put_word<eight>(at + n - 8, x.low >> (8 * (n - 8)) | x.high << (8 * (16 - n)));
  } else if (n >= 4) {
    put_word<four>(at, x.low);
    put_word<four>(at + n - 4, x.low >> (8 * (n - 4)));
  } else if (n > 0) {
    put_word<one>(at, x.low);
    put_word<one>(at + n / 2, x.low >> (8 * (n / 2)));
    put_word<one>(at + n - 1, x.low >> (8 * (n - 1)));
  }
}

/// The first n of N elements in memory. What a vector has beyond N is of no use.
template <class E, int N> TFX_INLINE void load_packed(packed_vector<E, N>& to, const void* from, int n) {
  constexpr int all = N * int(sizeof(E));
  const char* const at = static_cast<const char*>(from);
  if (n == N) {
    if constexpr (all >= 16) {
      __builtin_memcpy(&to, at, all);
    } else {
      some_bytes whole{};
      __builtin_memcpy(&whole.low, at, all);
      __builtin_memcpy(&to, &whole, 16);
    }
  } else {
    for (int i = 0; i < all; i += 16) {
      const some_bytes part = first_bytes(at + i, backend::lesser_of(n * int(sizeof(E)) - i, 16));
      __builtin_memcpy(reinterpret_cast<char*>(&to) + i, &part, 16);
    }
  }
}
template <class E, int N> TFX_INLINE void put_packed(void* to, const packed_vector<E, N>& x, int n) {
  constexpr int all = N * int(sizeof(E));
  char* const at = static_cast<char*>(to);
  if (n == N) {
    __builtin_memcpy(at, &x, all);
  } else {
    for (int i = 0; i < all; i += 16) {
      some_bytes part;
      __builtin_memcpy(&part, reinterpret_cast<const char*>(&x) + i, 16);
      put_first_bytes(at + i, part, backend::lesser_of(n * int(sizeof(E)) - i, 16));
    }
  }
}

typedef char chars_16 __attribute__((vector_size(16)));
typedef char chars_32 __attribute__((vector_size(32)));
typedef short shorts_8 __attribute__((vector_size(16)));
typedef short shorts_16 __attribute__((vector_size(32)));
typedef int ints_4 __attribute__((vector_size(16)));
typedef int ints_8 __attribute__((vector_size(32)));
typedef int ints_16 __attribute__((vector_size(64)));
typedef long long quads_4 __attribute__((vector_size(32)));
typedef long long quads_8 __attribute__((vector_size(64)));

#if defined(TFX_SIMD_CONVERTS_256)
/// The low bytes of words, together in the low bytes of x.
template <int Word, int Size, int... I> TFX_INLINE void pick_low(quads_4& x, std::integer_sequence<int, I...>) {
  if constexpr (Size < 4) x = quads_4(__builtin_ia32_pshufb256(chars_32(x), chars_32{char(I % 16 / Size * Word + I % Size)...}));
  if constexpr (Size == 4) x = quads_4(__builtin_ia32_permvarsi256(ints_8(x), ints_8{0, 2, 4, 6, 0, 0, 0, 0}));
  else if constexpr (Word == 2 * Size) x = quads_4(__builtin_ia32_permvarsi256(ints_8(x), ints_8{0, 1, 4, 5, 0, 0, 0, 0}));
  else x = quads_4(__builtin_ia32_permvarsi256(ints_8(x), ints_8{0, 4, 0, 0, 0, 0, 0, 0}));
}
#endif

/// Elements as integers of words, with zeros or the sign above.
template <class E, class Integer, int N>
TFX_INLINE void extend(packed_vector<Integer, N>& to, const packed_vector<E, N>& x) {
  [[maybe_unused]] constexpr bool has_sign = std::is_signed_v<E>;
  [[maybe_unused]] constexpr int bytes = N * int(sizeof(Integer)), from = int(sizeof(E));
  using made [[maybe_unused]] = packed_vector<Integer, N>;
#if defined(__clang__)
  typedef E exactly __attribute__((vector_size(sizeof(E) * N)));
  exactly all;
  __builtin_memcpy(&all, &x, sizeof all);
  to = __builtin_convertvector(all, made);
#else
#if defined(TFX_SIMD_CONVERTS_512)
  if constexpr (bytes == 64 && N == 16) {
    if constexpr (from == 1 && has_sign) to = made(__builtin_ia32_pmovsxbd512_mask(chars_16(x), ints_16{}, 0xffff));
    else if constexpr (from == 1) to = made(__builtin_ia32_pmovzxbd512_mask(chars_16(x), ints_16{}, 0xffff));
    else if constexpr (has_sign) to = made(__builtin_ia32_pmovsxwd512_mask(shorts_16(x), ints_16{}, 0xffff));
    else to = made(__builtin_ia32_pmovzxwd512_mask(shorts_16(x), ints_16{}, 0xffff));
    return;
  }
  if constexpr (bytes == 64 && N == 8) {
    if constexpr (from == 1 && has_sign) to = made(__builtin_ia32_pmovsxbq512_mask(chars_16(x), quads_8{}, 0xff));
    else if constexpr (from == 1) to = made(__builtin_ia32_pmovzxbq512_mask(chars_16(x), quads_8{}, 0xff));
    else if constexpr (from == 2 && has_sign) to = made(__builtin_ia32_pmovsxwq512_mask(shorts_8(x), quads_8{}, 0xff));
    else if constexpr (from == 2) to = made(__builtin_ia32_pmovzxwq512_mask(shorts_8(x), quads_8{}, 0xff));
    else if constexpr (has_sign) to = made(__builtin_ia32_pmovsxdq512_mask(ints_8(x), quads_8{}, 0xff));
    else to = made(__builtin_ia32_pmovzxdq512_mask(ints_8(x), quads_8{}, 0xff));
    return;
  }
#endif
#if defined(TFX_SIMD_CONVERTS_256)
  if constexpr (bytes == 32 && N == 8) {
    if constexpr (from == 1 && has_sign) to = made(__builtin_ia32_pmovsxbd256(chars_16(x)));
    else if constexpr (from == 1) to = made(__builtin_ia32_pmovzxbd256(chars_16(x)));
    else if constexpr (has_sign) to = made(__builtin_ia32_pmovsxwd256(shorts_8(x)));
    else to = made(__builtin_ia32_pmovzxwd256(shorts_8(x)));
    return;
  }
  if constexpr (bytes == 32 && N == 4) {
    if constexpr (from == 1 && has_sign) to = made(__builtin_ia32_pmovsxbq256(chars_16(x)));
    else if constexpr (from == 1) to = made(__builtin_ia32_pmovzxbq256(chars_16(x)));
    else if constexpr (from == 2 && has_sign) to = made(__builtin_ia32_pmovsxwq256(shorts_8(x)));
    else if constexpr (from == 2) to = made(__builtin_ia32_pmovzxwq256(shorts_8(x)));
    else if constexpr (has_sign) to = made(__builtin_ia32_pmovsxdq256(ints_4(x)));
    else to = made(__builtin_ia32_pmovzxdq256(ints_4(x)));
    return;
  }
#endif
  for (int i = 0; i < N; ++i) to[i] = Integer(x[i]);
#endif
}

/// The low bits of words as elements.
template <class E, class Integer, int N>
TFX_INLINE void truncate(packed_vector<E, N>& to, const packed_vector<Integer, N>& x) {
  [[maybe_unused]] constexpr int bytes = N * int(sizeof(Integer)), size = int(sizeof(E));
  using made [[maybe_unused]] = packed_vector<E, N>;
#if defined(__clang__)
  typedef E exactly __attribute__((vector_size(sizeof(E) * N)));
  const exactly all = __builtin_convertvector(x, exactly);
  to = made{};
  __builtin_memcpy(&to, &all, sizeof all);
#else
#if defined(TFX_SIMD_CONVERTS_512)
  if constexpr (bytes == 64 && N == 16) {
    if constexpr (size == 1) to = made(__builtin_ia32_pmovdb512_mask(ints_16(x), chars_16{}, 0xffff));
    else to = made(__builtin_ia32_pmovdw512_mask(ints_16(x), shorts_16{}, 0xffff));
    return;
  }
  if constexpr (bytes == 64 && N == 8) {
    if constexpr (size == 1) to = made(__builtin_ia32_pmovqb512_mask(quads_8(x), chars_16{}, 0xff));
    else if constexpr (size == 2) to = made(__builtin_ia32_pmovqw512_mask(quads_8(x), shorts_8{}, 0xff));
    else to = made(__builtin_ia32_pmovqd512_mask(quads_8(x), ints_8{}, 0xff));
    return;
  }
#endif
#if defined(TFX_SIMD_CONVERTS_256)
  if constexpr (bytes == 32 && N * size >= 8) {
    quads_4 picked = quads_4(x);
    pick_low<int(sizeof(Integer)), size>(picked, std::make_integer_sequence<int, 32>{});
    __builtin_memcpy(&to, &picked, sizeof to);
    return;
  }
#endif
  to = made{};
  for (int i = 0; i < N; ++i) to[i] = E(x[i]);
#endif
}

/// Formats that the processor converts.
template <lies_as As, class V> struct converted_by_processor;

/// Elements narrower than a word, as vectors of words.
template <class E, class Integer, int N> struct packed_integers {
  using words = packed_vector<Integer, N>;
  static TFX_INLINE void load(words& to, const void* at, int n) {
    packed_vector<E, N> x;
    load_packed<E, N>(x, at, n);
    extend<E, Integer, N>(to, x);
  }
  static TFX_INLINE void put(void* at, const words& x, int n) {
    packed_vector<E, N> made;
    truncate<E, Integer, N>(made, x);
    put_packed<E, N>(at, made, n);
  }
};

}  // namespace detail::inline TFX_SIMD_BUILD

#if defined(TFX_SIMD_CHOOSES)
#if defined(TFX_SIMD_CONVERTS_512)
template <> struct detail::converted_by_processor<lies_as::float16, wide<float, 16>> {
  using V = wide<float, 16>;
  using element = std::int16_t;
  static TFX_INLINE V widen(const shorts_16& x) { return V::of(__builtin_ia32_vcvtph2ps512_mask(x, V::vector{}, -1, 4)); }   // as the processor is set to round, which this never does
  static TFX_INLINE void narrow(shorts_16& to, const V& x) { to = __builtin_ia32_vcvtps2ph512_mask(x.v, 8, shorts_16{}, -1); }   // to nearest, without exceptions
};
#endif
template <class E, class Integer, int N>
requires(sizeof(E) < sizeof(Integer) && sizeof(Integer) * N >= 32)
struct integers_at<E, wide<Integer, N>> {
  using I = wide<Integer, N>;
  static TFX_INLINE I load(const void* at, int n) {
    I x;
    detail::packed_integers<E, Integer, N>::load(x.v, at, n);
    return x;
  }
  static TFX_INLINE void put(void* at, const I& x, int n) { detail::packed_integers<E, Integer, N>::put(at, x.v, n); }
};
#else
template <class E, class Integer, class Arch>
requires(sizeof(E) < sizeof(Integer) && sizeof(xsimd::batch<Integer, Arch>) >= 32)
struct integers_at<E, xsimd::batch<Integer, Arch>> {
  using I = xsimd::batch<Integer, Arch>;
  using packed = detail::packed_integers<E, Integer, int(I::size)>;
  static TFX_INLINE I load(const void* at, int n) {
    typename packed::words x;
    packed::load(x, at, n);
    return I(typename I::register_type(x));
  }
  static TFX_INLINE void put(void* at, I x, int n) { packed::put(at, typename packed::words(x.data), n); }
};

namespace detail::inline TFX_SIMD_BUILD {
#if defined(__AVX512F__)
template <class Arch> requires std::is_base_of_v<xsimd::avx512f, Arch>
struct converted_by_processor<lies_as::float16, xsimd::batch<float, Arch>> {
  using element = std::int16_t;
  static TFX_INLINE __m512 widen(shorts_16 x) { return _mm512_cvtph_ps(__m256i(x)); }
  static TFX_INLINE void narrow(shorts_16& to, __m512 x) { to = shorts_16(_mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)); }
};
template <class Arch> requires std::is_base_of_v<xsimd::avx512f, Arch>
struct converted_by_processor<lies_as::float32, xsimd::batch<double, Arch>> {
  using element = float;
  typedef float vector __attribute__((vector_size(32)));
  static TFX_INLINE __m512d widen(vector x) { return _mm512_cvtps_pd(__m256(x)); }
  static TFX_INLINE void narrow(vector& to, __m512d x) { to = vector(_mm512_cvtpd_ps(x)); }
};
#endif
#if defined(__F16C__)
template <class Arch> requires(xsimd::batch<float, Arch>::size == 8)
struct converted_by_processor<lies_as::float16, xsimd::batch<float, Arch>> {
  using element = std::int16_t;
  static TFX_INLINE __m256 widen(shorts_8 x) { return _mm256_cvtph_ps(__m128i(x)); }
  static TFX_INLINE void narrow(shorts_8& to, __m256 x) { to = shorts_8(_mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)); }
};
#endif
template <class Arch> requires(xsimd::batch<double, Arch>::size == 4)
struct converted_by_processor<lies_as::float32, xsimd::batch<double, Arch>> {
  using element = float;
  typedef float vector __attribute__((vector_size(16)));
  static TFX_INLINE __m256d widen(vector x) { return _mm256_cvtps_pd(__m128(x)); }
  static TFX_INLINE void narrow(vector& to, __m256d x) { to = vector(_mm256_cvtpd_ps(x)); }
};
}  // namespace detail::inline TFX_SIMD_BUILD

#endif

template <class V> requires requires { typename detail::converted_by_processor<lies_as::float16, V>::element; }
struct detail::rounded_by_processor<float16, V> {
  static TFX_INLINE V of(const V& x) {
    using conversion = converted_by_processor<lies_as::float16, V>;
    packed_vector<std::int16_t, traits<V>::width> rounded;
    conversion::narrow(rounded, x);
    return V(conversion::widen(rounded));
  }
};

template <lies_as As, class V> requires requires { typename detail::converted_by_processor<As, V>::element; }
struct stored<As, V> {
  using conversion = detail::converted_by_processor<As, V>;
  using element = typename conversion::element;
  static constexpr int width = traits<V>::width;

  static TFX_INLINE V load(const void* at, int n) {
    detail::packed_vector<element, width> x;
    detail::load_packed<element, width>(x, at, n);
    return V(conversion::widen(x));
  }
  static TFX_INLINE void put(void* at, const V& x, int n) {
    detail::packed_vector<element, width> made;
    conversion::narrow(made, x);
    detail::put_packed<element, width>(at, made, n);
  }
  static TFX_INLINE V splat(const void* at) { return traits<V>::splat(stored<As, scalar_of<V>>::load(at, 1)); }
};

}  // namespace tfx::lanes

#if defined(TFX_SIMD_CONVERTS_256)
#pragma GCC diagnostic pop
#endif
#endif
