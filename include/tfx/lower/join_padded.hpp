// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/graph/put_in_order.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/concatenate.hpp>

namespace tfx {

namespace detail {

/// Values that are padded with zeros along one axis of the same shape, and added up.
struct padded_terms {
  static constexpr int most = most_joined;
  int pad[most] = {}, begin[most] = {};   ///< nodes in the order in which they lie along the axis
  int count = 0, axis = -1;               ///< the axis is aligned at the last of `max_rank`

  /// One more term; false: it does not go with the others.
  constexpr bool take(const builder& b, int id) {
    const node& m = b.nodes[id];
    if (!is<pad_op>(m) || count == most || lies_narrow(m.type)) return false;
    const node& fill = b.nodes[b.input(id, 1)];
    if (fill.op->kind != op_kind::constant || std::bit_cast<std::uint64_t>(fill.number) != 0) return false;
    const padding_geometry g = b.geometries[m.aux];
    for (int a = 0; a < max_rank; ++a) {
      if (g.extent[a] == g.inner[a]) continue;
      if (axis >= 0 && a != axis) return false;
      axis = a;
    }
    int at = count++;
    for (; at > 0 && begin[at - 1] > g.before[axis]; --at) {
      pad[at] = pad[at - 1];
      begin[at] = begin[at - 1];
    }
    pad[at] = id;
    begin[at] = g.before[axis];
    return true;
  }
  /// Are they side by side all along the axis?
  constexpr bool fill_axis(const builder& b) const {
    int end = 0;
    for (int k = 0; k < count; ++k) {
      const padding_geometry g = b.geometries[b.nodes[pad[k]].aux];
      if (begin[k] != end || g.extent[axis] == g.inner[axis]) return false;
      end += g.inner[axis];
    }
    return count > 1 && end == padding_geometry(b.geometries[b.nodes[pad[0]].aux]).extent[axis];
  }
};

}  // namespace detail

/// Sums of values that zeros are padded around, each at another place of one axis, become a concatenation: what gradients of slices
/// are. Each term is added to zero, as it was, so the bits are the same.
constexpr void join_padded(builder& b) {
  const int n = b.nodes.size();
  int paddings = 0;
  for (int i = 0; i < n; ++i) {
    const node& m = b.nodes.data[i];
    paddings += m.op->kind == op_kind::window && is<pad_op>(m);
  }
  if (paddings < 2) return;
  const list<int> number = detail::live_numbers(b);
  const auto is_sum = [&](int i) { return number[i] >= 0 && is<add_op>(b.nodes[i]) && b.nodes[i].region == 0; };
  list<int> readers(n, 0);
  for (int i = 0; i < n; ++i)
    for (int k = 0; number[i] >= 0 && k < b.nodes[i].count; ++k) ++readers[b.input(i, k)];
  list<char> part_of_sum(n, 0);   // of one whose terms have been tried
  bool changed = false;
  for (int i = n - 1; i >= 0; --i) {
    if (!is_sum(i) || part_of_sum[i]) continue;
    detail::padded_terms terms;
    bool all = true;
    const auto collect = [&](auto& self, int id) -> void {
      for (int k = 0; k < 2 && all; ++k) {
        const int a = b.input(id, k);
        if (!(b.nodes[a].shape == b.nodes[i].shape)) all = false;
        else if (is_sum(a) && readers[a] == 1) {
          part_of_sum[a] = 1;
          self(self, a);
        } else {
          all = terms.take(b, a);
        }
      }
    };
    collect(collect, i);
    if (!all || !terms.fill_axis(b)) continue;
    handle part[detail::most_joined];
    for (int k = 0; k < terms.count; ++k) {
      const int term[2] = {b.input(terms.pad[k], 0), b.input(terms.pad[k], 1)};
      const dims shape = b.nodes[term[0]].shape;
      const int axis = terms.axis - (max_rank - shape.rank), cols = detail::step_of(shape, axis) * shape.extent[axis];
      const handle made{&b, b.number(b.nodes[i].op, shape, b.nodes[i].type, term, 2, b.nodes[i].aux, 0, 0)};
      part[k] = reshape(made, dims{2, {shape.size() / cols, cols}, shape.bounded});
    }
    const handle whole = detail::join_columns(part, terms.count);
    detail::become_view(b, i, whole.id);
    changed = true;
  }
  if (changed) put_in_order(b);
}

}  // namespace tfx
