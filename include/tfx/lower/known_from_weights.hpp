// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>

namespace tfx {

/// Per node: does it follow from parameters, states and constants alone, so that it is the same in every prediction?
constexpr list<char> known_from_weights(const builder& b) {
  list<char> known(b.nodes.size(), 0);
  for (int i = 0; i < b.nodes.size(); ++i) {
    const node& m = b.nodes[i];
    const op_kind kind = m.op->kind;
    if (kind == op_kind::constant) known[i] = 1;
    if (kind == op_kind::leaf) known[i] = b.leaves[m.aux].space == parameter_space || b.leaves[m.aux].space == state_space;
    if (m.region != 0 || m.count == 0 || !(kind == op_kind::map || kind == op_kind::reduce || kind == op_kind::view || kind == op_kind::other || is_producer(kind))) continue;
    known[i] = 1;
    for (int k = 0; k < m.count; ++k) known[i] = char(known[i] & known[b.input(i, k)]);
  }
  return known;
}

}  // namespace tfx
