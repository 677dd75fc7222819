// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/control.hpp>

namespace tfx::detail {

/// Does node i make something from rows of the batch that no longer says which of its rows are present? Sums over the batch
/// count the rows present, and the stack of a loop's values has room for the bound in each of its rows.
constexpr bool loses_batch(const builder& g, int i) {
  const node& m = g.nodes.data[i];
  const op_kind kind = m.op->kind;
  if (m.shape.bounded || kind == op_kind::port || kind == op_kind::result || kind == op_kind::loop || kind == op_kind::reduce) return false;
  if (is_producer(kind) && g.geometries.data[m.aux].contracts_batch) return false;
  for (int e = m.first, end = e + m.count; e < end; ++e)
    if (g.nodes.data[g.edges.data[e]].shape.bounded) return true;
  return false;
}

/// The batch is the leading axis of every value that is computed from it: `number` is -1 for the nodes that are not. So a
/// transposed value may be written where only a product reads it, which takes it as it lies.
constexpr void check_batch(builder& g, const list<int>& number) {
  if (g.batch_bound < 2) return;   // the only row is always present
  for (int i = 0; i < number.count && g.right(); ++i) {
    if (number.data[i] < 0 || !loses_batch(g, i)) continue;
    const node m = g.nodes[i];
    int k = 0;
    while (!g.nodes[g.input(i, k)].shape.bounded) ++k;
    const path_info p = g.paths[m.path];
    const std::string_view path(g.names.data + p.begin, std::size_t(p.size));
    g.line = m.line;
    g.complain(m.op->name, path.empty() ? "" : " at ", path, at_line{}, ": the batch stays the leading axis, ",
               g.nodes[g.input(i, k)].shape, " cannot become ", m.shape);
  }
}

}  // namespace tfx::detail
