// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/lower/known_from_weights.hpp>

namespace tfx {

namespace detail {

/// Cuts a prediction in two: what follows from the weights alone, and the rest, which reads it.
struct weight_splitter {
  builder& b;
  int n;
  list<int> cut;   ///< the nodes that the rest reads, in their order

  constexpr explicit weight_splitter(builder& g) : b(g), n(g.nodes.size()) {
    const list<char> known = known_from_weights(b);
    const list<int> number = live_numbers(b);
    list<char> read(n, 0);
    for (int i = 0; i < n; ++i) {
      if (number[i] < 0 || known[i]) continue;
      for (int k = 0; k < b.nodes[i].count; ++k) {
        const int from = root(b.input(i, k));
        read[from] = known[from] && b.nodes[from].op->kind != op_kind::constant;
      }
    }
    for (int i = 0; i < n; ++i)
      if (read[i]) cut.push_back(i);
  }
  constexpr int root(int id) const {
    while (b.nodes[id].op->kind == op_kind::view) id = b.input(id, 0);
    return id;
  }
  /// A leaf of its own for the k-th of them.
  constexpr int leaf_for(int k, int space) {
    char name[20] = {'f', 'r', 'o', 'z', 'e', 'n', ' '};
    int size = 7;
    for (int rest = k; size == 7 || rest > 0; rest /= 10) name[size++] = char('0' + rest % 10);
    const node& m = b.nodes[cut[k]];
    return b.leaf(space, m.shape, m.type, {name, std::size_t(size)}, {}, false);
  }

  constexpr void keep_weights() {
    for (int i = 0; i < n; ++i)   // results are not asked for
      if (b.nodes[i].op->kind == op_kind::assign) b.nodes[i].op = b.record<copy_op>();
    for (int k = 0; k < cut.size(); ++k) {
      const int l = leaf_for(k, slot_space);
      const node& m = b.nodes[cut[k]];
      const int in[1] = {cut[k]};
      b.number(b.record<assign_op>(), m.shape, m.type, in, 1, b.leaf_node[l], 0, 0);
    }
  }
  constexpr void keep_rest() {
    b.layout_size = 0;
    b.space_size[parameter_space] = b.space_size[state_space] = 0;
    for (int l = 0; l < b.leaves.size(); ++l)   // of the others nothing is left
      if (b.leaves[l].space == parameter_space || b.leaves[l].space == state_space) b.leaves[l].size = b.leaves[l].offset = 0;
    for (int k = 0; k < cut.size(); ++k) {
      const int l = leaf_for(k, parameter_space);
      b.nodes[b.leaf_node[l]].op = b.record<constant_op>();   // the node itself is the leaf's
      b.leaf_node[l] = b.current[l] = cut[k];
      node& m = b.nodes[cut[k]];
      m.op = b.record<leaf_op>();
      m.count = 0;
      m.aux = l;
    }
  }
};

}  // namespace detail

/// Of a prediction, what follows from its parameters and states alone: it writes them to the memory of slots, one after the
/// other, as `weights_as_parameters` reads them as parameters.
constexpr void weights_alone(builder& b) { detail::weight_splitter(b).keep_weights(); }
/// Of a prediction, the rest: what `weights_alone` computes are its parameters, and it has no others.
constexpr void weights_as_parameters(builder& b) { detail::weight_splitter(b).keep_rest(); }

}  // namespace tfx
