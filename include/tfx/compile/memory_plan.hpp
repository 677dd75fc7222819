// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/batch_runs.hpp>
#include <tfx/compile/fusion.hpp>
#include <tfx/compile/location.hpp>
#include <tfx/compile/placement.hpp>

namespace tfx {

/// Where every stored value lives in the arena, in elements.
template <int Nodes> struct memory_plan {
  int offset[Nodes + 1] = {};
  int home[Nodes + 1] = {};              ///< the node in whose memory a value is stored; -1: its own
  std::uint8_t history[Nodes + 1] = {};  ///< of a carry: all its values are kept
  std::uint8_t local[Nodes + 1] = {};    ///< used within one run of launches only: there is room for as many rows as it takes at a time
  batch_run runs[max_batch_runs] = {};
  int n_runs = 0;
  int arena = 0;                         ///< elements
  int unplanned = 0;                     ///< what it would be without sharing
  int live_peak = 0;                     ///< lower bound: the most that is alive at once
  int buffers = 0;
  int in_place = 0;                      ///< values that lie where an operand of theirs lay
};

struct memory_lists {
  list<int> offset, home;
  list<std::uint8_t> history, local;
  list<batch_run> runs;
  int arena = 0, unplanned = 0, live_peak = 0, buffers = 0, in_place = 0;
};

namespace detail {

template <class Fusion> struct memory_planner {
  const graph_view& g;
  const Fusion& f;
  int n;
  memory_lists p{};
  list<int> begin, end;  ///< per buffer, in groups; -1: none
  list<int> start;       ///< per body: its first group

  constexpr memory_planner(const graph_view& view, const Fusion& fusion)
      : g(view),
        f(fusion),
        n(view.n_nodes),
        begin(view.n_nodes, -1),
        end(view.n_nodes, -1),
        start(view.n_regions + 1, -1) {
    p.offset = list<int>(n, 0);
    p.home = list<int>(n, -1);
    p.history = list<std::uint8_t>(n, 0);
    p.local = list<std::uint8_t>(n, 0);
    p.runs = find_batch_runs(view, fusion);
  }

  /// What comes out of a body, and the next value of a carry, is made where it is kept.
  constexpr void find_homes() {
    for (int i = 0; i < n; ++i) {
      const node& m = g[i];
      if (is<carry_op>(m)) p.home[g.input(i, 0)] = p.home[m.link] = i;
      if (is<stack_op>(m)) {
        const int a = g.input(i, 0);
        p.home[is<history_op>(g[a]) ? g.input(a, 0) : a] = i;
        if (m.count > 2) p.home[g.input(i, 2)] = i;
      }
      if (is<join_op>(m)) p.home[g.input(i, 0)] = p.home[g.input(i, 2)] = i;
      if (is<history_op>(m)) p.history[g.input(i, 0)] = 1;
    }
  }

  constexpr int level(int root) const {
    return is<carry_op>(g[root]) ? g.regions[g[root].region].parent : g[root].region;
  }
  /// Group q, or the end of the outermost body around it that lies within body `to`.
  constexpr int widened(int region, int to, int q, bool last) const {
    for (int r = region; r > 0 && r != to; r = g.regions[r].parent) q = last ? f.group_of[g.regions[r].loop] : start[r];
    return q;
  }
  /// Value `id` is written or read by the group of node `by`.
  constexpr void touch(int id, int by) {
    const int root = locate(g, p.home.data, p.history.data, id).root, q = f.group_of[by], region = g[by].region;
    const op_kind k = g[root].op->kind;
    if (q < 0 || k == op_kind::leaf || k == op_kind::constant || k == op_kind::generate || is<iteration_op>(g[root]))
      return;
    const int lo = widened(region, level(root), q, false), hi = widened(region, level(root), q, true);
    if (hi > end[root]) end[root] = hi;
    if (begin[root] < 0 || lo < begin[root]) begin[root] = lo;
  }
  constexpr void find_lifetimes() {
    for (int q = f.n_groups - 1; q >= 0; --q)
      for (int r = f.groups[q].region; r > 0; r = g.regions[r].parent) start[r] = q;
    for (int i = 0; i < n; ++i) {
      const op_kind k = g[i].op->kind;
      if (k == op_kind::view || k == op_kind::port || k == op_kind::leaf || k == op_kind::constant ||
          k == op_kind::generate)
        continue;
      if (f.stored[i] && k != op_kind::assign) touch(i, i);
      if (k == op_kind::result) continue;
      for (int j = 0; j < g[i].count; ++j) {
        const int a = g.input(i, j), root = g.root(a);
        if (f.stored[root] || g[root].op->kind == op_kind::port || g[root].op->kind == op_kind::result) touch(a, i);
      }
    }
  }

  /// What comes into a run or leaves it is there during all of it; what does neither needs room for some rows only.
  constexpr void follow_runs() {
    if (p.runs.size() == 0) return;
    for (int i = 0; i < n; ++i) {
      if (end[i] < 0) continue;
      const int from = batch_run_of(p.runs.data, p.runs.size(), begin[i]), to = batch_run_of(p.runs.data, p.runs.size(), end[i]);
      if (from >= 0 && from == to) {
        p.local[i] = g[i].shape.bounded;
        continue;
      }
      if (from >= 0) begin[i] = p.runs[from].first;
      if (to >= 0) end[i] = p.runs[to].last;
    }
  }

  constexpr int size_of_buffer(int i) const {
    int s = g[i].shape.size();
    if (p.local[i]) s = s / g[i].shape.extent[0] * p.runs[batch_run_of(p.runs.data, p.runs.size(), begin[i])].rows;
    if (is<carry_op>(g[i])) s *= p.history[i] ? g.regions[g[i].region].bound + 1 : 2;
    return padded(s);
  }

  /// The buffer that a stored value without terms lies in.
  constexpr int buffer_of(int id) const {
    id = g.root(id);
    while (p.home[id] >= 0) id = p.home[id];
    return id;
  }
  /// May node i, the last that reads buffer a, be written over it? Only where each element is read at the place at
  /// which it is written, and not after that.
  constexpr bool takes_over(int i, int a, const list<int>& head, const list<int>& next) const {
    const group& q = f.groups[f.group_of[i]];
    for (int j = head[f.group_of[i]]; j >= 0; j = next[j]) {
      for (int k = 0; k < g[j].count; ++k) {
        const int from = g.input(j, k);
        if (buffer_of(from) != a) continue;
        if (j > i || is_producer(g[j].op->kind) || g[from].shape.size() != q.rows * q.cols) return false;
      }
    }
    return true;
  }
  /// Elementwise results take the place of an operand that nobody reads later.
  constexpr void share_in_place() {
    list<int> head(f.n_groups + 1, -1), next(n, -1);
    for (int i = n - 1; i >= 0; --i) {
      if (f.group_of[i] < 0) continue;
      next[i] = head[f.group_of[i]];
      head[f.group_of[i]] = i;
    }
    for (int q = 0; q < f.n_groups; ++q) {
      if (f.groups[q].axis >= 0 || f.groups[q].kind == group_kind::control) continue;
      for (int i = head[q]; i >= 0; i = next[i]) {
        if (g[i].op->kind != op_kind::map || !f.stored[i] || p.home[i] >= 0) continue;
        for (int j = head[q]; j >= 0 && p.home[i] < 0; j = next[j]) {
          for (int k = 0; k < g[j].count && p.home[i] < 0; ++k) {
            const int a = buffer_of(g.input(j, k));
            const op_kind kind = g[a].op->kind;
            const bool plain = kind == op_kind::map || kind == op_kind::reduce || is_producer(kind);
            if (!plain || f.group_of[a] == q || end[a] != q || g[a].region != g[i].region ||
                g[a].shape.size() != g[i].shape.size())
              continue;
            if (p.local[i] != p.local[a] || !takes_over(i, a, head, next)) continue;
            p.home[i] = a;
            end[a] = end[i];
            end[i] = begin[i] = -1;
            p.in_place++;
          }
        }
      }
    }
  }

  constexpr void place() {
    list<int> first(f.n_groups + 1, -1), later(n, -1), node_of;
    for (int i = n - 1; i >= 0; --i) {
      if (end[i] < 0) continue;
      later[i] = first[begin[i]];
      first[begin[i]] = i;
    }
    list<lifetime> buffers;
    for (int q = 0; q < f.n_groups; ++q) {
      for (int i = first[q]; i >= 0; i = later[i]) {
        buffers.push_back({q, end[i], size_of_buffer(i)});
        node_of.push_back(i);
        p.unplanned += size_of_buffer(i);
      }
    }
    p.buffers = buffers.size();
    p.live_peak = most_alive(buffers, f.n_groups);
    p.arena = place_buffers(buffers, p.live_peak);
    for (int i = 0; i < buffers.size(); ++i) p.offset[node_of[i]] = buffers[i].offset;
  }
};

}  // namespace detail

/// Assigns arena offsets by liveness over the order of the groups. What a body stores lives within one iteration, so
/// plain intervals do once they are widened to the loop that encloses their other end.
template <class Fusion> constexpr memory_lists plan_memory(const graph_view& g, const Fusion& f) {
  detail::memory_planner<Fusion> planner(g, f);
  planner.find_homes();
  planner.find_lifetimes();
  planner.follow_runs();
  planner.share_in_place();
  planner.place();
  return static_cast<memory_lists&&>(planner.p);
}

template <int Nodes> constexpr memory_plan<Nodes> freeze(const memory_lists& lists) {
  memory_plan<Nodes> p;
  for (int i = 0; i < Nodes; ++i) {
    p.offset[i] = lists.offset[i];
    p.home[i] = lists.home[i];
    p.history[i] = lists.history[i];
    p.local[i] = lists.local[i];
  }
  for (int i = 0; i < lists.runs.size(); ++i) p.runs[i] = lists.runs[i];
  p.n_runs = lists.runs.size();
  p.arena = lists.arena;
  p.unplanned = lists.unplanned;
  p.live_peak = lists.live_peak;
  p.buffers = lists.buffers;
  p.in_place = lists.in_place;
  return p;
}

}  // namespace tfx
