// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tfx {

/// What attention puts into the geometry table. Strides and offsets are in elements; one position's heads lie behind each
/// other, so query i of head h of sequence n is at offset + (n * queries + i) * stride + h * size.
struct attention_geometry {
  enum index : int {
    queries,
    keys,
    heads,
    size,
    flags,
    query_stride,
    key_stride,
    value_stride,
    query_offset,
    key_offset,
    value_offset,
    mask_sequence,
    mask_head,
    mask_query,
    parts,
    operands = 16
  };
  enum flag : int { causal = 1, masked = 2 };
  /// What a gradient makes, side by side: of the queries; of the keys and the values; of all three.
  enum part : int { of_queries, of_keys_and_values, of_all };
  /// Query i of a causal attention is done with the keys before the next multiple of this; the ones after i weigh 0.
  static constexpr int block = 64;

  static constexpr int past_key(const int* v, int query) {
    const int past = (query / block + 1) * block;
    return (v[flags] & causal) && past < v[keys] ? past : v[keys];
  }
  static constexpr long long gradient_multiply_adds(const int* v, long long results) {
    if (v[parts] == of_queries) return 3 * results * v[keys];
    return v[parts] == of_all ? 5 * results / 3 * v[keys] : 2 * results * v[queries];
  }
  static constexpr int first_query(const int* v, int key) { return v[flags] & causal ? key / block * block : 0; }
};

}  // namespace tfx
