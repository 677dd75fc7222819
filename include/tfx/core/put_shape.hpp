// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/core/shape.hpp>

namespace tfx {

/// A shape as everything prints it, `[64, 28, 28]`, to what has `put` for characters and texts. `bound` stands in front of a
/// bounded batch.
template <class Out> constexpr void put_shape(Out& out, const dims& shape, std::string_view bound = {}) {
  const auto digits = [&out](auto& self, int n) -> void {
    if (n >= 10) self(self, n / 10);
    out.put(char('0' + n % 10));
  };
  out.put('[');
  for (int i = 0; i < shape.rank; ++i) {
    if (i > 0) out.put(std::string_view(", "));
    if (i == 0 && shape.bounded) out.put(bound);
    digits(digits, shape.extent[i]);
  }
  out.put(']');
}

}  // namespace tfx
