// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/graph/put_in_order.hpp>

namespace tfx {

namespace detail {

inline constexpr int short_run = 64;     ///< elements: loops over fewer are mostly the way to the next ones
inline constexpr int worth_a_copy = 16;  ///< readings of each element

/// Operand `a` spread along the innermost axis of `reader`, if it repeats there for a few elements only, moves around that, and is
/// read again and again: then it alone keeps the loops apart. Else `a` as it is.
constexpr dims spread_inwards(const dims& a, const dims& reader) {
  const int missing = reader.rank - a.rank, axis = reader.rank - 1, repeats = reader.extent[axis];
  int around = axis - 1;
  while (around > 0 && reader.extent[around] == 1) --around;
  if (around < missing || a.extent[axis - missing] != 1 || a.extent[around - missing] == 1) return a;
  if (repeats == 1 || repeats >= short_run || (long long)(a.size()) * repeats * worth_a_copy > reader.size()) return a;
  dims spread = a;
  spread.extent[axis - missing] = repeats;
  return spread;
}

}  // namespace detail

/// Numbers that elementwise work reads for a few elements each, again and again, such as those of groups of channels in every
/// pixel, are copied once per element: so the channels of all pixels are one loop.
constexpr void spread_repeated(builder& b) {
  bool changed = false;
  for (int i = 0, n = b.nodes.size(); i < n; ++i) {
    const node* const nodes = b.nodes.data;
    const node& m = nodes[i];
    if (m.op->kind != op_kind::map || m.count < 2 || m.region != 0) continue;
    for (int e = m.first, end = e + m.count; e < end; ++e) {
      const int a = b.edges.data[e];
      const dims& s = nodes[a].shape;
      if (s.rank < 2 || s.extent[s.rank - 1] != 1) continue;   // most of them
      const dims spread = detail::spread_inwards(s, m.shape);
      if (spread == s) continue;
      const int copy = b.number(b.record<copy_op>(), spread, nodes[a].type, &a, 1, 0, 0, 0);
      b.edges.data[e] = copy;
      changed = true;
      --i;   // the tables may have moved: once more, for its other operands
      break;
    }
  }
  if (changed) put_in_order(b);
}

}  // namespace tfx
