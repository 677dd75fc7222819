// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/config.hpp>

namespace tfx {

/// The row that an index names in a table of so many, or -1. Compared before it is cast: NaN and what no int holds name
/// none.
template <class T> TFX_INLINE constexpr int row_of_index(T index, int rows) {
  const int row = index >= T(0) && index < T(2147483648.0) ? int(index) : -1;
  return row < rows ? row : -1;
}

}  // namespace tfx
