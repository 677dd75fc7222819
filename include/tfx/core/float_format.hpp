// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

/// Floating-point numbers taken apart and put together, of every format: where the hardware has none, and in constants.
namespace tfx::detail {

/// How the bits of a floating-point number lie: the sign, the exponent, the mantissa. All exponent bits set: not finite.
template <class Word, int Exponent, int Mantissa> struct float_bits {
  using word = Word;
  static constexpr int mantissa = Mantissa, bias = (1 << (Exponent - 1)) - 1, max_exponent = (1 << Exponent) - 1;
  static constexpr int size = 1 + Exponent + Mantissa;
};

template <class T> struct float_format;
template <> struct float_format<float> : float_bits<std::uint32_t, 8, 23> {};
template <> struct float_format<double> : float_bits<std::uint64_t, 11, 52> {};

/// A finite magnitude m * 2^e with integral m.
struct float_parts {
  std::uint64_t m = 0;
  int e = 0;
};

template <class T> constexpr float_parts split_float(T x) {
  using F = float_format<T>;
  const std::uint64_t word = std::bit_cast<typename F::word>(x);
  const int field = int((word >> F::mantissa) & F::max_exponent);
  const std::uint64_t low = word & ((std::uint64_t(1) << F::mantissa) - 1);
  if (field == 0) return {low, 1 - F::bias - F::mantissa};
  return {low | (std::uint64_t(1) << F::mantissa), field - F::bias - F::mantissa};
}

/// m * 2^e rounded to nearest, ties to even; bit 0 of m may stand for "and something more" if m has at least two bits
/// to spare.
template <class T> constexpr T join_float(bool negative, std::uint64_t m, int e) {
  using F = float_format<T>;
  using word = typename F::word;
  const std::uint64_t sign = negative ? std::uint64_t(1) << (F::size - 1) : 0;
  if (m == 0) return std::bit_cast<T>(word(sign));
  int drop = (64 - std::countl_zero(m)) - (F::mantissa + 1);
  constexpr int least = 1 - F::bias - F::mantissa;
  if (e + drop < least) drop = least - e;
  if (drop > 0) {
    if (drop > 63) return std::bit_cast<T>(word(sign));
    const std::uint64_t rest = m & ((std::uint64_t(1) << drop) - 1), half = std::uint64_t(1) << (drop - 1);
    m >>= drop;
    if (rest > half || (rest == half && (m & 1) != 0)) ++m;
  } else {
    m <<= -drop;
  }
  // The hidden bit adds one to the exponent field; a carry out of the rounding adds another.
  const std::uint64_t field = std::uint64_t(e + drop - least);
  if (field + (m >> F::mantissa) >= F::max_exponent)
    return std::bit_cast<T>(word(sign | std::uint64_t(F::max_exponent) << F::mantissa));
  return std::bit_cast<T>(word(sign | ((field << F::mantissa) + m)));
}

/// A number in another format, with one rounding to nearest, ties to even: beyond the largest infinity, NaN a quiet NaN.
template <class To, class From> constexpr To convert_float(From x) {
  using F = float_format<From>;
  using R = float_format<To>;
  const std::uint64_t word = std::bit_cast<typename F::word>(x), one = 1, infinity = std::uint64_t(F::max_exponent) << F::mantissa;
  const bool negative = (word >> (F::size - 1)) != 0;
  const std::uint64_t size = word & ((one << (F::size - 1)) - 1);
  if (size < infinity) {
    const float_parts parts = split_float(x);
    return join_float<To>(negative, parts.m, parts.e);
  }
  std::uint64_t made = std::uint64_t(negative) << (R::size - 1) | std::uint64_t(R::max_exponent) << R::mantissa;
  if (size > infinity) made |= one << (R::mantissa - 1);
  return std::bit_cast<To>(typename R::word(made));
}

}  // namespace tfx::detail
