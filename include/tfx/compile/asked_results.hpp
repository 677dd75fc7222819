// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/location.hpp>
#include <tfx/core/list.hpp>

namespace tfx::detail {

/// What is asked of a producer's results in its group, whose nodes are the list `next` from one to the next.
struct asked_results {
  const graph_view& g;
  const int* group_of;
  const std::uint8_t* stored;
  const list<int>& next;

  static constexpr bool is_result(const node& n) { return is_producer(n.op->kind) || n.op->kind == op_kind::other; }
  /// Does anybody read it?
  constexpr bool is_wanted(int id) const {
    bool wanted = stored[id];
    for (int i = next.data[id]; i >= 0 && !wanted; i = next.data[i])
      for (int j = 0; j < g[i].count && g[i].op->kind != op_kind::other; ++j) wanted = wanted || value_of(g, g.input(i, j)) == id;
    return wanted;
  }
  constexpr bool assigns(int i, int id) const { return g[i].op->kind == op_kind::assign && value_of(g, g.input(i, 0)) == id; }
  /// The node that stores it: itself, or the last assignment of it.
  constexpr int stored_by(int id) const {
    int by = id;
    for (int i = id; i >= 0 && !stored[id]; i = next.data[i])
      if (assigns(i, id)) by = i;
    return by;
  }
  /// From node `first` on: is each result stored once, as it is, or not at all, and nothing else done?
  constexpr bool stored_only(int first) const {
    for (int i = first; i >= 0; i = next.data[i]) {
      if (g[i].op->kind == op_kind::assign) {
        const int from = value_of(g, g.input(i, 0));
        if (group_of[from] != group_of[i] || !is_result(g[from])) return false;
        continue;
      }
      if (!is_result(g[i]) || lies_narrow(g[i].type)) return false;   // a producer writes words
      int times = stored[i] ? 1 : 0;
      for (int j = next.data[i]; j >= 0; j = next.data[j]) times += assigns(j, i);
      if (times > 1 || (times == 0 && is_producer(g[i].op->kind) && g[i].op->results == 1)) return false;
    }
    return true;
  }
};

}  // namespace tfx::detail
