// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <type_traits>

#include <tfx/lanes/lane.hpp>

/// Integers of the size of a number: in a register each is the bits of one. The lanes of integers are signed; an operation on
/// unsigned ones says so.
namespace tfx::lanes {

namespace detail {

template <class I> using unsigned_of = std::make_unsigned_t<scalar_of<I>>;
template <class I> inline constexpr int size_in_bits = 8 * int(sizeof(scalar_of<I>));

/// f of each lane, where there is no instruction.
template <class F, integer_lane I> TFX_HD TFX_INLINE constexpr I each(F f, I a, I b) {
  if constexpr (traits<I>::width == 1) {
    return f(a, b);
  } else {
    scalar_of<I> x[traits<I>::width], y[traits<I>::width];
    traits<I>::put(x, a);
    traits<I>::put(y, b);
    for (int i = 0; i < traits<I>::width; ++i) x[i] = f(x[i], y[i]);
    return traits<I>::load(x);
  }
}

/// A number added to one whose unit is 1: the sum's low bits are an integer.
template <class V> inline constexpr scalar_of<V> unit_anchor = single<V> ? scalar_of<V>(0x1p23) : scalar_of<V>(0x1p52);
template <class V> inline constexpr scalar_of<V> half_way = single<V> ? scalar_of<V>(0x1p16) : scalar_of<V>(0x1p32);

/// Integers from 0 to half_way - 1 as numbers; and signed ones, half_way of them.
template <class V> TFX_HD TFX_INLINE constexpr V number_of_low(integer_of<V> x) {
  using L = traits<V>;
  const V anchor = L::splat(unit_anchor<V>);
  return L::sub(L::from_bits(traits<integer_of<V>>::bit_or(x, L::bits(anchor))), anchor);
}
template <class V> TFX_HD TFX_INLINE constexpr V number_of_high(integer_of<V> x) {
  using L = traits<V>;
  const V anchor = L::splat(to_integer<V>);
  return L::sub(L::from_bits(traits<integer_of<V>>::add(x, L::bits(anchor))), anchor);
}
template <class V> TFX_HD TFX_INLINE constexpr integer_of<V> low_half(integer_of<V> x) {
  using I = traits<integer_of<V>>;
  using integer = scalar_of<integer_of<V>>;
  return I::bit_and(x, I::splat((integer(1) << (size_in_bits<integer> / 2)) - 1));
}

/// Numbers towards zero, all smaller than the largest integer.
template <floating_lane V> TFX_HD TFX_INLINE constexpr integer_of<V> truncate(V x) {
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  if constexpr (L::width == 1) {
    return static_cast<integer_of<V>>(x);
  } else if constexpr (requires { L::truncate(x); }) {
    return L::truncate(x);
  } else {
    const V size = math::floor(math::abs(x)), anchor = L::splat(unit_anchor<V>);
    const V high = math::floor(L::mul(size, L::splat(1 / half_way<V>)));
    const V low = L::fma(high, L::splat(-half_way<V>), size);
    const auto integer = [&](V part) { return I::bit_xor(L::bits(L::add(part, anchor)), L::bits(anchor)); };
    const auto made = I::add(I::shl(integer(high), size_in_bits<integer_of<V>> / 2), integer(low));
    return I::select(I::lt(L::bits(x), I::splat(0)), I::neg(made), made);
  }
}

}  // namespace detail

namespace math {

/// Integers as numbers, rounded to nearest with ties to even.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V number(integer_of<V> x) {
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  if constexpr (L::width == 1) {
    return static_cast<V>(x);
  } else if constexpr (requires { L::number(x); }) {
    return L::number(x);
  } else {
    const V high = detail::number_of_high<V>(I::shr(x, detail::size_in_bits<integer_of<V>> / 2));
    return L::fma(high, L::splat(detail::half_way<V>), detail::number_of_low<V>(detail::low_half<V>(x)));
  }
}

/// The same of unsigned ones.
template <floating_lane V> TFX_HD TFX_INLINE constexpr V unsigned_number(integer_of<V> x) {
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  const auto high = detail::low_half<V>(I::shr(x, detail::size_in_bits<integer_of<V>> / 2));
  return L::fma(detail::number_of_low<V>(high), L::splat(detail::half_way<V>), detail::number_of_low<V>(detail::low_half<V>(x)));
}

/// Numbers as integers, towards zero: the nearest one that there is beyond the ends of their range, 0 for NaN.
template <floating_lane V> TFX_HD TFX_INLINE constexpr integer_of<V> integer(V x) {
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  using limits = std::numeric_limits<scalar_of<integer_of<V>>>;
  constexpr auto past = scalar_of<V>(detail::unsigned_of<integer_of<V>>(1) << (detail::size_in_bits<integer_of<V>> - 1));
  const V zero = L::splat(0), inside = L::select(L::lt(math::abs(x), L::splat(past)), x, zero);
  const auto beyond = L::bits(L::select(L::ge(x, L::splat(past)), L::from_bits(I::splat(limits::max())), zero));
  const auto below = L::bits(L::select(L::le(x, L::splat(-past)), L::from_bits(I::splat(limits::min())), zero));
  return I::bit_or(detail::truncate(inside), I::bit_or(beyond, below));
}

/// The same of unsigned ones: 0 for all below 1.
template <floating_lane V> TFX_HD TFX_INLINE constexpr integer_of<V> unsigned_integer(V x) {
  using L = traits<V>;
  using I = traits<integer_of<V>>;
  constexpr auto half = scalar_of<V>(detail::unsigned_of<integer_of<V>>(1) << (detail::size_in_bits<integer_of<V>> - 1));
  const V zero = L::splat(0);
  const auto is_high = L::ge(x, L::splat(half));
  const V low = L::select(is_high, L::sub(x, L::splat(half)), x);
  const V inside = L::select(L::mask_and(L::gt(low, zero), L::lt(low, L::splat(half))), low, zero);
  const auto top = L::bits(L::select(is_high, L::splat(scalar_of<V>(-0.0)), zero));
  const auto beyond = L::bits(L::select(L::ge(x, L::splat(2 * half)), L::from_bits(I::splat(-1)), zero));
  return I::bit_or(I::bit_or(detail::truncate(inside), top), beyond);
}

/// The low bits of integers, with their highest one as the sign; or with zeros above.
template <int Bits, integer_lane I> TFX_HD TFX_INLINE constexpr I wrap(I x) {
  constexpr int above = detail::size_in_bits<I> - Bits;
  if constexpr (above == 0) return x;
  else return traits<I>::shr(traits<I>::shl(x, above), above);
}
template <int Bits, integer_lane I> TFX_HD TFX_INLINE constexpr I wrap_unsigned(I x) {
  using integer = scalar_of<I>;
  if constexpr (Bits == detail::size_in_bits<I>) return x;
  else return traits<I>::bit_and(x, traits<I>::splat((integer(1) << Bits) - 1));
}

/// Unsigned integers in the order of signed ones: what comparisons, the lesser and the greater one of the results tell.
template <integer_lane I> TFX_HD TFX_INLINE constexpr I ordered(I x) {
  return traits<I>::bit_xor(x, traits<I>::splat(std::numeric_limits<scalar_of<I>>::min()));
}
template <integer_lane I> TFX_HD TFX_INLINE constexpr mask_of<I> unsigned_less(I a, I b) { return traits<I>::lt(ordered(a), ordered(b)); }

/// Quotients towards zero. A quotient by 0 is -1; the least integer divided by -1 is itself.
template <integer_lane I> TFX_HD TFX_INLINE constexpr I divide(I a, I b) {
  using integer = scalar_of<I>;
  return detail::each([](integer x, integer y) { return y == 0 ? integer(-1) : y == -1 ? traits<integer>::neg(x) : integer(x / y); }, a, b);
}
/// The same of unsigned ones: a quotient by 0 is the largest integer.
template <integer_lane I> TFX_HD TFX_INLINE constexpr I unsigned_divide(I a, I b) {
  using integer = scalar_of<I>;
  using word = detail::unsigned_of<I>;
  return detail::each([](integer x, integer y) { return y == 0 ? integer(-1) : integer(word(x) / word(y)); }, a, b);
}
/// Bits moved to the right with zeros above.
template <integer_lane I> TFX_HD TFX_INLINE constexpr I unsigned_shr(I x, int n) {
  using integer = scalar_of<I>;
  if (n == 0) return x;
  return traits<I>::bit_and(traits<I>::shr(x, n), traits<I>::splat(integer(detail::unsigned_of<I>(-1) >> n)));
}

/// Bits moved by as many places as each lane says.
template <integer_lane I> TFX_HD TFX_INLINE constexpr I shl_each(I x, I n) {
  using integer = scalar_of<I>;
  if constexpr (requires { traits<I>::shl(x, n); } && traits<I>::width > 1) return traits<I>::shl(x, n);
  else return detail::each([](integer a, integer b) { return integer(detail::unsigned_of<I>(a) << b); }, x, n);
}
template <integer_lane I> TFX_HD TFX_INLINE constexpr I shr_each(I x, I n) {
  using integer = scalar_of<I>;
  if constexpr (requires { traits<I>::shr(x, n); } && traits<I>::width > 1) return traits<I>::shr(x, n);
  else return detail::each([](integer a, integer b) { return integer(a >> b); }, x, n);
}

/// round(a * b / 2^31) of integers of 32 bits, ties upwards; the least one by itself gives the largest.
template <integer_lane I> TFX_HD TFX_INLINE constexpr I doubled_high_product(I a, I b) {
  using L = traits<I>;
  if constexpr (detail::size_in_bits<I> == 64) {
    return L::lesser(L::shr(L::add(L::mul(a, b), L::splat(1 << 30)), 31), L::splat(0x7fffffff));
  } else {
    // By halves, as there is no word for the whole product (Hacker's Delight 8-2).
    const I a0 = L::bit_and(a, L::splat(0xffff)), a1 = L::shr(a, 16), b0 = L::bit_and(b, L::splat(0xffff)), b1 = L::shr(b, 16);
    const I t = L::add(L::mul(a1, b0), unsigned_shr(L::mul(a0, b0), 16));
    const I middle = L::add(L::mul(a0, b1), L::bit_and(t, L::splat(0xffff)));
    const I high = L::add(L::add(L::mul(a1, b1), L::shr(t, 16)), L::shr(middle, 16));
    const I low = L::mul(a, b), rounded = L::add(low, L::splat(1 << 30));
    const I carry = L::select(unsigned_less(rounded, low), L::splat(1), L::splat(0));
    const I made = L::bit_or(L::shl(L::add(high, carry), 1), unsigned_shr(rounded, 31));
    const auto both_least = L::mask_and(L::eq(a, b), L::eq(a, L::splat(std::numeric_limits<std::int32_t>::min())));
    return L::select(both_least, L::splat(std::numeric_limits<std::int32_t>::max()), made);
  }
}

/// x * multiplier * 2^(shift - 31), rounded twice as in TensorFlow Lite: the product upwards at a tie, then a shift to the right
/// away from 0. All are integers of 32 bits, the multiplier from 2^30 on or 0, the shift from -31 to 30.
///
/// Source     Jacob et al. 2018, section 2.2; MultiplyByQuantizedMultiplier of TensorFlow Lite
template <integer_lane I> TFX_HD TFX_INLINE constexpr I multiply_by_quantized(I x, I multiplier, I shift) {
  using L = traits<I>;
  const I none = L::splat(0), one = L::splat(1);
  const I moved = wrap<32>(shl_each(x, L::greater(shift, none))), right = L::greater(L::neg(shift), none);
  const I high = doubled_high_product(moved, multiplier);
  const I mask = L::sub(shl_each(one, right), one), rest = L::bit_and(high, mask);
  const I negative = L::select(L::lt(high, none), one, none), threshold = L::add(unsigned_shr(mask, 1), negative);
  return L::add(shr_each(high, right), L::select(L::gt(rest, threshold), one, none));
}

}  // namespace math

/// Numbers and the integers in their registers.
template <floating_lane V> TFX_HD TFX_INLINE constexpr lane<integer_of<V>> bits_of(lane<V> x) { return lane<integer_of<V>>::wrap(traits<V>::bits(x.v)); }
template <floating_lane V> TFX_HD TFX_INLINE constexpr lane<V> register_of(lane<integer_of<V>> x) { return lane<V>::wrap(traits<V>::from_bits(x.v)); }

}  // namespace tfx::lanes
