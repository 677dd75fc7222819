// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <tfx/core/config.hpp>
#include <tfx/lanes/exact.hpp>

namespace tfx::lanes {

/// The arithmetic that kernels are written in: one set of functions per lane type, a scalar or a SIMD batch of scalars.
///
/// Every function gives the same bits on every lane type, compiler and instruction set, and in constant evaluation
/// (only the sign and payload of a NaN are left open). For that a product is never contracted into a following sum,
/// which g++ does across statements and intrinsics: `mul` and `add` round, `fma` is the only fused operation. What is
/// missing in hardware calls the exact library function: same bits, slower.
///
///     scalar, integer, mask, width            the element, the lanes of its bits, the result of comparing, how many
///     splat load put                          memory is unaligned
///     add sub mul div neg                     integers too (div: towards zero, the divisor is not 0)
///     fma sqrt                                floating point only
///     lesser greater                          a < b ? a : b and a > b ? a : b: the second operand if one is NaN
///     eq ne lt le gt ge                       on NaN only ne is true
///     mask_and mask_or mask_not any select
///     bits from_bits                          floating point <-> integer
///     bit_and bit_or bit_xor shl shr          integers only; shr keeps the sign
template <class V> struct traits;

template <class V> using scalar_of = typename traits<V>::scalar;
template <class V> using integer_of = typename traits<V>::integer;
template <class V> using mask_of = typename traits<V>::mask;

/// A type with traits: what the functions of this folder work on.
template <class V> concept lane_value = requires { typename traits<V>::mask; };
template <class V> concept floating_lane = lane_value<V> && std::is_floating_point_v<typename traits<V>::scalar>;
template <class V> concept integer_lane = lane_value<V> && std::is_integral_v<typename traits<V>::scalar>;

namespace detail {

/// A value the optimizer must treat as rounded: g++ contracts across statements, clang under -ffp-contract=fast. Free: an
/// empty statement on the register, and only where a fused multiply-add exists (in a build for any x86-64, in some functions).
template <class T> TFX_HD TFX_INLINE T rounded(T x) {
#if defined(__GNUC__) && !defined(__CUDA_ARCH__)
#if defined(__x86_64__) || defined(__i386__)
#if defined(__x86_64__) || defined(__FMA__)
  asm("" : "+x"(x));
#endif
#elif defined(__aarch64__)
  asm("" : "+w"(x));
#elif defined(__arm__)
#if defined(__ARM_FEATURE_FMA) && !defined(__SOFTFP__)
  if constexpr (sizeof(T) == 4) asm("" : "+t"(x));
#if __ARM_FP & 8
  else
    asm("" : "+w"(x));
#endif
#endif
#elif defined(__riscv_flen)
  asm("" : "+f"(x));
#elif !defined(__clang__)
  return __builtin_assoc_barrier(x);
#endif
#endif
  return x;
}

template <class T> struct scalar_traits {
  using scalar = T;
  using mask = bool;
  static constexpr int width = 1;

  TFX_HD static TFX_INLINE constexpr T splat(T x) { return x; }
  TFX_HD static TFX_INLINE constexpr T load(const T* from) { return *from; }
  TFX_HD static TFX_INLINE constexpr void put(T* to, T x) { *to = x; }

  TFX_HD static TFX_INLINE constexpr bool eq(T a, T b) { return a == b; }
  TFX_HD static TFX_INLINE constexpr bool ne(T a, T b) { return a != b; }
  TFX_HD static TFX_INLINE constexpr bool lt(T a, T b) { return a < b; }
  TFX_HD static TFX_INLINE constexpr bool le(T a, T b) { return a <= b; }
  TFX_HD static TFX_INLINE constexpr bool gt(T a, T b) { return a > b; }
  TFX_HD static TFX_INLINE constexpr bool ge(T a, T b) { return a >= b; }
  TFX_HD static TFX_INLINE constexpr bool mask_and(bool a, bool b) { return a & b; }
  TFX_HD static TFX_INLINE constexpr bool mask_or(bool a, bool b) { return a | b; }
  TFX_HD static TFX_INLINE constexpr bool mask_not(bool a) { return !a; }
  TFX_HD static TFX_INLINE constexpr bool any(bool a) { return a; }
  TFX_HD static TFX_INLINE constexpr T select(bool m, T a, T b) { return m ? a : b; }
  TFX_HD static TFX_INLINE constexpr T lesser(T a, T b) { return a < b ? a : b; }
  TFX_HD static TFX_INLINE constexpr T greater(T a, T b) { return a > b ? a : b; }
};

template <class T, class Integer> struct floating_traits : scalar_traits<T> {
  using integer = Integer;

  TFX_HD static TFX_INLINE constexpr T neg(T a) { return -a; }
  TFX_HD static TFX_INLINE constexpr T add(T a, T b) {
    if (std::is_constant_evaluated()) return exact::add(a, b);
    return a + b;
  }
  TFX_HD static TFX_INLINE constexpr T sub(T a, T b) {
    if (std::is_constant_evaluated()) return exact::add(a, -b);
    return a - b;
  }
  TFX_HD static TFX_INLINE constexpr T mul(T a, T b) {
    if (std::is_constant_evaluated()) return exact::multiply(a, b);
#if defined(__CUDA_ARCH__)
    if constexpr (sizeof(T) == 4)
      return __fmul_rn(a, b);
    else
      return __dmul_rn(a, b);
#else
    return detail::rounded(a * b);
#endif
  }
  TFX_HD static TFX_INLINE constexpr T div(T a, T b) {
    if (std::is_constant_evaluated()) return exact::divide(a, b);
#if defined(__CUDA_ARCH__)
    if constexpr (sizeof(T) == 4)
      return __fdiv_rn(a, b);
    else
      return __ddiv_rn(a, b);
#else
    return a / b;
#endif
  }
  TFX_HD static TFX_INLINE constexpr T fma(T a, T b, T c) {
    if (std::is_constant_evaluated()) {
#if defined(__GNUC__) && !defined(__clang__) && !defined(__CUDACC__)
      constexpr T m = exact::moderate<T>;
      if (!(a < m && a > -m && b < m && b > -m && c < m && c > -m)) return exact::fma(a, b, c);
#else
      return exact::fma(a, b, c);
#endif
    }
    if constexpr (sizeof(T) == 4)
      return __builtin_fmaf(a, b, c);
    else
      return __builtin_fma(a, b, c);
  }
  TFX_HD static TFX_INLINE constexpr T sqrt(T a) {
    if (std::is_constant_evaluated()) return exact::sqrt(a);
    if constexpr (sizeof(T) == 4)
      return __builtin_sqrtf(a);
    else
      return __builtin_sqrt(a);
  }
  TFX_HD static TFX_INLINE constexpr integer bits(T x) { return __builtin_bit_cast(integer, x); }
  TFX_HD static TFX_INLINE constexpr T from_bits(integer x) { return __builtin_bit_cast(T, x); }
};

/// Integers wrap around.
template <class T> struct integer_traits : scalar_traits<T> {
  using integer = T;
  using word = std::make_unsigned_t<T>;

  TFX_HD static TFX_INLINE constexpr T neg(T a) { return T(word(0) - word(a)); }
  TFX_HD static TFX_INLINE constexpr T add(T a, T b) { return T(word(a) + word(b)); }
  TFX_HD static TFX_INLINE constexpr T sub(T a, T b) { return T(word(a) - word(b)); }
  TFX_HD static TFX_INLINE constexpr T mul(T a, T b) { return T(word(a) * word(b)); }
  TFX_HD static TFX_INLINE constexpr T div(T a, T b) { return T(a / b); }
  TFX_HD static TFX_INLINE constexpr T bit_and(T a, T b) { return T(a & b); }
  TFX_HD static TFX_INLINE constexpr T bit_or(T a, T b) { return T(a | b); }
  TFX_HD static TFX_INLINE constexpr T bit_xor(T a, T b) { return T(a ^ b); }
  TFX_HD static TFX_INLINE constexpr T shl(T a, int n) { return T(word(a) << n); }
  TFX_HD static TFX_INLINE constexpr T shr(T a, int n) { return T(a >> n); }
};

}  // namespace detail

template <> struct traits<float> : detail::floating_traits<float, std::int32_t> {};
template <> struct traits<double> : detail::floating_traits<double, std::int64_t> {};
template <> struct traits<std::int32_t> : detail::integer_traits<std::int32_t> {};
template <> struct traits<std::int64_t> : detail::integer_traits<std::int64_t> {};

}  // namespace tfx::lanes
