// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <tfx/core/config.hpp>
#include <tfx/core/float_format.hpp>

/// Correctly rounded operations for constant evaluation: what the hardware does at run time,
/// where a compiler does not fold the builtin (clang, EDG) or refuses to (a NaN or an infinity as the result).
namespace tfx::lanes::exact {

template <class T> using format = tfx::detail::float_format<T>;
using parts = tfx::detail::float_parts;

template <class T> inline constexpr T infinity = std::numeric_limits<T>::infinity();
template <class T> inline constexpr T nan = std::numeric_limits<T>::quiet_NaN();

/// Every bit but the sign, as a signed integer of the same size.
template <class T>
inline constexpr auto magnitude_bits = std::make_signed_t<typename format<T>::word>(~typename format<T>::word(0) >> 1);

template <class T> constexpr bool is_nan(T x) { return !(x == x); }
template <class T> constexpr bool is_finite(T x) { return x > -infinity<T> && x < infinity<T>; }
template <class T> constexpr bool is_negative(T x) {
  return (std::bit_cast<typename format<T>::word>(x) >> (sizeof(T) * 8 - 1)) != 0;
}

template <class T> constexpr parts split(T x) { return tfx::detail::split_float(x); }
/// m * 2^e rounded to nearest; bit 0 of m may stand for "and something more" if m has at least two bits to spare.
template <class T> constexpr T join(bool negative, std::uint64_t m, int e) { return tfx::detail::join_float<T>(negative, m, e); }

/// a * b as high and low word.
struct wide {
  std::uint64_t hi = 0, lo = 0;
};
constexpr wide multiply(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t al = a & 0xffffffffu, ah = a >> 32, bl = b & 0xffffffffu, bh = b >> 32;
  const std::uint64_t low = al * bl, m1 = ah * bl, m2 = al * bh;
  const std::uint64_t middle = (low >> 32) + (m1 & 0xffffffffu) + (m2 & 0xffffffffu);
  return {ah * bh + (m1 >> 32) + (m2 >> 32) + (middle >> 32), (middle << 32) | (low & 0xffffffffu)};
}

/// x * 2^n for -127 <= n <= 127; what is shifted out at the right is remembered in bit 0.
constexpr wide shift(wide x, int n) {
  if (n == 0) return x;
  if (n >= 64) return {x.lo << (n - 64), 0};
  if (n > 0) return {(x.hi << n) | (x.lo >> (64 - n)), x.lo << n};
  n = -n;
  if (n >= 64) {
    const int k = n - 64;
    const bool rest = x.lo != 0 || (k > 0 && (x.hi << (64 - k)) != 0);
    return {0, (x.hi >> k) | std::uint64_t(rest)};
  }
  return {x.hi >> n, (x.lo >> n) | (x.hi << (64 - n)) | std::uint64_t((x.lo << (64 - n)) != 0)};
}

/// Sums, products and fused sums of numbers below this magnitude can neither overflow nor become NaN.
template <class T> inline constexpr T moderate = sizeof(T) == 4 ? T(0x1p60) : T(0x1p400);

/// a + b rounded to odd: a second rounding, to fewer bits, then gives what one rounding would (Boldo and Melquiond
/// 2008).
constexpr double sum_to_odd(double a, double b) {
  const double s = a + b, t = s - a, error = (a - (s - t)) + (b - t);
  if (error == 0) return s;
  const auto word = __builtin_bit_cast(std::uint64_t, s);
  return __builtin_bit_cast(double, (word & 1) != 0 ? word : (error > 0) == (s > 0) ? word + 1 : word - 1);
}

/// a * b + c for moderate numbers, in few steps: compilers count them. Only in constant evaluation, where nothing is
/// contracted.
constexpr float quick_fma(float a, float b, float c) { return float(sum_to_odd(double(a) * double(b), double(c))); }
constexpr double quick_fma(double a, double b, double c) {
  const double p = a * b, ca = 134217729.0 * a, cb = 134217729.0 * b;
  const double ah = ca - (ca - a), al = a - ah, bh = cb - (cb - b), bl = b - bh;
  const double lost = al * bl - (((p - ah * bh) - al * bh) - ah * bl);  // p + lost = a * b (Dekker)
  const double t = c + lost, x = t - c, t_lost = (c - (t - x)) + (lost - x);
  const double v = p + t, y = v - p, v_lost = (p - (v - y)) + (t - y);
  return v + sum_to_odd(t_lost, v_lost);
}

/// a * b + c with one rounding.
template <class T> constexpr T fma(T a, T b, T c) {
  if (std::is_constant_evaluated()) {
    constexpr T m = moderate<T>;
    if (a < m && a > -m && b < m && b > -m && c < m && c > -m) {
      // A double's product must not lose its lower half to underflow.
      if (a == 0 || b == 0) return a * b + c;
      if (sizeof(T) == 4 || a * b > T(0x1p-900) || a * b < -T(0x1p-900)) return quick_fma(a, b, c);
    }
  }
  if (!is_finite(a) || !is_finite(b))
    return is_nan(a) || is_nan(b) || is_nan(c) || a == 0 || b == 0 ||
                   (!is_finite(c) && is_negative(c) != (is_negative(a) != is_negative(b)))
               ? nan<T>
           : is_negative(a) != is_negative(b) ? -infinity<T>
                                              : infinity<T>;
  if (!is_finite(c)) return c;
  const bool negative = is_negative(a) != is_negative(b);
  const parts pa = split(a), pb = split(b), pc = split(c);
  if (pa.m == 0 || pb.m == 0) {
    if (pc.m != 0) return c;
    return negative && is_negative(c) ? -T(0) : T(0);
  }
  wide product = multiply(pa.m, pb.m);
  int e = pa.e + pb.e;
  if (pc.m != 0) {
    // Both operands with their highest bit at 2^125, then the smaller one is moved down.
    const int up = (product.hi != 0 ? std::countl_zero(product.hi) : 64 + std::countl_zero(product.lo)) - 2;
    const int up_c = 62 + std::countl_zero(pc.m);
    product = shift(product, up);
    e -= up;
    wide addend = shift({0, pc.m}, up_c);
    const int down = (pc.e - up_c) - e;
    if (down > 0) {
      product = shift(product, down > 127 ? -127 : -down);
      e += down;
    } else {
      addend = shift(addend, down < -127 ? -127 : down);
    }
    if (negative == is_negative(c)) {
      product.lo += addend.lo;
      product.hi += addend.hi + std::uint64_t(product.lo < addend.lo);
    } else {
      bool less = product.hi < addend.hi || (product.hi == addend.hi && product.lo < addend.lo);
      const wide x = less ? addend : product, y = less ? product : addend;
      product = {x.hi - y.hi - std::uint64_t(x.lo < y.lo), x.lo - y.lo};
      if (product.hi == 0 && product.lo == 0) return T(0);
      if (less) {
        const wide r = shift(product, 0);
        const int n = r.hi != 0 ? std::countl_zero(r.hi) - 1 : 63 + std::countl_zero(r.lo);
        const wide top = shift(r, n);
        return join<T>(!negative, top.hi | std::uint64_t(top.lo != 0), e - n + 64);
      }
    }
  }
  const int n = product.hi != 0 ? std::countl_zero(product.hi) - 1 : 63 + std::countl_zero(product.lo);
  const wide top = shift(product, n);
  return join<T>(negative, top.hi | std::uint64_t(top.lo != 0), e - n + 64);
}

/// The square root, one bit of the result per turn.
template <class T> constexpr T sqrt(T x) {
  using F = format<T>;
  if (is_nan(x) || x == 0) return x;
  if (x < 0) return nan<T>;
  if (x == infinity<T>) return x;
  parts p = split(x);
  const int up = std::countl_zero(p.m) - (63 - F::mantissa);
  p.m <<= up;
  p.e -= up;
  if ((p.e + F::mantissa) % 2 != 0) {
    p.m <<= 1;
    --p.e;
  }
  std::uint64_t rest = p.m << 1, root = 0, twice = 0;
  for (std::uint64_t bit = std::uint64_t(1) << (F::mantissa + 1); bit != 0; bit >>= 1) {
    const std::uint64_t trial = twice + bit;
    if (trial <= rest) {
      twice = trial + bit;
      rest -= trial;
      root += bit;
    }
    rest <<= 1;
  }
  return join<T>(false, (root << 1) | std::uint64_t(rest != 0), (p.e + F::mantissa) / 2 - F::mantissa - 2);
}

template <class T> constexpr T add(T a, T b) {
  constexpr T m = moderate<T>;
  return a < m && a > -m && b < m && b > -m ? a + b : fma(a, T(1), b);
}

template <class T> constexpr T multiply(T a, T b) {
  constexpr T m = moderate<T>;
  if (a < m && a > -m && b < m && b > -m) return a * b;
  return fma(a, b, is_negative(a) != is_negative(b) ? -T(0) : T(0));
}

template <class T> constexpr T divide(T a, T b) {
  const bool negative = is_negative(a) != is_negative(b);
  if (is_nan(a) || is_nan(b) || (a == 0 && b == 0) || (!is_finite(a) && !is_finite(b))) return nan<T>;
  const T x = a < 0 ? -a : a, y = b < 0 ? -b : b;
  const bool overflows = y == 0 || x == infinity<T> || (y < 1 && x > 1 && x > std::numeric_limits<T>::max() * y);
  if (overflows) return negative ? -infinity<T> : infinity<T>;
  return a / b;
}

}  // namespace tfx::lanes::exact
