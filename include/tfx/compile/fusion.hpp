// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/place_nodes.hpp>

namespace tfx {

namespace detail {

/// Places all nodes, then moves work towards its only reader.
struct fuser : node_placer {
  using node_placer::node_placer;

  /// A map node whose readers all sit in one later group of its domain is computed there: nothing is stored for it.
  constexpr void sink() {
    list<int> reader(n, -1);            // the one group that reads a node; -2: several, or none that could hold it
    list<char> body_reader(n, 1), kept(n, 0);
    for (int i = 0; i < n; ++i) {
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int a = memory_read.data[e];
        if (f.group_of.data[a] >= 0 && f.group_of.data[a] != f.group_of.data[i]) kept.data[a] = 1;
      }
      if (const int a = nodes[i].link; a >= 0) {
        reader.data[a] = -2;
        kept.data[a] = 1;
      }
    }
    for (int i = n - 1; i >= 0; --i) {
      const node& m = nodes[i];
      const int q = f.group_of.data[i], c = reader.data[i];
      if (m.op->kind == op_kind::map && f.phase.data[i] == 0 && q >= 0 && c > q && f.groups.data[c].region == m.region && body_reader.data[i] &&
          fits(f.groups.data[c], i) && f.groups.data[c].size < max_group_size) {
        bool moves = true;
        for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
          const int r = memory_read.data[e];
          if (written.data[r]) moves = false;
          if (f.group_of.data[r] >= 0 && f.group_of.data[r] != c && !kept.data[r]) moves = false;
        }
        if (moves) {
          f.group_of.data[i] = c;
          f.groups.data[c].size++;
          f.groups.data[q].size--;
          if (shape.data[i] != f.groups.data[c].shape) refine_for(f.groups.data[c], i);
          cut_for(c, i);
        }
      }
      const op_kind kind = m.op->kind;
      const bool opaque = (kind == op_kind::view && !is_reshape(m)) || kind == op_kind::port || kind == op_kind::result;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int a = kind == op_kind::view ? g.edges[e] : value_read.data[e];
        const int by = opaque ? -2 : kind == op_kind::view ? reader.data[i] : f.group_of.data[i];
        if (by == -1) continue;   // a view that nobody has read
        if (reader.data[a] == -1) reader.data[a] = by;
        else if (reader.data[a] != by) reader.data[a] = -2;
        if (is_producer(kind) || (kind != op_kind::reduce && kind != op_kind::view && f.phase.data[i] % 2)) body_reader.data[a] = 0;
        if (kind == op_kind::view && !body_reader.data[i]) body_reader.data[a] = 0;
      }
    }
  }

  /// Elementwise work moves to the first sweep that reads it, where that keeps no more values from sweep to sweep than now.
  constexpr void delay() {
    list<int> first_use(n, max_phase + 1);   // in its own group
    for (int i = n - 1; i >= 0; --i) {
      const int q = f.group_of.data[i];
      if (q < 0 || f.groups.data[q].axis != over_columns) continue;
      const op_kind kind = nodes[i].op->kind;
      const int at = f.phase.data[i], wanted = first_use.data[i];
      if (kind == op_kind::map && at % 2 == 0 && wanted > at && wanted <= max_phase) {
        int would_be_kept = 0;
        bool moves = true;
        for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
          const int a = value_read.data[e];
          if (written.data[memory_read.data[e]]) moves = false;
          if (f.group_of.data[a] == q && f.phase.data[a] % 2 == 0 && first_use.data[a] < wanted) ++would_be_kept;
        }
        if (moves && would_be_kept <= 1) f.phase.data[i] = std::uint8_t(wanted);
      }
      const int sweep = f.phase.data[i] - (kind == op_kind::reduce ? 1 : 0);
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
        if (const int a = value_read.data[e]; f.group_of.data[a] == q && sweep < first_use.data[a]) first_use.data[a] = sweep;
    }
  }

  constexpr void mark_stored() {
    for (int i = 0; i < n; ++i) {
      if (nodes[i].op->kind == op_kind::assign) f.stored.data[i] = 1;
      if (const int a = nodes[i].link; a >= 0) f.stored.data[a] = 1;
      if (nodes[i].op->kind == op_kind::reduce && f.group_of.data[i] >= 0 && nodes[i].aux == over_rows) f.stored.data[i] = 1;   // totals are kept where they are stored
      if (nodes[i].op->kind == op_kind::view) continue;
      if (nodes[i].op->kind == op_kind::map && nodes[i].op->strided) f.stored.data[i] = 1;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int r = memory_read.data[e], direct = value_read.data[e];
        if (f.group_of.data[r] >= 0 && (r != direct || f.group_of.data[r] != f.group_of.data[i])) f.stored.data[r] = 1;
      }
    }
  }
};

}  // namespace detail

/// Decides which nodes share a kernel. A node joins the latest group that it reads if the group's domain is its own, or, after
/// a reduction, the reduced one; products and windows open groups; an assignment waits until the old value has been read.
constexpr fusion_lists fuse(const graph_view& g) {
  detail::fuser pass(g);
  pass.place_all();
  pass.sink();
  pass.delay();
  pass.mark_stored();
  return static_cast<fusion_lists&&>(pass.f);
}

namespace detail {

/// A fusion's tables, wherever they lie.
struct fusion_view {
  const int* group_of;
  const std::uint8_t *phase, *stored;
  const group* groups;
  int n_groups;
};
constexpr fusion_view view_of(const fusion_lists& f) {
  return {f.group_of.data, f.phase.data, f.stored.data, f.groups.data, f.groups.size()};
}

}  // namespace detail

}  // namespace tfx
