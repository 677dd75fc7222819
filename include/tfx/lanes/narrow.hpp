// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/bfloat16.hpp>
#include <tfx/core/float16.hpp>
#include <tfx/lanes/lane.hpp>

/// Numbers of narrower formats in lanes: `Format` is bfloat16, float16 or float.
namespace tfx::lanes {
namespace detail {

/// How a narrower format lies in the bits of a lane's scalar.
template <class Format, class V> struct narrow_format {
  using L = traits<V>;
  using T = scalar_of<V>;
  using I = integer_of<V>;
  using integer = scalar_of<I>;
  using F = exact::format<Format>;
  using W = exact::format<T>;

  static constexpr int apart = W::mantissa - F::mantissa, sign_apart = W::size - F::size;
  static constexpr bool same_range = F::bias == W::bias;
  static constexpr integer sign = integer(integer(1) << (F::size - 1)), magnitude = sign - 1;
  static constexpr integer infinity = integer(F::max_exponent) << F::mantissa, quiet = integer(1) << (F::mantissa - 1);
  static constexpr integer wide_infinity = integer(W::max_exponent) << W::mantissa;
  static constexpr integer rebias = integer(W::bias - F::bias);   // of exponents
  /// The unit of its last place is the least number of the format: what is added to it and taken off again is a multiple of that.
  static constexpr T anchor = std::bit_cast<T>(integer(W::bias + 1 - F::bias - F::mantissa + W::mantissa) << W::mantissa);
  /// The bits of the least normal number.
  static constexpr integer least_normal = (rebias + 1) << W::mantissa;

  /// Of a number that is none: a quiet NaN in the format, and as a number of it.
  static constexpr integer nan = infinity | quiet, wide_nan = wide_infinity | quiet << apart;

  static TFX_INLINE constexpr I constant(integer x) { return traits<I>::splat(x); }
};

/// The processor's own rounding of lanes to a format; it may keep more bits of a NaN. A backend says which there are.
template <class Format, class V> struct rounded_by_processor;

}  // namespace detail

/// The numbers whose bits in a narrower format are the low bits of x; the bits above are 0.
template <class Format, floating_lane V> TFX_HD TFX_INLINE constexpr V widened(integer_of<V> x) {
  using N = detail::narrow_format<Format, V>;
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  if constexpr (sizeof(Format) == sizeof(scalar_of<V>)) {
    return L::from_bits(x);
  } else if constexpr (N::same_range) {
    return L::from_bits(I::shl(x, N::apart));
  } else {
    const auto size = I::bit_and(x, N::constant(N::magnitude)), sign = I::shl(I::bit_and(x, N::constant(N::sign)), N::sign_apart);
    const auto moved = I::shl(size, N::apart);
    const auto normal = I::add(moved, N::constant(N::rebias << N::W::mantissa));
    const auto not_finite = I::bit_or(moved, N::constant(N::wide_infinity));
    const auto anchored = L::from_bits(I::bit_or(size, L::bits(L::splat(N::anchor))));
    const auto denormal = L::bits(L::sub(anchored, L::splat(N::anchor)));
    const auto least = N::constant(typename N::integer(1) << N::F::mantissa);
    const auto made = I::select(I::lt(size, least), denormal, I::select(I::lt(size, N::constant(N::infinity)), normal, not_finite));
    return L::from_bits(I::bit_or(made, sign));
  }
}

/// The bits of numbers in a narrower format, rounded to nearest with ties to even, in the low bits; the others are 0.
template <class Format, floating_lane V> TFX_HD TFX_INLINE constexpr integer_of<V> narrowed(V x) {
  using N = detail::narrow_format<Format, V>;
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  using integer = typename N::integer;
  if constexpr (sizeof(Format) == sizeof(scalar_of<V>)) {
    return L::bits(x);
  } else {
    const auto bits = L::bits(x), size = I::bit_and(bits, N::constant(exact::magnitude_bits<scalar_of<V>>));
    const auto odd = I::bit_and(I::shr(size, N::apart), N::constant(1));
    auto made = I::shr(I::add(I::add(size, N::constant((integer(1) << (N::apart - 1)) - 1)), odd), N::apart);
    if constexpr (!N::same_range) {
      made = I::lesser(I::sub(made, N::constant(N::rebias << N::F::mantissa)), N::constant(N::infinity));
      const auto anchored = L::bits(L::add(L::from_bits(size), L::splat(N::anchor)));
      const auto denormal = I::sub(anchored, L::bits(L::splat(N::anchor)));
      made = I::select(I::lt(size, N::constant(N::least_normal)), denormal, made);
    }
    made = I::select(I::gt(size, N::constant(N::wide_infinity)), N::constant(N::nan), made);
    return I::bit_or(made, I::bit_and(I::shr(bits, N::sign_apart), N::constant(N::sign)));
  }
}

namespace math {

/// The number of a narrower format that is nearest to x, of two the even one; beyond the largest infinity. NaN stays NaN.
///
/// Numerics   one rounding, denormal results included
template <class Format, floating_lane V> TFX_HD TFX_INLINE constexpr V round_to(V x) {
  using N = detail::narrow_format<Format, V>;
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  using integer = typename N::integer;
  if constexpr (sizeof(Format) == sizeof(scalar_of<V>)) {
    return x;
  } else {
    const auto bits = L::bits(x), size = I::bit_and(bits, N::constant(exact::magnitude_bits<scalar_of<V>>));
    const auto sign = I::bit_and(bits, N::constant(~exact::magnitude_bits<scalar_of<V>>)), nan = I::bit_or(N::constant(N::wide_nan), sign);
    const auto is_nan = I::gt(size, N::constant(N::wide_infinity));
    if constexpr (requires { detail::rounded_by_processor<Format, V>::of(x); })
      if (!std::is_constant_evaluated()) return L::from_bits(I::select(is_nan, nan, L::bits(detail::rounded_by_processor<Format, V>::of(x))));
    constexpr integer low = (integer(1) << N::apart) - 1;
    const auto odd = I::bit_and(I::shr(size, N::apart), N::constant(1));
    auto made = I::bit_and(I::add(I::add(size, N::constant(low >> 1)), odd), N::constant(~low));
    if constexpr (!N::same_range) {
      const auto overflows = I::gt(made, N::constant((N::rebias << N::W::mantissa) + ((N::infinity - 1) << N::apart)));
      made = I::select(overflows, N::constant(N::wide_infinity), made);
      const auto denormal = L::bits(L::sub(L::add(L::from_bits(size), L::splat(N::anchor)), L::splat(N::anchor)));
      made = I::select(I::lt(size, N::constant(N::least_normal)), denormal, made);
    }
    return L::from_bits(I::select(is_nan, nan, I::bit_or(made, sign)));
  }
}

}  // namespace math

template <class Format, floating_lane V> TFX_HD TFX_INLINE constexpr lane<V> round_to(lane<V> x) {
  return lane<V>::wrap(math::round_to<Format>(x.v));
}

}  // namespace tfx::lanes
