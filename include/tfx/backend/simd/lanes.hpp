// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#if defined(__GNUC__) && !defined(__clang__)
// The AVX-512 intrinsics of g++ 12 warn of their own undefined operands (bug 105593, fixed in 13).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif
#include <xsimd/xsimd.hpp>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

#include <tfx/lanes/root.hpp>
#include <tfx/lanes/traits.hpp>

/// Lane arithmetic on xsimd batches, from version 8 to 14. The instruction set stands in the batch's type, so
/// translation units compiled for different ones can be linked together.
namespace tfx::lanes {
namespace detail {

template <class T, class Arch> struct batch_traits {
  using V = xsimd::batch<T, Arch>;
  using scalar = T;
  using mask = xsimd::batch_bool<T, Arch>;
  static constexpr int width = int(V::size);

  static TFX_INLINE V splat(T x) { return V(x); }
  static TFX_INLINE V load(const T* from) { return V::load_unaligned(from); }
  static TFX_INLINE void put(T* to, V x) { x.store_unaligned(to); }

  static TFX_INLINE mask eq(V a, V b) { return a == b; }
  /// Version 8's != is false on NaN with AVX; and g++ does not always inline its `!`.
  static TFX_INLINE mask ne(V a, V b) {
#if defined(__AVX512F__)
    if constexpr (sizeof(V) == 64 && std::is_same_v<T, float>) return mask(_mm512_cmp_ps_mask(a, b, _CMP_NEQ_UQ));
    if constexpr (sizeof(V) == 64 && std::is_same_v<T, double>) return mask(_mm512_cmp_pd_mask(a, b, _CMP_NEQ_UQ));
#endif
    return !(a == b);
  }
  static TFX_INLINE mask lt(V a, V b) { return a < b; }
  static TFX_INLINE mask le(V a, V b) { return a <= b; }
  static TFX_INLINE mask gt(V a, V b) { return a > b; }
  static TFX_INLINE mask ge(V a, V b) { return a >= b; }
  static TFX_INLINE mask mask_and(mask a, mask b) { return a & b; }
  static TFX_INLINE mask mask_or(mask a, mask b) { return a | b; }
  static TFX_INLINE mask mask_not(mask a) { return !a; }
  static TFX_INLINE bool any(mask a) { return xsimd::any(a); }
  static TFX_INLINE V select(mask m, V a, V b) { return xsimd::select(m, a, b); }

  /// Lane i of the result is lane i + By; those that this leaves are of no use.
  template <int By> static TFX_INLINE V down(V x) { return shuffled<By>(x, std::make_integer_sequence<int, width>{}); }
  static TFX_INLINE T first(V x) { return raw(x.data)[0]; }

 private:
  typedef T raw __attribute__((vector_size(sizeof(V))));
  template <int By, int... I> static TFX_INLINE V shuffled(V x, std::integer_sequence<int, I...>) {
    const raw from = raw(x.data);
    return V(typename V::register_type(__builtin_shufflevector(from, from, (I + By) % width...)));
  }
};

/// One scalar operation per lane, where there is no instruction.
template <class V, class Operation> TFX_INLINE V each_lane(Operation operation, V a, V b, V c) {
  using T = typename V::value_type;
  constexpr int width = int(V::size);
  T x[width], y[width], z[width];
  a.store_unaligned(x);
  b.store_unaligned(y);
  c.store_unaligned(z);
  for (int i = 0; i < width; ++i) x[i] = operation(x[i], y[i], z[i]);
  return V::load_unaligned(x);
}

template <class T> struct scalar_fma {
  TFX_INLINE T operator()(T a, T b, T c) const { return traits<T>::fma(a, b, c); }
};
template <class T> struct scalar_div {
  TFX_INLINE T operator()(T a, T b, T) const { return T(a / b); }
};

}  // namespace detail

template <class T, class Arch>
requires std::is_floating_point_v<T>
struct traits<xsimd::batch<T, Arch>> : detail::batch_traits<T, Arch> {
  using V = xsimd::batch<T, Arch>;
  using integer = xsimd::batch<typename traits<T>::integer, Arch>;
  static constexpr bool single = sizeof(T) == 4;
  static constexpr int bytes = int(V::size * sizeof(T));

