// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lanes/integers.hpp>
#include <tfx/ops/operation.hpp>

namespace tfx {

/// Sums of a quantised product in the unit of its result: each scale is an integer of 32 bits and a power of two.
///
///     y = sums * multiplier * 2^(shift - 31)
///
/// Shape      multiplier and shift broadcast against the sums: one scale, or one of each column
/// Types      integers, as which numbers are read; int32
/// Gradient   none
/// Numerics   the integers of TensorFlow Lite, rounded twice. The zero point is added, and the range of bytes kept, by
///            cast<std::int8_t>(minimum(maximum(y + zero_point, -128), 127))
/// Source     Jacob et al. 2018, section 2.2
struct requantise_op : elementwise<requantise_op> {
  static constexpr std::string_view name = "requantise";
  static constexpr bool integers = true;
  static constexpr dtype result = dtype::int32;
  /// Lanes of numbers are registers that hold the integers.
  template <class V> static TFX_INLINE constexpr lanes::lane<V> apply(lanes::lane<V> sums, lanes::lane<V> multiplier, lanes::lane<V> shift) {
    if constexpr (lanes::integer_lane<V>) return lanes::lane<V>::wrap(lanes::math::multiply_by_quantized(sums.v, multiplier.v, shift.v));
    else return lanes::register_of<V>(apply(lanes::bits_of(sums), lanes::bits_of(multiplier), lanes::bits_of(shift)));
  }
  static constexpr auto derivative(auto, auto, auto, auto, auto) { return parts(handle{}, handle{}, handle{}); }
};
inline constexpr auto requantise = make_operation<requantise_op>;

}  // namespace tfx
