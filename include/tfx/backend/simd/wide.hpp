// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <tfx/backend/lanes/partial.hpp>
#include <tfx/backend/lanes/traits.hpp>
#include <tfx/backend/simd/dispatch.hpp>

#include <emmintrin.h>

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

template <class T, int Width> struct wide_traits {
  using V = wide<T, Width>;
  using vector = typename V::vector;
  using scalar = T;
  using integer = wide<typename traits<T>::integer, Width>;
  using mask = integer;
  static constexpr int width = Width;

  static TFX_INLINE V splat(T x) { return repeated(x, std::make_integer_sequence<int, Width>{}); }
  static TFX_INLINE V load(const T* from) {
    V x;
    __builtin_memcpy(&x.v, from, sizeof(vector));
    return x;
  }
  static TFX_INLINE void put(T* to, const V& x) { __builtin_memcpy(to, &x.v, sizeof(vector)); }

  static TFX_INLINE V add(const V& a, const V& b) { return V::of(a.v + b.v); }
  static TFX_INLINE V sub(const V& a, const V& b) { return V::of(a.v - b.v); }
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
  static TFX_INLINE V lesser(const V& a, const V& b) { return V::of(a.v < b.v ? a.v : b.v); }
  static TFX_INLINE V greater(const V& a, const V& b) { return V::of(a.v > b.v ? a.v : b.v); }

  template <int By> static TFX_INLINE V down(const V& x) { return shuffled<By>(x, std::make_integer_sequence<int, Width>{}); }
  static TFX_INLINE T first(const V& x) { return x.v[0]; }

 private:
  template <int... I> static TFX_INLINE V repeated(T x, std::integer_sequence<int, I...>) {
#if !defined(__clang__)
    // g++ would put a list of equal elements together one by one: it takes it apart before it knows of the instruction.
    if (!__builtin_constant_p(x) && Width * sizeof(T) > 16) {
      constexpr int few = int(16 / sizeof(T));
      typename wide<T, few>::vector part = x - typename wide<T, few>::vector{};   // -0 too
      asm("" : "+x"(part));
      return V::of(__builtin_shufflevector(part, part, (I % few)...));
    }
#endif
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
    V r;
    for (int i = 0; i < Width; ++i) r.v[i] = traits<T>::fma(a.v[i], b.v[i], c.v[i]);
    return r;
  }
  static TFX_INLINE V sqrt(const V& a) { return roots(a, std::make_integer_sequence<int, Width / quad_width>{}); }
  static TFX_INLINE integer bits(const V& x) { return integer::of(typename integer::vector(x.v)); }
  static TFX_INLINE V from_bits(const integer& x) { return V::of(typename V::vector(x.v)); }

 private:
  static_assert(sizeof(V) <= 32);
  static constexpr int quad_width = int(16 / sizeof(T));
  using quad = typename wide<T, quad_width>::vector;
  template <int From, int... I> static TFX_INLINE quad root(const V& a, std::integer_sequence<int, I...>) {
    const quad part = __builtin_shufflevector(a.v, a.v, (From + I)...);
    if constexpr (quad_width == 4) return quad(_mm_sqrt_ps(__m128(part)));
    else return quad(_mm_sqrt_pd(__m128d(part)));
  }
  /// Each 16 bytes on their own: that instruction is in every x86-64.
  template <int... Part> static TFX_INLINE V roots(const V& a, std::integer_sequence<int, Part...>) {
    using all = std::make_integer_sequence<int, quad_width>;
    if constexpr (sizeof...(Part) == 1) return V::of(root<0>(a, all{}));
    else return joined(root<Part * quad_width>(a, all{})..., std::make_integer_sequence<int, Width>{});
  }
  template <int... I> static TFX_INLINE V joined(const quad& low, const quad& high, std::integer_sequence<int, I...>) {
    return V::of(__builtin_shufflevector(low, high, I...));
  }
};

template <class T, int Width>
requires std::is_integral_v<T>
struct traits<wide<T, Width>> : detail::wide_traits<T, Width> {
  using V = wide<T, Width>;
  using integer = V;

  static TFX_INLINE V neg(const V& a) { return V::of(-a.v); }
  static TFX_INLINE V mul(const V& a, const V& b) { return V::of(a.v * b.v); }
  static TFX_INLINE V div(const V& a, const V& b) { return V::of(a.v / b.v); }
  static TFX_INLINE V bit_and(const V& a, const V& b) { return V::of(a.v & b.v); }
  static TFX_INLINE V bit_or(const V& a, const V& b) { return V::of(a.v | b.v); }
  static TFX_INLINE V bit_xor(const V& a, const V& b) { return V::of(a.v ^ b.v); }
  static TFX_INLINE V shl(const V& a, int n) { return V::of(a.v << n); }
  static TFX_INLINE V shr(const V& a, int n) { return V::of(a.v >> n); }
};

}  // namespace tfx::lanes
