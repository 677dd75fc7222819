// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/builder.hpp>

namespace tfx {

/// Renumbers nodes so that each stands behind its inputs, in the order in which they are otherwise: for a pass that has appended
/// nodes which earlier ones read. Nodes that are recorded later are not found among those.
constexpr void put_in_order(builder& b) {
  const int n = b.nodes.size();
  list<int> place(n, -1), order;
  const auto visit = [&](auto& self, int id) -> void {
    if (place[id] >= 0) return;
    for (int k = 0; k < b.nodes[id].count; ++k) self(self, b.input(id, k));
    place[id] = order.size();
    order.push_back(id);
  };
  for (int i = 0; i < n; ++i) visit(visit, i);
  const auto renumber = [&](int& id) { id = id < 0 ? id : place[id]; };
  list<node> before = static_cast<list<node>&&>(b.nodes);
  b.nodes = list<node>::unset(n);
  for (int i = 0; i < n; ++i) {
    node m = before[order[i]];
    renumber(m.link);
    if (m.op->kind == op_kind::assign) renumber(m.aux);
    b.nodes[i] = m;
  }
  for (int e = 0; e < b.edges.size(); ++e) renumber(b.edges[e]);
  for (int r = 0; r < b.regions.size(); ++r) renumber(b.regions[r].loop);
  for (int l = 0; l < b.leaves.size(); ++l) {
    renumber(b.leaf_node[l]);
    renumber(b.current[l]);
  }
  for (int k = 0; k < b.barriers.size(); ++k) renumber(b.barriers[k]);
  for (int k = 0; k < b.bucket.size(); ++k) b.bucket[k] = -1;
}

}  // namespace tfx
