// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <tfx/lanes/math.hpp>

namespace tfx::lanes {

/// The result of comparing lanes.
template <lane_value V> struct lane_mask {
  mask_of<V> v;
  TFX_HD constexpr explicit lane_mask(mask_of<V> m) : v(m) {}

  using L = traits<V>;
  TFX_HD friend TFX_INLINE constexpr lane_mask operator&&(lane_mask a, lane_mask b) {
    return lane_mask(L::mask_and(a.v, b.v));
  }
  TFX_HD friend TFX_INLINE constexpr lane_mask operator||(lane_mask a, lane_mask b) {
    return lane_mask(L::mask_or(a.v, b.v));
  }
  TFX_HD friend TFX_INLINE constexpr lane_mask operator!(lane_mask a) { return lane_mask(L::mask_not(a.v)); }
  TFX_HD friend TFX_INLINE constexpr bool any(lane_mask a) { return L::any(a.v); }
};

/// The number an operation's `apply` computes with: one scalar, or as many as a SIMD register holds.
///
/// A strong type, because on a bare float `0.1 * x` is computed in double and `exp(x)` finds the C library's, and on
/// a bare batch `exp(x)` finds the SIMD library's: other bits, and not constant. Functions are found by
/// argument-dependent lookup; the only fused operation is `fma`: a * b + c rounds twice, with every compiler.
///
///     template <class V> static constexpr V apply(V x) { return select(x > 0, x, 0.01 * x); }
///
/// max and min give NaN if either operand is NaN, and the second operand if they compare equal. at_least(x, bound) and
/// at_most(x, bound) give NaN only if x is NaN, for a bound that is not: one instruction.
/// round gives the even integer at a tie. % and integer-only functions have no lane form.
template <lane_value V> struct lane {
  using scalar = scalar_of<V>;
  using mask = lane_mask<V>;
  V v;

  constexpr lane() = default;
  TFX_HD constexpr explicit lane(V x) requires(!std::is_arithmetic_v<V>) : v(x) {}
  /// A constant, in every lane.
  template <class Constant>
  requires std::is_arithmetic_v<Constant> TFX_HD constexpr lane(Constant c) : v(traits<V>::splat(scalar(c))) {}

  using L = traits<V>;
  TFX_HD static TFX_INLINE constexpr lane load(const scalar* from) { return wrap(L::load(from)); }
  TFX_HD TFX_INLINE constexpr void put(scalar* to) const { L::put(to, v); }
  TFX_HD static TFX_INLINE constexpr lane wrap(V x) { return lane(x); }

  TFX_HD friend TFX_INLINE constexpr lane operator+(lane a, lane b) { return lane(L::add(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr lane operator-(lane a, lane b) { return lane(L::sub(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr lane operator*(lane a, lane b) { return lane(L::mul(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr lane operator/(lane a, lane b) { return lane(L::div(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr lane operator-(lane a) { return lane(L::neg(a.v)); }
  TFX_HD friend TFX_INLINE constexpr lane& operator+=(lane& a, lane b) { return a = a + b; }
  TFX_HD friend TFX_INLINE constexpr lane& operator-=(lane& a, lane b) { return a = a - b; }
  TFX_HD friend TFX_INLINE constexpr lane& operator*=(lane& a, lane b) { return a = a * b; }
  TFX_HD friend TFX_INLINE constexpr lane& operator/=(lane& a, lane b) { return a = a / b; }

  TFX_HD friend TFX_INLINE constexpr mask operator==(lane a, lane b) { return mask(L::eq(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr mask operator!=(lane a, lane b) { return mask(L::ne(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr mask operator<(lane a, lane b) { return mask(L::lt(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr mask operator<=(lane a, lane b) { return mask(L::le(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr mask operator>(lane a, lane b) { return mask(L::gt(a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr mask operator>=(lane a, lane b) { return mask(L::ge(a.v, b.v)); }

  TFX_HD friend TFX_INLINE constexpr lane select(mask m, lane a, lane b) { return lane(L::select(m.v, a.v, b.v)); }
  TFX_HD friend TFX_INLINE constexpr lane max(lane a, lane b) { return select(a != a, a, lane(L::greater(a.v, b.v))); }
  TFX_HD friend TFX_INLINE constexpr lane min(lane a, lane b) { return select(a != a, a, lane(L::lesser(a.v, b.v))); }
  TFX_HD friend TFX_INLINE constexpr lane at_least(lane x, lane bound) { return lane(L::greater(bound.v, x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane at_most(lane x, lane bound) { return lane(L::lesser(bound.v, x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane abs(lane x) { return lane(math::abs(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane sign(lane x) { return lane(math::sign(x.v)); }

  TFX_HD friend TFX_INLINE constexpr lane fma(lane a, lane b, lane c) { return lane(L::fma(a.v, b.v, c.v)); }
  TFX_HD friend TFX_INLINE constexpr lane sqrt(lane x) { return lane(L::sqrt(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane floor(lane x) { return lane(math::floor(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane round(lane x) { return lane(math::round(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane copysign(lane x, lane y) { return lane(math::copysign(x.v, y.v)); }
  TFX_HD friend TFX_INLINE constexpr lane exp(lane x) { return lane(math::exp(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane expm1(lane x) { return lane(math::expm1(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane log(lane x) { return lane(math::log(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane log1p(lane x) { return lane(math::log1p(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane tanh(lane x) { return lane(math::tanh(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane sigmoid(lane x) { return lane(math::sigmoid(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane erf(lane x) { return lane(math::erf(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane erfc(lane x) { return lane(math::erfc(x.v)); }
  /// {P(N <= x), e^(-x^2 / 2)} of a standard normal N.
  TFX_HD friend TFX_INLINE constexpr detail::normal_terms<lane> normal_distribution(lane x) {
    const auto at = detail::normal_distribution(x.v);
    return {lane(at.below), lane(at.bell)};
  }
  TFX_HD friend TFX_INLINE constexpr lane sin(lane x) { return lane(math::sin(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane cos(lane x) { return lane(math::cos(x.v)); }
  TFX_HD friend TFX_INLINE constexpr lane pow(lane x, lane y) { return lane(math::pow(x.v, y.v)); }
};

/// 1 where true, 0 where false.
template <lane_value V> TFX_HD TFX_INLINE constexpr lane<V> as_lane(lane_mask<V> m) {
  return select(m, lane<V>(1), lane<V>(0));
}

}  // namespace tfx::lanes
