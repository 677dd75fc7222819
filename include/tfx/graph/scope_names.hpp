// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace tfx {

/// A path of layers, as a place in the pool of names.
struct path_info {
  int begin, size;
};

/// A name within an open scope, and how often it has come again.
struct segment_count {
  std::string_view name;
  int count;
};

}  // namespace tfx
