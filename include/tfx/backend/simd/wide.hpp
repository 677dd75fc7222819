// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <tfx/backend/simd/dispatch.hpp>
#include <tfx/lanes/partial.hpp>
#include <tfx/lanes/root.hpp>
#include <tfx/lanes/traits.hpp>

#include <emmintrin.h>

#if defined(TFX_SIMD_CHOOSES) && !defined(__clang__) && !defined(__NO_INLINE__)
// The instructions of g++, in functions that are compiled for them only when they have been inlined. They are known
// from the first function on that is compiled for them.
#define TFX_SIMD_BUILTINS 1
namespace tfx::lanes::detail {
TFX_AVX512 inline void know_instructions() {}
}  // namespace tfx::lanes::detail
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpsabi"  // a builtin is no call
#endif

namespace tfx::lanes {
inline namespace TFX_SIMD_BUILD {

/// Lanes in a vector of the compiler's, for builds that don't say which instructions the machine has: the same code
/// becomes those of an instruction set when it is inlined into a function compiled for it. (Only there, if it is wider
/// than 16 bytes: g++ has no `mul` for it elsewhere.)
///
/// Copied by hand, which makes it be passed in memory: how a vector is passed in registers depends on the instruction
/// set of the caller, and would not fit a function that was not inlined.
template <class T, int Width> struct wide {
  typedef T vector __attribute__((vector_size(sizeof(T) * Width)));
  vector v;

  wide() = default;
  TFX_INLINE wide(const wide& from) : v(from.v) {}
  TFX_INLINE wide& operator=(const wide& from) {
    v = from.v;
    return *this;
  }
  static TFX_INLINE wide of(const vector& v) {
    wide w;
    w.v = v;
    return w;
  }
};

}  // namespace TFX_SIMD_BUILD

namespace detail {

/// Comparisons, whose result is a vector of 0 and -1; and the same for the first n lanes.
template <class T, int Width, int Bytes = Width * int(sizeof(T))> struct wide_comparison {
  using V = wide<T, Width>;
  using vector = typename V::vector;
  using mask = wide<typename traits<T>::integer, Width>;

  static TFX_INLINE mask eq(const V& a, const V& b) { return mask::of(a.v == b.v); }
  static TFX_INLINE mask ne(const V& a, const V& b) { return mask::of(a.v != b.v); }
  static TFX_INLINE mask lt(const V& a, const V& b) { return mask::of(a.v < b.v); }
  static TFX_INLINE mask le(const V& a, const V& b) { return mask::of(a.v <= b.v); }
  static TFX_INLINE mask gt(const V& a, const V& b) { return mask::of(a.v > b.v); }
  static TFX_INLINE mask ge(const V& a, const V& b) { return mask::of(a.v >= b.v); }
  static TFX_INLINE mask mask_and(const mask& a, const mask& b) { return mask::of(a.v & b.v); }
  static TFX_INLINE mask mask_or(const mask& a, const mask& b) { return mask::of(a.v | b.v); }
  static TFX_INLINE mask mask_not(const mask& a) { return mask::of(~a.v); }
  static TFX_INLINE bool any(const mask& a) {
    std::uint64_t word[sizeof(vector) / 8], all = 0;
    __builtin_memcpy(word, &a.v, sizeof(vector));
    for (std::uint64_t w : word) all |= w;
    return all != 0;
  }
  static TFX_INLINE V select(const mask& m, const V& a, const V& b) { return V::of(m.v ? a.v : b.v); }
  static TFX_INLINE V lesser(const V& a, const V& b) {
#if defined(TFX_SIMD_BUILTINS)
    if constexpr (Bytes == 32 && std::is_same_v<T, float>) return V::of(__builtin_ia32_minps256(a.v, b.v));
    if constexpr (Bytes == 32 && std::is_same_v<T, double>) return V::of(__builtin_ia32_minpd256(a.v, b.v));
#endif
    return V::of(a.v < b.v ? a.v : b.v);
  }
  static TFX_INLINE V greater(const V& a, const V& b) {
#if defined(TFX_SIMD_BUILTINS)
    if constexpr (Bytes == 32 && std::is_same_v<T, float>) return V::of(__builtin_ia32_maxps256(a.v, b.v));
    if constexpr (Bytes == 32 && std::is_same_v<T, double>) return V::of(__builtin_ia32_maxpd256(a.v, b.v));
#endif
    return V::of(a.v > b.v ? a.v : b.v);
  }
  static TFX_INLINE mask first_lanes(int n) { return before(n, std::make_integer_sequence<int, Width>{}); }

 private:
  template <int... I> static TFX_INLINE mask before(int n, std::integer_sequence<int, I...>) {
    using words = typename mask::vector;
    using word = typename traits<T>::integer;
    return mask::of(words{word(I)...} < words{(static_cast<void>(I), word(n))...});
  }
};

template <int Width> using mask_register = std::conditional_t<Width == 16, std::uint16_t, std::uint8_t>;

#if defined(TFX_SIMD_BUILTINS)
/// Vectors of 64 bytes: the result is in a mask register. g++ settles what a comparison gives where it reads it, and
/// that would be a vector.
template <class T, int Width> struct wide_comparison<T, Width, 64> {
  using V = wide<T, Width>;
  using vector = typename V::vector;
  using mask = mask_register<Width>;
  static constexpr bool real = std::is_floating_point_v<T>, single = sizeof(T) == 4;
  static constexpr mask all = mask(-1);
  enum predicate { equal, less, less_or_equal, unequal = 4 };

  template <int Predicate> static TFX_INLINE mask compare(const V& a, const V& b) {
    if constexpr (real && single) return mask(__builtin_ia32_cmpps512_mask(a.v, b.v, Predicate, all, 4));
    else if constexpr (real) return mask(__builtin_ia32_cmppd512_mask(a.v, b.v, Predicate, all, 4));
    else if constexpr (single) return mask(__builtin_ia32_cmpd512_mask(a.v, b.v, Predicate, all));
    else return mask(__builtin_ia32_cmpq512_mask(quads(a.v), quads(b.v), Predicate, all));
  }
  static TFX_INLINE mask eq(const V& a, const V& b) { return compare<equal>(a, b); }
  static TFX_INLINE mask ne(const V& a, const V& b) { return compare<unequal>(a, b); }
  static TFX_INLINE mask lt(const V& a, const V& b) { return compare<less>(a, b); }
  static TFX_INLINE mask le(const V& a, const V& b) { return compare<less_or_equal>(a, b); }
  static TFX_INLINE mask gt(const V& a, const V& b) { return compare<less>(b, a); }
  static TFX_INLINE mask ge(const V& a, const V& b) { return compare<less_or_equal>(b, a); }
  static TFX_INLINE mask mask_and(mask a, mask b) { return mask(a & b); }
  static TFX_INLINE mask mask_or(mask a, mask b) { return mask(a | b); }
  static TFX_INLINE mask mask_not(mask a) { return mask(~a); }
  static TFX_INLINE bool any(mask a) { return a != 0; }
  static TFX_INLINE V select(mask m, const V& a, const V& b) {
    if constexpr (real && single) return V::of(__builtin_ia32_blendmps_512_mask(b.v, a.v, m));
    else if constexpr (real) return V::of(__builtin_ia32_blendmpd_512_mask(b.v, a.v, m));
    else if constexpr (single) return V::of(__builtin_ia32_blendmd_512_mask(b.v, a.v, m));
    else return V::of(vector(__builtin_ia32_blendmq_512_mask(quads(b.v), quads(a.v), m)));
  }
  static TFX_INLINE V lesser(const V& a, const V& b) {
    if constexpr (real && single) return V::of(__builtin_ia32_minps512_mask(a.v, b.v, a.v, all, 4));
    else if constexpr (real) return V::of(__builtin_ia32_minpd512_mask(a.v, b.v, a.v, all, 4));
    else return select(lt(a, b), a, b);
  }
  static TFX_INLINE V greater(const V& a, const V& b) {
    if constexpr (real && single) return V::of(__builtin_ia32_maxps512_mask(a.v, b.v, a.v, all, 4));
    else if constexpr (real) return V::of(__builtin_ia32_maxpd512_mask(a.v, b.v, a.v, all, 4));
    else return select(gt(a, b), a, b);
  }
  static TFX_INLINE mask first_lanes(int n) { return mask((1u << n) - 1u); }

 private:
  typedef long long quads __attribute__((vector_size(64)));
};
#endif

template <class T, int Width> struct wide_traits : wide_comparison<T, Width> {
  using V = wide<T, Width>;
  using vector = typename V::vector;
  using scalar = T;
  using integer = wide<typename traits<T>::integer, Width>;
  static constexpr int width = Width;

  static TFX_INLINE V splat(T x) {
#if defined(TFX_SIMD_BUILTINS)
    // g++ would put a list of equal elements together one by one: it takes it apart before it knows of the instruction.
    if constexpr (std::is_floating_point_v<T> && sizeof(V) >= 32)
      return broadcast(typename wide<T, int(16 / sizeof(T))>::vector{x});
#endif
    return repeated(x, std::make_integer_sequence<int, Width>{});
  }
  static TFX_INLINE V load(const T* from) {
    V x;
    __builtin_memcpy(&x.v, from, sizeof(vector));
    return x;
  }
  static TFX_INLINE void put(T* to, const V& x) { __builtin_memcpy(to, &x.v, sizeof(vector)); }

  static TFX_INLINE V add(const V& a, const V& b) { return V::of(a.v + b.v); }
  static TFX_INLINE V sub(const V& a, const V& b) { return V::of(a.v - b.v); }
  template <int By> static TFX_INLINE V down(const V& x) {
    return shuffled<By>(x, std::make_integer_sequence<int, Width>{});
  }
  static TFX_INLINE T first(const V& x) { return x.v[0]; }

 private:
#if defined(TFX_SIMD_BUILTINS)
  template <class Quad> static TFX_INLINE V broadcast(const Quad& x) {
    constexpr bool single = sizeof(T) == 4;
    if constexpr (sizeof(V) == 32 && single) return V::of(__builtin_ia32_vbroadcastss_ps256(x));
    else if constexpr (sizeof(V) == 32) return V::of(__builtin_ia32_vbroadcastsd_pd256(x));
    else if constexpr (single) return V::of(__builtin_ia32_broadcastss512(x, vector{}, -1));
    else return V::of(__builtin_ia32_broadcastsd512(x, vector{}, -1));
  }
#endif
  template <int... I> static TFX_INLINE V repeated(T x, std::integer_sequence<int, I...>) {
    return V::of(vector{(static_cast<void>(I), x)...});
  }
  template <int By, int... I> static TFX_INLINE V shuffled(const V& x, std::integer_sequence<int, I...>) {
    return V::of(__builtin_shufflevector(x.v, x.v, (I + By) % Width...));
  }
};

}  // namespace detail

template <class T, int Width>
requires std::is_floating_point_v<T>
struct traits<wide<T, Width>> : detail::wide_traits<T, Width> {
  using V = wide<T, Width>;
  using integer = typename detail::wide_traits<T, Width>::integer;
  static constexpr bool single = sizeof(T) == 4;