  static TFX_INLINE V neg(V a) { return from_bits(bits(a) ^ bits(V(T(-0.0)))); }
  static TFX_INLINE V add(V a, V b) { return a + b; }
  static TFX_INLINE V sub(V a, V b) { return a - b; }
#if defined(__aarch64__)
  // On floats xsimd 8 refines an estimate of the reciprocal; only the instructions round correctly.
  static TFX_INLINE V div(V a, V b) {
    if constexpr (single) return V(vdivq_f32(a, b));
    else return a / b;
  }
  static TFX_INLINE V sqrt(V a) {
    if constexpr (single) return V(vsqrtq_f32(a));
    else return xsimd::sqrt(a);
  }
#else
  static TFX_INLINE V div(V a, V b) { return a / b; }
  static TFX_INLINE V sqrt(V a) {
#if defined(__AVX512F__)
    if constexpr (bytes == 64 && single)
      if (detail::has_root_of_estimate(a)) [[likely]]
        return detail::root_of_estimate(a, V(_mm512_rsqrt14_ps(a)));
#endif
    return xsimd::sqrt(a);
  }
#endif

  /// g++ would contract the product with a following sum, across intrinsics too; so would clang under -ffp-contract=fast.
  static TFX_INLINE V mul(V a, V b) {
    V p = a * b;
#if defined(__GNUC__)
#if defined(__FMA__) || defined(__AVX512F__)
    asm("" : "+v"(p.data));
#elif defined(__aarch64__)
    asm("" : "+w"(p.data));
#endif
#endif
    return p;
  }

  /// xsimd's own `fma` multiplies and adds where it does not know an instruction (in version 8 with AVX-512 too).
  static TFX_INLINE V fma(V a, V b, V c) {
#if defined(__AVX512F__)
    if constexpr (bytes == 64 && single) return V(_mm512_fmadd_ps(a, b, c));
    if constexpr (bytes == 64 && !single) return V(_mm512_fmadd_pd(a, b, c));
#endif
#if defined(__FMA__)
    if constexpr (bytes == 32 && single) return V(_mm256_fmadd_ps(a, b, c));
    if constexpr (bytes == 32 && !single) return V(_mm256_fmadd_pd(a, b, c));
    if constexpr (bytes == 16 && single) return V(_mm_fmadd_ps(a, b, c));
    if constexpr (bytes == 16 && !single) return V(_mm_fmadd_pd(a, b, c));
#elif defined(__aarch64__)
    return xsimd::fma(a, b, c);
#endif
    return detail::each_lane(detail::scalar_fma<T>(), a, b, c);
  }

