// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/train/moments.hpp>

namespace tfx {

/// An observer that ends training after a batch whose loss is not finite.
struct terminate_on_nan {
  void operator()(const batch_end& e) const {
    const double loss = e["loss"];
    if (loss - loss != 0) e.stop();
  }
};

}  // namespace tfx
