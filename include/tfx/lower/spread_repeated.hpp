// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/graph/put_in_order.hpp>

namespace tfx {

namespace detail {

inline constexpr int short_run = 64;     ///< elements: loops over fewer are mostly the way to the next ones
inline constexpr int worth_a_copy = 16;  ///< readings of each element

/// Operand `a` spread along the innermost loop over `reader`, if it repeats there for a few elements only, moves around that, and is
/// read again and again: then it alone keeps the loops apart. Else `a` as it is.
constexpr dims spread_inwards(const dims& a, const dims& reader) {
  int axis = reader.rank - 1;
  while (axis > 0 && reader.extent[axis] == 1) --axis;
  int around = axis - 1;
  while (around > 0 && reader.extent[around] == 1) --around;
  const int missing = reader.rank - a.rank, repeats = reader.extent[axis];
  if (around < missing || a.extent[axis - missing] != 1 || a.extent[around - missing] == 1) return a;
  if (repeats >= short_run || (long long)(a.size()) * repeats * worth_a_copy > reader.size()) return a;
  dims spread = a;
  spread.extent[axis - missing] = repeats;
  return spread;
}

}  // namespace detail

/// Numbers that elementwise work reads for a few elements each, again and again, such as those of groups of channels in every
/// pixel, are copied once per element: so the channels of all pixels are one loop.
constexpr void spread_repeated(builder& b) {
  const list<int> number = detail::live_numbers(b);
  bool changed = false;
  for (int i = 0, n = b.nodes.size(); i < n; ++i) {
    if (number[i] < 0 || b.nodes[i].op->kind != op_kind::map || b.nodes[i].region != 0) continue;
    for (int k = 0; k < b.nodes[i].count; ++k) {
      const int a = b.input(i, k);
      const node m = b.nodes[a];
      if (m.shape.size() <= 1 || m.shape.size() == b.nodes[i].shape.size()) continue;
      const dims spread = detail::spread_inwards(m.shape, b.nodes[i].shape);
      if (spread == m.shape) continue;
      const int copy = b.number(b.record<copy_op>(), spread, m.type, &a, 1, 0, 0, 0);
      b.edges[b.nodes[i].first + k] = copy;
      changed = true;
    }
  }
  if (changed) put_in_order(b);
}

}  // namespace tfx
