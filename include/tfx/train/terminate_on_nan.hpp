// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <tfx/train/moments.hpp>

namespace tfx {

/// An observer that ends training after a batch whose loss is not finite.
struct terminate_on_nan {
  void operator()(const batch_end& e) const {
    if (!std::isfinite(e["loss"])) e.stop();
  }
};

}  // namespace tfx
