// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/ops/attention.hpp>

namespace tfx {

namespace detail {

/// Columns [offset, offset + cols) of the matrix `from`, whose rows are `stride` elements apart.
struct column_range {
  int from, stride, offset;
};

/// Lets attention and its gradients read queries, keys and values where they lie in wider matrices, and makes the gradients
/// of those that lie side by side in one matrix as the gradient of that matrix.
struct attention_reader {
  builder& b;
  int n;
  list<int> number;   ///< -1: nobody needs the node
  list<int> reader;   ///< per node: its only one; -1: none or several

  constexpr explicit attention_reader(builder& g) : b(g), n(g.nodes.size()), number(live_numbers(g)), reader(n, -1) {}

  constexpr const node& at(int id) const { return b.nodes[id]; }
  constexpr attention_geometry attributes(int id) const { return b.geometries[at(id).aux]; }
  constexpr int below_reshapes(int id) const {
    while (is<reshape_op>(at(id))) id = b.input(id, 0);
    return id;
  }
  /// A row of the geometry table like that of node `id`, with other numbers.
  constexpr int changed(int id, const attention_geometry& numbers) const {
    geometry row = geometry::of(numbers);
    row.operands = b.geometries[at(id).aux].operands;
    return b.row_of(row);
  }

  /// Where node `id`, as a matrix of `cols` columns, was cut out of.
  constexpr column_range columns_of(int id, int cols) const {
    const column_range itself{id, cols, 0};
    const node& cut = at(below_reshapes(id));
    if (!is<slice_box_op>(cut)) return itself;
    const movement_geometry g = b.geometries[cut.aux];
    int inside = 1, axis = max_rank - 1;
    for (; axis >= 0 && inside < cols; --axis) {
      if (g.extent[axis] > 1 && g.step[axis] != inside) return itself;
      inside *= g.extent[axis];
    }
    int step = 0, rows = 1;
    for (; axis >= 0; --axis) {
      if (g.extent[axis] == 1) continue;
      if (step == 0) step = g.step[axis];
      if (g.step[axis] != step * rows) return itself;
      rows *= g.extent[axis];
    }
    const int from = b.edges[cut.first];
    const bool whole_rows = step > 0 && g.first + cols <= step && at(from).shape.size() == rows * step;
    return inside == cols && whole_rows ? column_range{from, step, g.first} : itself;
  }
  /// Which columns of its result, a matrix whose rows are `stride` elements apart, are the input of padding `id`: the first
  /// one. -1 if it is not `cols` whole columns among zeros.
  constexpr int columns_behind(int id, int cols, int stride) const {
    const node& fill = at(b.input(id, 1));
    if (fill.op->kind != op_kind::constant || fill.number != 0) return -1;
    const padding_geometry g = b.geometries[at(id).aux];
    int inner = 1, axis = max_rank - 1;
    while (axis > 0 && g.inner[axis] == g.extent[axis]) inner *= g.inner[axis--];
    for (int i = axis - 1; i >= 0; --i)
      if (g.inner[i] != g.extent[i]) return -1;
    return inner * g.inner[axis] == cols && inner * g.extent[axis] == stride ? g.before[axis] * inner : -1;
  }

  constexpr void read_columns(int id) {
    attention_geometry g = attributes(id);
    const int cols = g.heads * g.size;
    column_range from[3] = {};
    for (int k = 0; k < 3; ++k) from[k] = columns_of(b.input(id, k), cols);
    g.query_stride = from[0].stride, g.query_offset = from[0].offset;
    g.key_stride = from[1].stride, g.key_offset = from[1].offset;
    g.value_stride = from[2].stride, g.value_offset = from[2].offset;
    for (int k = 0; k < 3; ++k) b.edges[at(id).first + k] = from[k].from;
    b.nodes[id].aux = changed(id, g);
  }

