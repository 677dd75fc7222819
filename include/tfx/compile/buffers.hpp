// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/memory_plan.hpp>

namespace tfx {

/// One buffer of the arena: whose value it holds, where it lies (in elements), and from which to which launch it is in
/// use.
struct buffer_info {
  int node = -1, offset = 0, size = 0;
  int from = -1, to = -1;
};

namespace detail {

/// The launches of each body, those of bodies inside it included.
struct launch_range {
  int first = -1, last = -1;
};

struct buffer_finder {
  const graph_view& g;
  const int* home;
  const std::uint8_t* history;
  list<buffer_info> found{};
  list<int> index{};            ///< per node: its buffer, or -1
  list<launch_range> bodies{};

  constexpr int level(int root) const {
    return is<carry_op>(g[root]) ? g.regions[g[root].region].parent : g[root].region;
  }
  constexpr int size_of(int root) const {
    const int size = g[root].shape.size(), times = !is<carry_op>(g[root]) ? 1 : history[root] ? g.regions[g[root].region].bound + 1 : 2;
    return padded(words_for(size * times, form_of(g[root].type)));
  }
  /// Value `id` is written or read by a launch in a body.
  constexpr void touch(int id, int launch, int region, const int* offset) {
    const int root = locate(g, home, history, id).root;
    const op_kind kind = g[root].op->kind;
    const bool elsewhere = kind == op_kind::leaf || kind == op_kind::constant || kind == op_kind::generate;
    if (elsewhere || is<iteration_op>(g[root])) return;
    launch_range used{launch, launch};
    for (int r = region; r > 0 && r != level(root); r = g.regions[r].parent) used = bodies[r];   // in every iteration
    if (index[root] < 0) {
      index[root] = found.size();
      found.push_back({root, offset[root], size_of(root), used.first, used.last});
    }
    buffer_info& b = found[index[root]];
    if (used.first < b.from) b.from = used.first;
    if (used.last > b.to) b.to = used.last;
  }
};

}  // namespace detail

/// The buffers of a plan's arena in the order of their first use, found anew from what each launch reads and writes.
template <class Plan> constexpr list<buffer_info> buffers_of() {
  const graph_view g = Plan::traced::view();
  const auto& f = Plan::fusion;
  list<int> launch_of(f.n_groups + 1, -1);
  detail::buffer_finder finder{g, Plan::memory.home, Plan::memory.history};
  finder.index = list<int>(g.n_nodes, -1);
  finder.bodies = list<detail::launch_range>(g.n_regions + 1);
  for (int i = 0; i < Plan::n_launches; ++i) {
    const int q = Plan::kernels.launches[i].group;
    launch_of[q] = i;
    for (int r = f.groups[q].region; r > 0; r = g.regions[r].parent) {
      detail::launch_range& body = finder.bodies[r];
      if (body.first < 0) body.first = i;
      body.last = i;
    }
  }
  for (int i = 0; i < g.n_nodes; ++i) {
    const op_kind kind = g[i].op->kind;
    const int launch = f.group_of[i] >= 0 ? launch_of[f.group_of[i]] : -1;
    if (launch < 0 || kind == op_kind::view || kind == op_kind::result) continue;
    if (f.stored[i] && kind != op_kind::assign) finder.touch(i, launch, g[i].region, Plan::memory.offset);
    for (int k = 0; k < g[i].count; ++k) {
      const int a = g.input(i, k), root = g.root(a);
      const bool of_a_body = g[root].op->kind == op_kind::port || g[root].op->kind == op_kind::result;
      if (f.stored[root] || of_a_body) finder.touch(a, launch, g[i].region, Plan::memory.offset);
    }
  }
  list<buffer_info>& found = finder.found;
  for (int i = 0; i < found.size(); ++i) {
    buffer_info& b = found[i];
    const int from = batch_run_of(Plan::runs.data(), Plan::n_runs, b.from), to = batch_run_of(Plan::runs.data(), Plan::n_runs, b.to);
    if (Plan::memory.local[b.node]) {
      b.size = padded(words_for(g[b.node].shape.size() / g[b.node].shape.extent[0] * Plan::runs[std::size_t(from)].rows, form_of(g[b.node].type)));
    } else if (from < 0 || from != to) {
      if (from >= 0) b.from = Plan::runs[std::size_t(from)].first;
      if (to >= 0) b.to = Plan::runs[std::size_t(to)].last;
    }
  }
  for (int i = 1; i < found.size(); ++i)
    for (int j = i; j > 0 && found[j].from < found[j - 1].from; --j) {
      const buffer_info later = found[j - 1];
      found[j - 1] = found[j];
      found[j] = later;
    }
  return static_cast<list<buffer_info>&&>(found);
}

}  // namespace tfx
