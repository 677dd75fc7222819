// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tfx {

/// What changes from run to run of one program.
struct run_state {
  std::uint64_t seed = 0, step = 0;
  int batch = 0;   ///< rows present; 0 in a program without a bounded extent
};

}  // namespace tfx
