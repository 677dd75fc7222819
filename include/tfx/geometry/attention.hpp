// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/geometry.hpp>

namespace tfx {

/// What attention and its gradient know. Strides and offsets are in elements; one position's heads lie behind each other,
/// so query i of head h of sequence n is at query_offset + (n * queries + i) * query_stride + h * size.
struct attention_geometry {
  /// Query i of a causal attention is done with the keys before the next multiple of this; the ones after i weigh 0.
  static constexpr int block = 64;

  int queries = 0, keys = 0, heads = 0, size = 0;
  int causal = 0, masked = 0;   ///< 1: yes
  int query_stride = 0, key_stride = 0, value_stride = 0;
  int query_offset = 0, key_offset = 0, value_offset = 0;
  int mask_sequence = 0, mask_head = 0, mask_query = 0;   ///< steps in the mask; its keys lie side by side

  constexpr int past_key(int query) const {
    const int past = (query / block + 1) * block;
    return causal && past < keys ? past : keys;
  }
  constexpr int first_query(int key) const { return causal ? key / block * block : 0; }
};

}  // namespace tfx