  /// xsimd's min and max differ between versions when an operand is NaN; the instructions are what is wanted.
  static TFX_INLINE V lesser(V a, V b) {
#if defined(__AVX512F__)
    if constexpr (bytes == 64 && single) return V(_mm512_min_ps(a, b));
    if constexpr (bytes == 64 && !single) return V(_mm512_min_pd(a, b));
#endif
#if defined(__AVX__)
    if constexpr (bytes == 32 && single) return V(_mm256_min_ps(a, b));
    if constexpr (bytes == 32 && !single) return V(_mm256_min_pd(a, b));
#endif
#if defined(__SSE2__)
    if constexpr (bytes == 16 && single) return V(_mm_min_ps(a, b));
    if constexpr (bytes == 16 && !single) return V(_mm_min_pd(a, b));
#endif
    return xsimd::select(a < b, a, b);
  }
  static TFX_INLINE V greater(V a, V b) {
#if defined(__AVX512F__)
    if constexpr (bytes == 64 && single) return V(_mm512_max_ps(a, b));
    if constexpr (bytes == 64 && !single) return V(_mm512_max_pd(a, b));
#endif
#if defined(__AVX__)
    if constexpr (bytes == 32 && single) return V(_mm256_max_ps(a, b));
    if constexpr (bytes == 32 && !single) return V(_mm256_max_pd(a, b));
#endif
#if defined(__SSE2__)
    if constexpr (bytes == 16 && single) return V(_mm_max_ps(a, b));
    if constexpr (bytes == 16 && !single) return V(_mm_max_pd(a, b));
#endif
    return xsimd::select(a > b, a, b);
  }

#if defined(__AVX512DQ__)
  static constexpr bool converts = single || bytes == 64;
#elif defined(__x86_64__)
  static constexpr bool converts = single;
#else
  static constexpr bool converts = false;
#endif
  /// Integers as numbers, and numbers towards zero, where there are instructions for both.
  static TFX_INLINE V number(integer x) requires(converts) {
#if defined(__AVX512DQ__)
    if constexpr (bytes == 64 && !single) return V(_mm512_cvtepi64_pd(x));
#endif
#if defined(__AVX512F__)
    if constexpr (bytes == 64 && single) return V(_mm512_cvtepi32_ps(x));
#endif
#if defined(__AVX__)
    if constexpr (bytes == 32) return V(_mm256_cvtepi32_ps(x));
#endif
#if defined(__SSE2__)
    if constexpr (bytes == 16) return V(_mm_cvtepi32_ps(x));
#endif
  }
  static TFX_INLINE integer truncate(V x) requires(converts) {
#if defined(__AVX512DQ__)
    if constexpr (bytes == 64 && !single) return integer(_mm512_cvttpd_epi64(x));
#endif
#if defined(__AVX512F__)
    if constexpr (bytes == 64 && single) return integer(_mm512_cvttps_epi32(x));
#endif
#if defined(__AVX__)
    if constexpr (bytes == 32) return integer(_mm256_cvttps_epi32(x));
#endif
#if defined(__SSE2__)
    if constexpr (bytes == 16) return integer(_mm_cvttps_epi32(x));
#endif
  }

#if XSIMD_VERSION_MAJOR < 9
  static TFX_INLINE integer bits(V x) { return xsimd::bitwise_cast<integer>(x); }
  static TFX_INLINE V from_bits(integer x) { return xsimd::bitwise_cast<V>(x); }
#else
  static TFX_INLINE integer bits(V x) { return xsimd::bitwise_cast<typename integer::value_type>(x); }
  static TFX_INLINE V from_bits(integer x) { return xsimd::bitwise_cast<T>(x); }
#endif
};

template <class T, class Arch>
requires std::is_integral_v<T>
struct traits<xsimd::batch<T, Arch>> : detail::batch_traits<T, Arch> {
  using V = xsimd::batch<T, Arch>;
  using integer = V;

  static TFX_INLINE V neg(V a) { return V(T(0)) - a; }
  static TFX_INLINE V add(V a, V b) { return a + b; }
  static TFX_INLINE V sub(V a, V b) { return a - b; }
  static TFX_INLINE V mul(V a, V b) { return a * b; }
  static TFX_INLINE V div(V a, V b) { return detail::each_lane(detail::scalar_div<T>(), a, b, b); }
  /// In xsimd 8 that of integers does not compile for AVX-512.
  static TFX_INLINE V select(xsimd::batch_bool<T, Arch> m, V a, V b) {
#if defined(__AVX512F__)
    if constexpr (V::size * sizeof(T) == 64 && sizeof(T) == 4) return V(_mm512_mask_blend_epi32(m, b, a));
    else if constexpr (V::size * sizeof(T) == 64) return V(_mm512_mask_blend_epi64(m, b, a));
    else
#endif
      return xsimd::select(m, a, b);
  }
  static TFX_INLINE V lesser(V a, V b) { return select(a < b, a, b); }
  static TFX_INLINE V greater(V a, V b) { return select(a > b, a, b); }
  static TFX_INLINE V bit_and(V a, V b) { return a & b; }
  static TFX_INLINE V bit_or(V a, V b) { return a | b; }
  static TFX_INLINE V bit_xor(V a, V b) { return a ^ b; }
  static TFX_INLINE V shl(V a, int n) { return a << n; }
  static TFX_INLINE V shr(V a, int n) { return a >> n; }
  /// By as many places as each lane says.
  static TFX_INLINE V shl(V a, V n) { return a << n; }
  static TFX_INLINE V shr(V a, V n) { return a >> n; }
};

}  // namespace tfx::lanes
