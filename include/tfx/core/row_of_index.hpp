// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/config.hpp>
#include <tfx/core/element.hpp>

namespace tfx {

/// The row that an index names in a table of so many, or -1. The index is a word of a program: the bits of an integer.
template <class T> TFX_INLINE constexpr int row_of_index(T index, int rows) {
  const auto row = whole_of(index);
  return row >= 0 && row < rows ? int(row) : -1;
}

}  // namespace tfx
