// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/config.hpp>
#include <tfx/core/put_shape.hpp>

#if TFX_CHECKS
#include <tfx/core/fail.hpp>
#include <tfx/core/mistake.hpp>
#endif

namespace tfx::detail {

#if TFX_CHECKS
[[noreturn]] TFX_COLD inline void complain_index(const dims& shape, int axis, long long index) {
  message s;   // far longer than any of these: zeros end it
  s.put("tensor ");
  put_shape(s, shape);
  s.put(": index ");
  s.put(index);
  if (shape.rank > 1) {
    s.put(" of axis ");
    s.put(axis);
  }
  s.put(" is out of range");
  fail(s.text);
}
#endif

/// Is there an element at this index of an axis? Asked in debug builds alone (`TFX_CHECKS`).
template <class S> constexpr void check_index([[maybe_unused]] int axis, [[maybe_unused]] long long index) {
#if TFX_CHECKS
  if (index < 0 || index >= S::value.extent[axis]) complain_index(S::value, axis, index);
#endif
}

}  // namespace tfx::detail
