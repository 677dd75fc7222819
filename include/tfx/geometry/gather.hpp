// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/geometry.hpp>

namespace tfx {

/// What gathering rows of a table, and summing rows into one, know: the table.
struct table_geometry {
  int rows = 0, cols = 0;
};

/// What exchanging batch and steps knows: how many there are of both, and the matrix rows of one value.
struct sequence_geometry {
  int steps = 0, batch = 0, rows = 0;
};

}  // namespace tfx
