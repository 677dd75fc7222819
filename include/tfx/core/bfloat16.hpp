// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <type_traits>

#include <tfx/core/float_format.hpp>

namespace tfx {

struct bfloat16;
template <> struct detail::float_format<bfloat16> : float_bits<std::uint16_t, 8, 7> {};

/// A number of 16 bits with the range of a float and 8 significant bits. It is made from another one by rounding, once, to
/// nearest with ties to even, and computes as the float that it is.
struct bfloat16 {
  std::uint16_t bits = 0;

  constexpr bfloat16() = default;
  template <class X> requires std::is_floating_point_v<X>
  constexpr explicit bfloat16(X x) : bfloat16(detail::convert_float<bfloat16>(x)) {}
  static constexpr bfloat16 from_bits(std::uint16_t bits) { return std::bit_cast<bfloat16>(bits); }
  constexpr operator float() const { return std::bit_cast<float>(std::uint32_t(bits) << 16); }
};

}  // namespace tfx