  static TFX_INLINE V neg(const V& a) { return V::of(-a.v); }
  static TFX_INLINE V div(const V& a, const V& b) { return V::of(a.v / b.v); }
  /// As in `traits` of batches: the barrier keeps g++ from contracting the product with a following sum.
  static TFX_INLINE V mul(const V& a, const V& b) {
    V p = V::of(a.v * b.v);
#if !defined(__NO_INLINE__) && !defined(__clang__)
    asm("" : "+v"(p.v));
#endif
    return p;
  }
  static TFX_INLINE V fma(const V& a, const V& b, const V& c) {
#if defined(TFX_SIMD_BUILTINS)
    if constexpr (sizeof(V) == 32 && single) return V::of(__builtin_ia32_vfmaddps256(a.v, b.v, c.v));
    if constexpr (sizeof(V) == 32 && !single) return V::of(__builtin_ia32_vfmaddpd256(a.v, b.v, c.v));
    if constexpr (sizeof(V) == 64 && single) return V::of(__builtin_ia32_vfmaddps512_mask(a.v, b.v, c.v, -1, 4));
    if constexpr (sizeof(V) == 64 && !single) return V::of(__builtin_ia32_vfmaddpd512_mask(a.v, b.v, c.v, -1, 4));
#endif
    V r;
    for (int i = 0; i < Width; ++i) r.v[i] = traits<T>::fma(a.v[i], b.v[i], c.v[i]);
    return r;
  }
  static TFX_INLINE V sqrt(const V& a) {
#if defined(TFX_SIMD_BUILTINS)
    if constexpr (sizeof(V) == 32 && single) return V::of(__builtin_ia32_sqrtps256(a.v));
    if constexpr (sizeof(V) == 32 && !single) return V::of(__builtin_ia32_sqrtpd256(a.v));
    if constexpr (sizeof(V) == 64 && single) {
      if (detail::has_root_of_estimate(a)) [[likely]]
        return detail::root_of_estimate(a, V::of(__builtin_ia32_rsqrt14ps512_mask(a.v, a.v, -1)));
      return V::of(__builtin_ia32_sqrtps512_mask(a.v, a.v, -1, 4));
    }
    if constexpr (sizeof(V) == 64 && !single) return V::of(__builtin_ia32_sqrtpd512_mask(a.v, a.v, -1, 4));
#endif
    return roots<0>(a);
  }
  static TFX_INLINE integer bits(const V& x) { return integer::of(typename integer::vector(x.v)); }
  static TFX_INLINE V from_bits(const integer& x) { return V::of(typename V::vector(x.v)); }

