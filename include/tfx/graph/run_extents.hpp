// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/length.hpp>
#include <tfx/graph/complaints.hpp>

namespace tfx {

/// Extents that are known when a program runs: rows of the batch, and lengths.
struct run_extents : complaints {
  int batch_bound = 0;                   ///< most rows; 0: their number is fixed
  length_info lengths[max_lengths] = {};
  int n_lengths = 0;

  constexpr void bound_batch(int bound) {
    if (batch_bound == 0) batch_bound = bound;
    else if (batch_bound != bound) complain("inputs with different bounds on the batch, ", batch_bound, " and ", bound);
  }
  constexpr void add_length(const length_info& length) {
    for (int k = 0; k < n_lengths; ++k) {
      const length_info& known = lengths[k];
      if (known.traced != length.traced) continue;
      if (known.bound != length.bound)
        complain("up_to<", known.bound, "> and up_to<", length.bound, "> are too near to each other to be told apart; write up_to<", length.bound, ", ", known.which + 1, "> for the second");
      return;
    }
    if (n_lengths == max_lengths) return complain("a program has at most ", max_lengths, " lengths");
    lengths[n_lengths++] = length;
  }
};

}  // namespace tfx
