// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <tfx/core/float_format.hpp>

namespace tfx {

struct float16;
template <> struct detail::float_format<float16> : float_bits<std::uint16_t, 5, 10> {};

/// A number of 16 bits with 11 significant bits, at most 65504 (IEEE 754 binary16). It is made from another one by rounding,
/// once, to nearest with ties to even, and computes as the float that it is.
struct float16 {
  std::uint16_t bits = 0;

  constexpr float16() = default;
  template <class X> requires std::is_floating_point_v<X>
  constexpr explicit float16(X x) : float16(detail::convert_float<float16>(x)) {}
  static constexpr float16 from_bits(std::uint16_t bits) { return std::bit_cast<float16>(bits); }
  constexpr operator float() const { return detail::convert_float<float>(*this); }
};

}  // namespace tfx
