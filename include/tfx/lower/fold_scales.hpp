// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/put_in_order.hpp>
#include <tfx/lower/known_from_weights.hpp>
#include <tfx/ops/conv2d.hpp>
#include <tfx/ops/matmul.hpp>

namespace tfx {

namespace detail {

/// Finds products and convolutions behind which each column is multiplied by a number that the weights give, and puts that
/// number into the product's own weights.
struct scale_folder {
  builder& b;
  int n;
  list<char> known;
  list<int> reader;   ///< per node: its only one; -1: none or several
  bool folded = false;

  constexpr explicit scale_folder(builder& g) : b(g), n(g.nodes.size()), known(known_from_weights(g)), reader(n, -1) {
    const list<int> number = live_numbers(g);
    list<char> several(n, 0);
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0) continue;
      for (int k = 0; k < g.nodes[i].count; ++k) {
        const int a = g.input(i, k);
        several[a] = char(several[a] | (reader[a] >= 0));
        reader[a] = i;
      }
      if (g.nodes[i].link >= 0) several[g.nodes[i].link] = 1;
    }
    for (int i = 0; i < n; ++i)
      if (several[i] || number[i] < 0) reader[i] = -1;
  }

  /// A product of what comes in with weights, whose columns are its own, and which were not rounded for it.
  constexpr bool has_weights(int id) const {
    const node& m = b.nodes[id];
    if (!(is<conv_op>(m) || is<matmul_op>(m)) || m.region != 0 || known[b.input(id, 0)] || !known[b.input(id, 1)]) return false;
    if (b.nodes[b.input(id, 1)].type != m.type) return false;
    if (is<conv_op>(m)) return true;
    const matmul_geometry g = b.geometries[m.aux];
    return !g.right_transposed && b.nodes[b.input(id, 1)].shape.rank == 2;
  }
  /// One number for each of so many columns, or for all of them, as a vector; empty: it is something else.
  constexpr handle for_columns(int id, int cols) {
    const dims s = b.nodes[id].shape;
    if (!known[id] || (s.size() != 1 && !(s.size() == cols && s.cols() == cols))) return {};
    return reshape(handle{&b, id}, s.size() == 1 ? dims{} : dims{1, {cols}, false});
  }

  /// What stands behind a product, up to node `last`: result * scale + shift.
  struct affine {
    int last = -1;
    handle scale{}, shift{};
  };
  /// The same with one operation more, which reads it as its input k and `other` beside it. False: it is no such operation.
  constexpr bool follow(affine& f, const node& m, int k, handle other) const {
    const bool first = k == 0;
    if (is<add_op>(m)) {
      f.shift = f.shift.empty() ? other : f.shift + other;
    } else if (is<subtract_op>(m) && first) {
      f.shift = f.shift.empty() ? -other : f.shift - other;
    } else if (is<multiply_op>(m)) {
      f.scale = f.scale.empty() ? other : f.scale * other;
      if (!f.shift.empty()) f.shift = f.shift * other;
    } else if (is<divide_op>(m) && first) {
      f.scale = (f.scale.empty() ? handle{&b, b.constant(1).id} : f.scale) / other;
      if (!f.shift.empty()) f.shift = f.shift / other;
    } else {
      return false;
    }
    return true;
  }
  constexpr affine behind(int product) {
    const dims s = b.nodes[product].shape;
    affine found;
    for (int at = product; reader[at] >= 0; at = reader[at]) {
      const node m = b.nodes[reader[at]];
      if (m.region != 0 || m.shape.size() != s.size() || m.shape.cols() != s.cols()) break;
      if (is<reshape_op>(m)) continue;
      if (m.op->kind != op_kind::map || m.count != 2) break;
      const int k = b.edges[m.first] == at ? 0 : 1;
      const handle other = for_columns(b.edges[m.first + 1 - k], s.cols());
      if (other.empty() || !follow(found, m, k, other)) break;
      found.last = reader[at];
    }
    return found;
  }

  constexpr void fold(int product, const affine& f) {
    const node m = b.nodes[product];
    const handle weights = handle{&b, b.edges[m.first + 1]} * f.scale;
    const int in[2] = {b.edges[m.first], weights.id};
    const int made = b.number(m.op, m.shape, m.type, in, 2, m.aux, 0, m.region);
    b.nodes[made].path = m.path;
    b.nodes[made].line = m.line;
    const handle shaped = reshape(handle{&b, made}, b.nodes[f.last].shape);
    node& last = b.nodes[f.last];   // takes the place of the whole
    last.op = f.shift.empty() ? b.record<reshape_op>() : b.record<add_op>();
    last.first = b.edges.size();
    last.count = f.shift.empty() ? 1 : 2;
    last.aux = 0;
    b.edges.push_back(shaped.id);
    if (!f.shift.empty()) b.edges.push_back(f.shift.id);
    folded = true;
  }
  constexpr void run() {
    for (int i = 0; i < n; ++i) {
      if (!has_weights(i)) continue;
      const affine f = behind(i);
      if (!f.scale.empty()) fold(i, f);
    }
    if (folded) put_in_order(b);
  }
};

}  // namespace detail

/// Where the results of a product or convolution are multiplied by numbers that follow from the weights, one for each column, as
/// batch normalisation does in a prediction, the weights are multiplied instead, and what is added on the way becomes one
/// addition:
///
///     ((x W + b) - mean) * gain + shift = x (W gain) + ((b - mean) * gain + shift)
///
/// Numerics   other roundings: each weight is rounded once more. For sums of n terms, with the unit roundoff u, results differ by
///            at most (2 n + 8) u (sum |x W gain| + |b gain| + |mean gain| + |shift|) + O(u^2): what rounding the sums may cost
constexpr void fold_scales(builder& b) { detail::scale_folder(b).run(); }

}  // namespace tfx
