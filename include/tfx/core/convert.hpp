// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <type_traits>

namespace tfx {

/// A number as another arithmetic type, defined for every number: floating point becomes an integer towards zero, the nearest
/// end of the type's range beyond it, and 0 if it is NaN (as JAX); an integer keeps its low bits in a narrower type; bool says
/// whether the number is not 0. Of a complex number it is the real part, and the other one is 0.
template <class To, class From> constexpr To converted(From x) {
  if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> && !std::is_same_v<To, bool>) {
    using range = std::numeric_limits<To>;
    constexpr From past = From(range::max() / 2 + 1) * 2;   // exact, unlike the largest itself
    if (x != x) return 0;
    if (x <= From(range::min())) return range::min();
    if (x >= past) return range::max();
  }
  if constexpr (std::is_arithmetic_v<From> && requires { typename To::value_type; }) return To(static_cast<typename To::value_type>(x));   // the real part
  else return static_cast<To>(x);
}

}  // namespace tfx
