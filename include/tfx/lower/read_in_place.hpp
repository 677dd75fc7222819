// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/view.hpp>
#include <tfx/graph/graph.hpp>
#include <tfx/graph/axes.hpp>
#include <tfx/graph/put_in_order.hpp>
#include <tfx/ops/concatenate.hpp>

namespace tfx {

namespace detail {

/// The moving node that node `id` shows, by way of reshapes; -1: none.
constexpr int moved_below(const builder& b, int id) {
  while (is_reshape(b.nodes[id])) id = b.input(id, 0);
  return b.nodes[id].op->moves ? id : -1;
}
/// How the elements of node `id` lie in what is moved, a moving node or a reshape of one. False if steps can't say that.
constexpr bool find_steps(const builder& b, int id, axis_steps& lay) {
  const node& m = b.nodes[id];
  if (m.op->moves) {
    lay = moved_steps(b.geometries[m.aux], m.shape);
    return true;
  }
  const int from = b.input(id, 0);
  return find_steps(b, from, lay) && reshape_steps(b.nodes[from].shape, lay, m.shape);
}

/// Concatenation i takes columns out of wider matrices itself, instead of copies of them.
constexpr void concatenate_columns(builder& b, int i) {
  const int first = b.nodes[i].first, count = b.nodes[i].count;
  column_geometry g{};
  int in[column_geometry::most] = {};
  bool wider = false;
  if (count > column_geometry::most) return;
  for (int k = 0; k < count; ++k) {
    in[k] = b.edges[first + k];
    const dims& part = b.nodes[in[k]].shape;
    g.width[k] = g.stride[k] = part.cols();
    axis_steps lay;
    const int moved = moved_below(b, in[k]);
    if (moved < 0 || !find_steps(b, in[k], lay) || (part.cols() > 1 && lay.step[1] != 1)) continue;
    in[k] = b.input(moved, 0);
    g.stride[k] = lay.step[0];
    g.first[k] = movement_geometry(b.geometries[b.nodes[moved].aux]).first;
    wider = true;
  }
  if (!wider) return;
  geometry row = geometry::of(g);
  row.operands = count;
  node& m = b.nodes[i];
  m.op = b.record<concatenate_columns_op>();
  m.first = b.edges.size();
  m.aux = b.row_of(row);
  for (int k = 0; k < count; ++k) b.edges.push_back(in[k]);
}

/// Padding i around pixels of few channels becomes one around lines of such pixels, of which it is a view. False: it has lines.
constexpr bool pad_lines(builder& b, int i) {
  const node pixels = b.nodes[i];
  padding_geometry g = b.geometries[pixels.aux];
  dims s = pixels.shape;
  constexpr int last = max_rank - 1;
  while (s.rank - 1 > int(s.bounded) && s.cols() < shortest_line && g.inner[last] == g.extent[last]) {
    const int channels = s.cols();
    for (int* of : {g.extent, g.before, g.inner}) {
      of[last] = of[last - 1] * channels;
      for (int axis = last - 1; axis > 0; --axis) of[axis] = of[axis - 1];
      of[0] = of == g.before ? 0 : 1;
    }
    --s.rank;
    s.extent[s.rank - 1] *= channels;
    s.extent[s.rank] = 0;
  }
  if (s == pixels.shape) return false;
  const int in[2] = {b.input(i, 0), b.input(i, 1)};
  const int lines = b.number(pixels.op, s, pixels.type, in, 2, b.row_of(geometry::of(g)), 0, pixels.region);
  b.nodes[lines].path = pixels.path;
  b.nodes[lines].line = pixels.line;
  detail::become_view(b, i, lines);
  return true;
}

/// Finds the nodes that only move elements and need no copy.
struct in_place_reader {
  builder& b;
  const node* nodes;
  int n;
  list<int> number;          ///< -1: nobody needs the node
  list<char> only_kernels;   ///< per node: may all its readers walk with strides?
  list<int> source;          ///< per node: the moving node that it shows, by way of reshapes; -1: none

  constexpr explicit in_place_reader(builder& g)
      : b(g), nodes(g.nodes.data), n(g.nodes.size()), number(live_numbers(g)), only_kernels(n, 1), source(n, -1) {}

  constexpr bool moves(int id) const { return nodes[id].op->moves; }
  constexpr int from(int id) const { return b.input(id, 0); }

  constexpr view along(int id, const loop_nest& nest) const {
    axis_steps lay;
    view v;
    find_steps(b, id, lay);
    strides_of(nodes[id].shape, lay, nodes[id].shape, nest, v.stride);
    return v;
  }
  /// Do the loops over node `id` make it lines of the memory?
  constexpr bool has_lines(int id) const {
    loop_nest nest = loops_of(nodes[id].shape);
    view v = along(id, nest);
    merge_loops(nest, &v, 1);
    if (nest.loops == 0) return true;
    const int step = v.stride[nest.loops - 1];
    return (step == 0 || step == 1) && nest.extent[nest.loops - 1] >= shortest_line;
  }
  /// Is what reduction i sees of it one loop, whatever lies around that?
  constexpr bool reduces(int i) const {
    const dims& shape = nodes[from(i)].shape;
    const reduced_run run = run_of(shape, nodes[i].aux);
    const loop_nest nest = loops_of(shape);
    const view v = along(from(i), nest);
    for (int l = nest.loops - 1, behind = 1; l > 0; --l) {
      behind *= nest.extent[l];
      if (behind > run.inner && behind < run.inner * run.extent && !merges(nest, v, l - 1)) return false;
    }
    return true;
  }

  constexpr void find_readers() {
    for (int i = n - 1; i >= 0; --i) {
      if (number[i] < 0) continue;
      const node& m = nodes[i];
      const op_kind kind = m.op->kind;
      const bool walks = kind == op_kind::map || kind == op_kind::reduce || (is_reshape(m) && only_kernels[i]);
      for (int k = 0; k < m.count; ++k)
        if (!walks) only_kernels[b.input(i, k)] = 0;
      if (m.link >= 0) only_kernels[m.link] = 0;
    }
  }
  constexpr void run() {
    find_readers();
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0) continue;
      if (moves(i) && only_kernels[i] && has_lines(i)) source[i] = i;
      if (is_reshape(nodes[i])) source[i] = source[from(i)];
      axis_steps lay;
      if (source[i] >= 0 && !find_steps(b, i, lay)) source[source[i]] = -1;
      if (nodes[i].op->kind == op_kind::reduce && source[from(i)] >= 0 && !reduces(i)) source[source[from(i)]] = -1;
    }
    for (int i = 0; i < n; ++i)
      if (moves(i) && source[i] == i) b.nodes[i].op = nodes[i].op->as_view;
  }
};

}  // namespace detail

/// Elements that only move (permuted, cut, turned round, spread) are read where they lie, if their readers are kernels that
/// walk with strides: elementwise work, and reductions that see them as one row or column. Lines must be long enough to be
/// walked one by one; else, and for all other readers, they are copied. A concatenation copies columns from where they lie, and what
/// is padded is whole lines.
constexpr void read_in_place(builder& b) {
  bool moves = false, appended = false;
  for (int i = 0, n = b.nodes.size(); i < n; ++i) {
    moves = moves || b.nodes[i].op->moves;
    if (is<pad_op>(b.nodes[i])) appended = detail::pad_lines(b, i) || appended;
  }
  if (appended) put_in_order(b);
  if (!moves) return;
  for (int i = 0; i < b.nodes.size(); ++i)
    if (is<concatenate_op>(b.nodes[i])) detail::concatenate_columns(b, i);
  detail::in_place_reader(b).run();
}

}  // namespace tfx
