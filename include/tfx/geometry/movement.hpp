// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/shape.hpp>
#include <tfx/geometry/geometry.hpp>

namespace tfx {

/// What an operation knows that fetches each result from one place of one input. Axes are those of the result, aligned at the
/// last of `max_rank`.
struct movement_geometry {
  int extent[max_rank];   ///< of the result
  int step[max_rank];     ///< in the input: 0 repeats, negative turns round
  int first;              ///< place of the first result

  static constexpr int aligned(int axis, int rank) { return max_rank - rank + axis; }
};

/// What padding knows.
struct padding_geometry {
  int extent[max_rank];   ///< of the result
  int before[max_rank];   ///< elements in front of the input
  int inner[max_rank];    ///< extents of the input
};

/// Matrices side by side.
struct concatenate_geometry {
  static constexpr int most = 16;
  int width[most];   ///< columns of each
};

}  // namespace tfx
