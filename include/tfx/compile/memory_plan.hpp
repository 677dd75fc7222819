// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/batch_runs.hpp>
#include <tfx/compile/fusion.hpp>
#include <tfx/compile/location.hpp>
#include <tfx/compile/placement.hpp>

namespace tfx {

/// Where every stored value lives in the arena, in words.
template <int Nodes> struct memory_plan {
  int offset[Nodes + 1] = {};
  int home[Nodes + 1] = {};              ///< the node in whose memory a value is stored; -1: its own
  std::uint8_t history[Nodes + 1] = {};  ///< of a carry: all its values are kept
  std::uint8_t local[Nodes + 1] = {};    ///< used within one run of launches only: there is room for as many rows as it takes at a time
  batch_run runs[max_batch_runs] = {};
  int n_runs = 0;
  int arena = 0;                         ///< words
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
  const node* nodes;
  int n;
  memory_lists p{};
  list<int> begin, end;  ///< per buffer, in groups; -1: none
  list<int> start;       ///< per body: its first group

  constexpr memory_planner(const graph_view& view, const Fusion& fusion)
      : g(view),
        f(fusion),
        nodes(view.nodes),
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
      if (nodes[i].op->kind != op_kind::result || !is<joined_op>(nodes[i])) continue;
      for (int k = 0; k < nodes[i].count; ++k) p.home.data[g.input(i, k)] = i;
      if (nodes[i].link >= 0) p.home.data[i] = nodes[i].link;
    }
    if (g.n_regions == 1) return;
    for (int i = 0; i < n; ++i) {
      const node& m = nodes[i];
      if (is<carry_op>(m)) p.home.data[g.input(i, 0)] = p.home.data[m.link] = i;
      if (is<stack_op>(m)) {
        const int a = g.input(i, 0);
        p.home.data[is<history_op>(nodes[a]) ? g.input(a, 0) : a] = i;
        if (m.count > 2) p.home.data[g.input(i, 2)] = i;
      }
      if (is<join_op>(m)) p.home.data[g.input(i, 0)] = p.home.data[g.input(i, 2)] = i;
      if (is<history_op>(m)) p.history.data[g.input(i, 0)] = 1;
    }
  }

  constexpr int level(int root) const {
    return is<carry_op>(nodes[root]) ? g.regions[nodes[root].region].parent : nodes[root].region;
  }
  /// Group q, or the end of the outermost body around it that lies within body `to`.
  constexpr int widened(int region, int to, int q, bool last) const {
    for (int r = region; r > 0 && r != to; r = g.regions[r].parent) q = last ? f.group_of[g.regions[r].loop] : start.data[r];
    return q;
  }
  /// Value `id` is written or read by the group of node `by`.
  constexpr void touch(int id, int by) {
    const int q = f.group_of[by], region = nodes[by].region;
    if (g.n_regions == 1) return touch_plain(id, q);
    const int root = locate(g, p.home.data, p.history.data, id).root;
    const op_kind k = nodes[root].op->kind;
    if (q < 0 || k == op_kind::leaf || k == op_kind::constant || k == op_kind::generate || is<iteration_op>(nodes[root]))
      return;
    const int lo = widened(region, level(root), q, false), hi = widened(region, level(root), q, true);
    if (hi > end.data[root]) end.data[root] = hi;
    if (begin.data[root] < 0 || lo < begin.data[root]) begin.data[root] = lo;
  }
  constexpr void touch_plain(int id, int q) {
    int nowhere = 0;
    const int root = locate_plain(g, p.home.data, id, nowhere);
    const op_kind k = nodes[root].op->kind;
    if (q < 0 || k == op_kind::leaf || k == op_kind::constant || k == op_kind::generate) return;
    if (q > end.data[root]) end.data[root] = q;
    if (begin.data[root] < 0 || q < begin.data[root]) begin.data[root] = q;
  }
  constexpr void find_lifetimes() {
    for (int q = f.n_groups - 1; q >= 0; --q)
      for (int r = f.groups[q].region; r > 0; r = g.regions[r].parent) start.data[r] = q;
    for (int i = 0; i < n; ++i) {
      const op_kind k = nodes[i].op->kind;
      if (k == op_kind::view || k == op_kind::port || k == op_kind::leaf || k == op_kind::constant ||
          k == op_kind::generate)
        continue;
      if (f.stored[i] && k != op_kind::assign) touch(i, i);
      if (k == op_kind::result) continue;
      for (int e = nodes[i].first, last = e + nodes[i].count; e < last; ++e) {
        const int a = g.edges[e];
        int root = a;
        while (nodes[root].op->kind == op_kind::view) root = g.edges[nodes[root].first];
        if (f.stored[root] || nodes[root].op->kind == op_kind::port || nodes[root].op->kind == op_kind::result) touch(a, i);
      }
    }
  }

  /// What comes into a run or leaves it is there during all of it; what does neither needs room for some rows only.
  constexpr void follow_runs() {
    if (p.runs.size() == 0) return;
    for (int i = 0; i < n; ++i) {
      if (end.data[i] < 0) continue;
      const int from = batch_run_of(p.runs.data, p.runs.size(), begin.data[i]), to = batch_run_of(p.runs.data, p.runs.size(), end.data[i]);
      if (from >= 0 && from == to) {
        p.local.data[i] = nodes[i].shape.bounded;
        continue;
      }
      if (from >= 0) begin.data[i] = p.runs.data[from].first;
      if (to >= 0) end.data[i] = p.runs.data[to].last;
    }
  }

  constexpr int size_of_buffer(int i) const {
    int s = nodes[i].shape.size();
    if (p.local.data[i]) s = s / nodes[i].shape.extent[0] * p.runs.data[batch_run_of(p.runs.data, p.runs.size(), begin.data[i])].rows;
    if (is<carry_op>(nodes[i])) s *= p.history.data[i] ? g.regions[nodes[i].region].bound + 1 : 2;
    return padded(words_for(s, form_of(nodes[i].type)));
  }

  /// The buffer that a stored value without terms lies in.
  constexpr int buffer_of(int id) const {
    while (nodes[id].op->kind == op_kind::view) id = g.edges[nodes[id].first];
    while (p.home.data[id] >= 0) id = p.home.data[id];
    return id;
  }
  /// May node i, the last that reads buffer a, be written over it? Only where each element is read at the place at
  /// which it is written, and not after that.
  constexpr bool takes_over(int i, int a, const list<int>& head, const list<int>& next) const {
    const group& q = f.groups[f.group_of[i]];
    for (int j = head.data[f.group_of[i]]; j >= 0; j = next.data[j]) {
      for (int e = nodes[j].first, last = e + nodes[j].count; e < last; ++e) {
        const int from = g.edges[e];
        if (buffer_of(from) != a) continue;
        if (j > i || is_producer(nodes[j].op->kind) || nodes[from].shape.size() != q.elements || is_strided(g, from)) return false;
      }
    }
    return true;
  }
  /// Elementwise results take the place of an operand that nobody reads later.
  constexpr void share_in_place() {
    list<int> head(f.n_groups + 1, -1), next = list<int>::unset(n);
    for (int i = n - 1; i >= 0; --i) {
      if (f.group_of[i] < 0) continue;
      next.data[i] = head.data[f.group_of[i]];
      head.data[f.group_of[i]] = i;
    }
    for (int q = 0; q < f.n_groups; ++q) {
      if (f.groups[q].axis >= 0 || f.groups[q].kind == group_kind::control) continue;
      for (int i = head.data[q]; i >= 0; i = next.data[i]) {
        if (nodes[i].op->kind != op_kind::map || !f.stored[i] || p.home.data[i] >= 0) continue;
        for (int j = head.data[q]; j >= 0 && p.home.data[i] < 0; j = next.data[j]) {
          for (int e = nodes[j].first, last = e + nodes[j].count; e < last && p.home.data[i] < 0; ++e) {
            const int a = buffer_of(g.edges[e]);
            if (end.data[a] != q || f.group_of[a] == q) continue;
            const op_kind kind = nodes[a].op->kind;
            const bool plain = kind == op_kind::map || kind == op_kind::reduce || is_producer(kind) || kind == op_kind::other;
            if (!plain || nodes[a].region != nodes[i].region ||
                nodes[a].shape.size() != nodes[i].shape.size() || form_of(nodes[a].type) != form_of(nodes[i].type))
              continue;
            if (p.local.data[i] != p.local.data[a] || !takes_over(i, a, head, next)) continue;
            p.home.data[i] = a;
            end.data[a] = end.data[i];
            end.data[i] = begin.data[i] = -1;
            p.in_place++;
          }
        }
      }
    }
  }

  constexpr void place() {
    list<int> first(f.n_groups + 1, -1), later = list<int>::unset(n), node_of;
    for (int i = n - 1; i >= 0; --i) {
      if (end.data[i] < 0) continue;
      later.data[i] = first.data[begin.data[i]];
      first.data[begin.data[i]] = i;
    }
    list<lifetime> buffers;
    for (int q = 0; q < f.n_groups; ++q) {
      for (int i = first.data[q]; i >= 0; i = later.data[i]) {
        const int size = size_of_buffer(i);
        buffers.push_back({q, end.data[i], size});
        node_of.push_back(i);
        p.unplanned += size;
      }
    }
    p.buffers = buffers.size();
    p.live_peak = most_alive(buffers, f.n_groups);
    p.arena = place_buffers(buffers, p.live_peak);
    for (int i = 0; i < buffers.count; ++i) p.offset.data[node_of.data[i]] = buffers.data[i].offset;
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
    p.offset[i] = lists.offset.data[i];
    p.home[i] = lists.home.data[i];
    p.history[i] = lists.history.data[i];
    p.local[i] = lists.local.data[i];
  }
  for (int i = 0; i < lists.runs.size(); ++i) p.runs[i] = lists.runs.data[i];
  p.n_runs = lists.runs.size();
  p.arena = lists.arena;
  p.unplanned = lists.unplanned;
  p.live_peak = lists.live_peak;
  p.buffers = lists.buffers;
  p.in_place = lists.in_place;
  return p;
}

}  // namespace tfx
