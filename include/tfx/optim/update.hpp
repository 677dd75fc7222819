// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/optim/rate.hpp>

namespace tfx::optim {

/// What an optimizer's `prepare` computes once for all parameters.
struct shared_numbers {
  handle rate{}, decay{};
};

/// What an optimizer sees of one parameter: its leaf, and memory of its own named after it (`dense/weight/adam/m`).
struct update_scope {
  builder& graph;
  int leaf;
  std::string_view prefix;
  shared_numbers shared{};

  constexpr int slot(std::string_view name, const dims& shape) const {
    return graph.leaf_beside(leaf, prefix, name, slot_space, shape);
  }
  constexpr handle read(int slot_leaf) const { return graph.read(slot_leaf); }
  constexpr void write(int slot_leaf, handle value) const { graph.write(slot_leaf, value); }
};

/// The number of this update, from 1: one counter per program, in the optimizer's memory.
constexpr handle update_count(builder& g) {
  const int l = g.leaf(slot_space, dims{}, dtype::real_type, "step", {}, true);
  if (g.current[l] == g.leaf_node[l]) g.write(l, g.read(l) + 1.0);
  return g.read(l);
}

}  // namespace tfx::optim