  /// Are queries, keys and values all there is of one matrix, in this order?
  constexpr bool side_by_side(int id) const {
    const attention_geometry g = attributes(id);
    const int cols = g.heads * g.size, stride = 3 * cols;
    return b.input(id, 0) == b.input(id, 1) && b.input(id, 1) == b.input(id, 2) && g.queries == g.keys && g.query_stride == stride &&
           g.query_offset == 0 && g.key_stride == stride && g.key_offset == cols && g.value_stride == stride && g.value_offset == 2 * cols;
  }
  constexpr void find_readers() {
    list<char> several(n, 0);
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0 || is<other_result_op>(at(i))) continue;
      for (int k = 0; k < at(i).count; ++k) {
        const int a = b.input(i, k);
        several[a] = char(several[a] | (reader[a] >= 0));
        reader[a] = i;
      }
      if (at(i).link >= 0) several[at(i).link] = 1;
    }
    for (int i = 0; i < n; ++i)
      if (several[i]) reader[i] = -1;
  }
  /// The padding that alone reads node `id`, by way of reshapes; -1: none.
  constexpr int padding_of(int id) const {
    int r = reader[id];
    while (r >= 0 && is<reshape_op>(at(r))) r = reader[r];
    return r >= 0 && is<pad_op>(at(r)) ? r : -1;
  }
  constexpr bool adds(int id, int x, int y) const {
    return id >= 0 && is<add_op>(at(id)) && ((b.input(id, 0) == x && b.input(id, 1) == y) || (b.input(id, 0) == y && b.input(id, 1) == x));
  }
  /// The gradients of queries, keys and values that gradient `id` makes, each put among zeros and added up, are one gradient.
  constexpr void join(int id) {
    const attention_geometry g = attributes(id);
    const int cols = g.heads * g.size;
    int part[3] = {padding_of(id), -1, -1};
    for (int i = id + 1; i < n; ++i)
      if (number[i] >= 0 && is<other_result_op>(at(i)) && b.input(i, 0) == id) part[at(i).aux] = padding_of(i);
    for (int k = 0; k < 3; ++k)
      if (part[k] < 0 || columns_behind(part[k], cols, 3 * cols) != k * cols) return;
    for (int k = 0; k < 3; ++k) {   // the sum of two, and of all three
      const int x = part[(k + 1) % 3], y = part[(k + 2) % 3], two = reader[x];
      if (adds(two, x, y) && reader[y] == two && adds(reader[two], two, part[k])) return put_gradient(id, two, reader[two]);
    }
  }
  /// Node `sum` becomes the gradient of the matrix whose columns `like` gives gradients of; where it has another shape, a view of
  /// the one that takes the place of `spare`.
  constexpr void put_gradient(int like, int spare, int sum) {
    const attention_geometry g = attributes(like);
    const dims all{3, {at(like).shape.extent[0], g.queries, 3 * g.heads * g.size}, at(like).shape.bounded};
    const node is = at(like);
    const int made = at(sum).shape == all ? sum : spare;
    node& m = b.nodes[made];
    m.op = b.record<attention_matrix_gradient_op>();
    m.shape = all;
    m.first = is.first;
    m.count = is.count;
    m.aux = is.aux;
    m.path = is.path;
    m.line = is.line;
    if (made == sum) return;
    detail::become_view(b, sum, made);
  }

  constexpr void run() {
    list<int> gradients(0, 0);
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0) continue;
      const bool gradient = is<attention_gradient_op>(at(i));
      if (!gradient && !is<attention_op>(at(i))) continue;
      read_columns(i);
      if (gradient && side_by_side(i)) gradients.push_back(i);
    }
    if (gradients.size() == 0) return;
    find_readers();
    for (int i = 0; i < gradients.size(); ++i) join(gradients[i]);
  }
};

}  // namespace detail

/// Attention reads queries, keys and values that are columns of wider matrices where they lie. Where these are all columns of
/// one matrix, as one projection makes them, so is their gradient: the weights are made again once instead of twice.
constexpr void attention_in_place(builder& b) {
  bool attends = false;
  for (int i = 0; i < b.nodes.size(); ++i) attends = attends || is<attention_op>(b.nodes[i]);
  if (attends) detail::attention_reader(b).run();
}

}  // namespace tfx
