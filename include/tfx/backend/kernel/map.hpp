// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/body.hpp>

namespace tfx {

/// A kernel without reductions: element by element.
template <class Backend, class T, class Code> struct map_tile : tile_body<Backend, T, Code> {
  using base = tile_body<Backend, T, Code>;
  using typename base::place, typename base::tables;

  static TFX_PART void run(const tables& f) {
    typename base::row a = base::row_of(f, 0);
    for (int r = 0; r < f.rows; ++r, base::advance(a, f)) {
      int c = 0;
      if constexpr (!base::facts::is_long(0)) {   // whole vectors without the cost of a mask; much code stands there once
        for (; c <= f.cols - base::width; c += base::width)
          base::template body<typename base::many, 0>(f, a.at, place{c, base::width});
      }
      for (; c < f.cols; c += base::width)
        base::template body<typename base::many, 0>(f, a.at, place{c, f.cols - c < base::width ? f.cols - c : base::width});
    }
  }
};

}  // namespace tfx
