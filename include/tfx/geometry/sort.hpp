// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include <tfx/core/config.hpp>
#include <tfx/core/element.hpp>

namespace tfx {

/// What sorting the rows of a matrix knows.
struct sort_geometry {
  int columns;        ///< of what is sorted
  int ascending;      ///< 1: the least one first, and both zeros are equal; else the largest one first, and 0 is more than -0
  int whole, without_sign;   ///< 1: the words are integers; are unsigned ones
};

/// What the rows of two matrices, of which one says places in the other, know: columns of the one that is read.
struct along_geometry {
  int columns;
};

/// An integer that is the larger, the earlier a word comes in that order. A NaN is larger than every number, whatever its sign:
/// that differs between processors.
template <class T> TFX_INLINE constexpr whole_word<T> sort_key(T word, const sort_geometry& g) {
  using key_type = whole_word<T>;
  constexpr key_type largest = std::numeric_limits<key_type>::max();
  key_type key = whole_of(word);
  if (!g.whole) {
    key = key < 0 ? key ^ largest : key;
    key = word != word ? largest : g.ascending && word == 0 ? 0 : key;
  } else if (g.without_sign) {
    key ^= std::numeric_limits<key_type>::min();
  }
  return g.ascending ? ~key : key;
}

}  // namespace tfx