 private:
  static constexpr int quad_width = int(16 / sizeof(T));
  /// Each 16 bytes on their own: that instruction is in every x86-64.
  template <int From> static TFX_INLINE V roots(V x) {
    if constexpr (From < Width) {
      typename wide<T, quad_width>::vector part;
      __builtin_memcpy(&part, reinterpret_cast<const char*>(&x) + From * sizeof(T), 16);
      if constexpr (single) part = decltype(part)(_mm_sqrt_ps(__m128(part)));
      else part = decltype(part)(_mm_sqrt_pd(__m128d(part)));
      __builtin_memcpy(reinterpret_cast<char*>(&x) + From * sizeof(T), &part, 16);
      return roots<From + quad_width>(x);
    } else {
      return x;
    }
  }
};

template <class T, int Width>
requires std::is_integral_v<T>
struct traits<wide<T, Width>> : detail::wide_traits<T, Width> {
  using V = wide<T, Width>;
  using integer = V;

  using vector = typename V::vector;
  typedef std::make_unsigned_t<T> words __attribute__((vector_size(sizeof(vector))));   // which wrap around

  static TFX_INLINE V neg(const V& a) { return V::of(vector(-words(a.v))); }
  static TFX_INLINE V add(const V& a, const V& b) { return V::of(vector(words(a.v) + words(b.v))); }
  static TFX_INLINE V sub(const V& a, const V& b) { return V::of(vector(words(a.v) - words(b.v))); }
  static TFX_INLINE V mul(const V& a, const V& b) { return V::of(vector(words(a.v) * words(b.v))); }
  static TFX_INLINE V div(const V& a, const V& b) { return V::of(a.v / b.v); }
  static TFX_INLINE V bit_and(const V& a, const V& b) { return V::of(a.v & b.v); }
  static TFX_INLINE V bit_or(const V& a, const V& b) { return V::of(a.v | b.v); }
  static TFX_INLINE V bit_xor(const V& a, const V& b) { return V::of(a.v ^ b.v); }
  static TFX_INLINE V shl(const V& a, int n) { return V::of(vector(words(a.v) << n)); }
  static TFX_INLINE V shr(const V& a, int n) { return V::of(a.v >> n); }
  static TFX_INLINE V shl(const V& a, const V& n) { return V::of(vector(words(a.v) << words(n.v))); }
  static TFX_INLINE V shr(const V& a, const V& n) { return V::of(a.v >> n.v); }
};

#if defined(TFX_SIMD_CHOOSES)
namespace detail {

#if defined(TFX_SIMD_BUILTINS)
#define TFX_MASKED_512 TFX_INLINE
#define TFX_MASKED_256 TFX_INLINE
#else
#define TFX_MASKED_512 TFX_AVX512
#define TFX_MASKED_256 TFX_AVX2
#endif

/// The first n of a vector's lanes in memory, by one instruction: clang has it in functions of their own only.
template <class T, int Width, int Bytes = Width * int(sizeof(T))> struct masked_access;

template <class T, int Width> struct masked_access<T, Width, 64> {
  using V = wide<T, Width>;
  TFX_MASKED_512 static V load(const T* from, int n) {
    if constexpr (sizeof(T) == 4) return V::of(__builtin_ia32_loadups512_mask(from, typename V::vector{}, first(n)));
    else return V::of(__builtin_ia32_loadupd512_mask(from, typename V::vector{}, first(n)));
  }
  TFX_MASKED_512 static void put(T* to, const V& x, int n) {
    if constexpr (sizeof(T) == 4) __builtin_ia32_storeups512_mask(to, x.v, first(n));
    else __builtin_ia32_storeupd512_mask(to, x.v, first(n));
  }

 private:
  static TFX_INLINE auto first(int n) { return mask_register<Width>((1u << n) - 1u); }
};

template <class T, int Width> struct masked_access<T, Width, 32> {
  using V = wide<T, Width>;
  TFX_MASKED_256 static V load(const T* from, int n) {
    const auto* const at = reinterpret_cast<const typename V::vector*>(from);
    if constexpr (sizeof(T) == 4) return V::of(__builtin_ia32_maskloadps256(at, words(traits<V>::first_lanes(n).v)));
    else return V::of(__builtin_ia32_maskloadpd256(at, words(traits<V>::first_lanes(n).v)));
  }
  TFX_MASKED_256 static void put(T* to, const V& x, int n) {
    auto* const at = reinterpret_cast<typename V::vector*>(to);
    if constexpr (sizeof(T) == 4) __builtin_ia32_maskstoreps256(at, words(traits<V>::first_lanes(n).v), x.v);
    else __builtin_ia32_maskstorepd256(at, words(traits<V>::first_lanes(n).v), x.v);
  }

 private:
  typedef std::conditional_t<sizeof(T) == 4, int, long long> words __attribute__((vector_size(32)));
};

}  // namespace detail

/// Under a mask; whole vectors without one, unless it is free.
template <class T, int Width>
requires(Width * sizeof(T) >= 32)
struct partial<wide<T, Width>> {
  using V = wide<T, Width>;
  using masked = detail::masked_access<T, Width>;
#if defined(TFX_SIMD_BUILTINS)
  static constexpr bool mask_is_free = sizeof(V) == 64;
#else
  static constexpr bool mask_is_free = false;
#endif

  static TFX_INLINE V load(const T* from, int n) {
    return !mask_is_free && n == Width ? traits<V>::load(from) : masked::load(from, n);
  }
  static TFX_INLINE void put(T* to, const V& x, int n) {
    if (!mask_is_free && n == Width) traits<V>::put(to, x);
    else masked::put(to, x, n);
  }
  static TFX_INLINE V first_of(const V& x, const V& y, int n) {
    return traits<V>::select(traits<V>::first_lanes(n), x, y);
  }
};
#endif

#if defined(TFX_SIMD_BUILTINS)
#pragma GCC diagnostic pop
#endif

}  // namespace tfx::lanes
