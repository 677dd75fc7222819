// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/graph/joined.hpp>
#include <tfx/graph/put_in_order.hpp>
#include <tfx/ops/concatenate.hpp>

namespace tfx {

namespace detail {

/// Finds the concatenations whose parts can be made where they lie in the result.
struct in_place_joiner {
  builder& b;
  const list<int> number;
  list<int> readers, reader;   ///< per node that is no reshape: how many nodes read it, by way of reshapes, too; and the last one
  list<char> opaque;           ///< per node: is it read by other than elementwise work on all of it?
  static constexpr int most_work = 4;   ///< operations that are recorded anew for each part

  constexpr explicit in_place_joiner(builder& g)
      : b(g), number(live_numbers(g)), readers(g.nodes.size(), 0), reader(g.nodes.size(), -1), opaque(g.nodes.size(), 0) {
    for (int i = 0; i < b.nodes.size(); ++i) {
      const node m = b.nodes[i];
      if (number[i] < 0) continue;
      if (m.link >= 0) note(m.link, i);
      if (is_reshape(m)) continue;
      for (int k = 0; k < m.count; ++k) note(b.input(i, k), i);
    }
  }
  constexpr int value(int id) const {
    while (is_reshape(b.nodes[id])) id = b.input(id, 0);
    return id;
  }
  constexpr void note(int id, int by) {
    const int a = value(id);
    const node& m = b.nodes[by];
    ++readers[a];
    reader[a] = by;
    opaque[a] = opaque[a] || m.op->kind != op_kind::map || m.shape.size() != b.nodes[a].shape.size();
  }

  /// Does the program compute the elements of node `id`, as it does not those that are only moved?
  constexpr bool computed(int id) const {
    const op_kind kind = b.nodes[id].op->kind;
    return kind == op_kind::map || kind == op_kind::reduce || (is_producer(kind) && !b.nodes[id].op->moves && !is<concatenate_op>(b.nodes[id]));
  }
  /// Elementwise work of one operand on all of node `id`, which nobody else reads; else -1.
  constexpr int work_on(int id) const {
    if (readers[id] != 1 || opaque[id]) return -1;
    const int by = reader[id];
    const node& m = b.nodes[by];
    if (m.region != 0 || m.shape.bounded != b.nodes[id].shape.bounded || lies_narrow(m.type)) return -1;
    for (int k = 0, seen = 0; k < m.count; ++k) {
      const int a = b.input(by, k);
      if (value(a) == id ? ++seen > 1 : b.nodes[a].shape.size() != 1) return -1;
    }
    return by;
  }
  constexpr int append(const node& m, const int* in, int count) {
    node made = m;
    made.first = b.edges.size();
    made.count = count;
    for (int k = 0; k < count; ++k) b.edges.push_back(in[k]);
    b.nodes.push_back(made);
    b.next.push_back(-1);
    return b.nodes.size() - 1;
  }

  /// Concatenation i becomes a joined value, where that is no more work. What follows it element by element is done to its parts.
  constexpr bool join(int i) {
    const node whole = b.nodes[i];
    if (whole.region != 0 || lies_narrow(whole.type)) return false;
    bool any = false, alone = false;
    for (int k = 0; k < whole.count; ++k) {
      const int part = b.input(i, k), from = value(part);
      if (b.nodes[part].shape.cols() < shortest_line || b.nodes[from].region != 0) return false;
      any = any || computed(from);
      alone = alone || (computed(from) && readers[from] == 1);
    }
    if (!any) return false;
    int work[most_work] = {}, n = 0, last = i;
    for (int by; alone && n < most_work && (by = work_on(last)) >= 0; last = by) work[n++] = by;
    if (!opaque[last] && readers[last] > 0) return false;   // its readers take the parts from where they lie
    int part[concatenate_geometry::most] = {};
    for (int k = 0, begin = 0; k < whole.count; ++k) {
      int at = b.input(i, k);
      const dims shape = b.nodes[at].shape;
      for (int w = 0, of = i; w < n; of = work[w++]) {
        const node m = b.nodes[work[w]];
        int in[3] = {};
        for (int j = 0; j < m.count; ++j) in[j] = value(b.input(work[w], j)) == of ? at : b.input(work[w], j);
        at = b.number(m.op, shape, m.type, in, m.count, m.aux, m.number, 0);
        b.nodes[at].path = m.path;
        b.nodes[at].line = m.line;
      }
      movement_geometry lies = movement_to(shape);
      lies.step[max_rank - 1] = 1;
      lies.step[max_rank - 2] = whole.shape.cols();
      lies.first = begin;
      begin += shape.cols();
      node m = whole;
      m.op = b.record<part_op>();
      m.shape = shape;
      m.type = b.nodes[last].type;
      m.aux = b.row_of(geometry::of(lies));
      part[k] = append(m, &at, 1);
    }
    node joined = whole;
    joined.op = b.record<joined_op>();
    joined.type = b.nodes[last].type;
    joined.link = readers[last] == 1 ? leaf_of(reader[last]) : -1;
    const int made = append(joined, part, whole.count);
    detail::become_view(b, last, made);
    return true;
  }
  /// The output that node `id` assigns to, if nobody reads what was in it; else -1.
  constexpr int leaf_of(int id) const {
    const node& m = b.nodes[id];
    if (m.op->kind != op_kind::assign) return -1;
    const node& leaf = b.nodes[m.aux];
    return b.leaves[leaf.aux].space >= first_io_space && readers[m.aux] == 0 && !lies_narrow(leaf.type) ? m.aux : -1;
  }
};

}  // namespace detail

/// Concatenations of what is computed need no copy: each part is made where it lies in the result. Elementwise work on a result that
/// nobody else reads is done to the parts. Where only elementwise work reads it, or nothing is computed, parts are copied, or read
/// where they lie (`simd_concatenate`); so are short ones.
constexpr void join_in_place(builder& b) {
  list<int> found;
  for (int i = 0, n = b.nodes.count; i < n; ++i) {
    const node& m = b.nodes.data[i];
    if (m.op->kind == op_kind::window && is<concatenate_op>(m)) found.push_back(i);
  }
  if (found.size() == 0) return;
  detail::in_place_joiner pass(b);
  bool changed = false;
  for (int k = 0; k < found.size(); ++k)
    if (const int i = found[k]; pass.number[i] >= 0) changed = pass.join(i) || changed;
  if (changed) put_in_order(b);
}

}  // namespace tfx
