// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/fusion.hpp>

namespace tfx {

/// One term of an address: slot * stride, where slot = (sign * iteration of `region` + (trips of `from`) + shift) mod `mod`.
struct address_term {
  int region = 0, from = -1, sign = 1, shift = 0, mod = 0, stride = 0;
};

/// Where a value lives: the node whose buffer holds it, a constant offset, and one term per loop it is indexed by. Views,
/// slices, rings of carries, stacks and the counters of generators are all this one thing.
struct location {
  int root = -1, offset = 0;
  address_term terms[6] = {};
  int n_terms = 0;
};

/// Where every stored value lives in the arena, in elements.
template <int Nodes> struct memory_plan {
  int offset[Nodes + 1] = {};
  int home[Nodes + 1] = {};             ///< the node in whose memory a value is stored; -1: its own
  std::uint8_t history[Nodes + 1] = {}; ///< of a carry: all its values are kept
  int arena = 0;                        ///< elements
  int unplanned = 0;                    ///< what it would be without sharing
  int live_peak = 0;                    ///< lower bound: the most that is alive at once
  int buffers = 0;
};

struct memory_lists {
  list<int> offset, home;
  list<std::uint8_t> history;
  int arena = 0, unplanned = 0, live_peak = 0, buffers = 0;
};

namespace detail {

constexpr address_term slot_term(const graph_view& g, int region, int aux, int stride) {
  const region_info& r = g.regions[region];
  address_term t;
  t.region = region;
  t.shift = aux >> 1;
  t.stride = stride;
  if (!(aux & 1)) return t;
  t.sign = -1;   // the last iteration first
  if (r.dynamic) {
    t.from = region;
    t.shift -= 1;
  } else {
    t.shift += r.bound - 1;
  }
  return t;
}

struct locator {
  const graph_view& g;
  const int* home;
  const std::uint8_t* history;
  location at{};

  constexpr void add(const address_term& t) { at.terms[at.n_terms++] = t; }
  /// A slot of carry c: two slots, or all bound + 1 when the reverse pass wants them. Returns where to look on, -1: found.
  constexpr int ring(int c, int shift, bool indexed) {
    const int region = g[c].region, size = g[c].shape.size();
    if (indexed) add({region, -1, 1, shift, history[c] ? 0 : 2, size});
    const int h = home[c];
    if (h < 0) {
      at.root = c;
      return -1;
    }
    add(slot_term(g, g.regions[region].parent, g[h].aux, size * (g.regions[region].bound + 1)));   // the whole history is stacked once more
    return h;
  }
  constexpr location find(int id) {
    while (at.root < 0) {
      const node& n = g[id];
      const int size = n.shape.size();
      if (is<carry_op>(n)) id = ring(id, 0, true);
      else if (is<final_op>(n)) id = ring(g.input(id, 0), 0, true);
      else if (is<history_op>(n)) id = ring(g.input(id, 0), 0, false);
      else if (const int h = home[id]; h >= 0) {
        if (is<carry_op>(g[h])) {
          id = ring(h, 1, n.region == g[h].region);
        } else {
          if (is<stack_op>(g[h]) && n.region != g[h].region && !g.regions[n.region].branch) add(slot_term(g, n.region, g[h].aux, size));
          id = h;
        }
      } else if (n.op->kind == op_kind::assign) {
        id = n.aux;
      } else if (n.op->kind == op_kind::view) {
        if (is<slice_op>(n)) add(slot_term(g, n.region, n.aux, size));
        if (is<row_op>(n)) at.offset += n.aux * size;
        id = g.input(id, 0);
      } else {
        at.root = id;
      }
    }
    return at;
  }
};

}  // namespace detail

constexpr location locate(const graph_view& g, const int* home, const std::uint8_t* history, int id) {
  return detail::locator{g, home, history}.find(id);
}

/// Assigns arena offsets by liveness over the order of the groups. What a body stores lives within one iteration, so plain
/// intervals do once they are widened to the loop that encloses their other end.
template <class Fusion> constexpr memory_lists plan_memory(const graph_view& g, const Fusion& f) {
  const int n = g.n_nodes;
  memory_lists p;
  p.offset = list<int>(n, 0);
  p.home = list<int>(n, -1);
  p.history = list<std::uint8_t>(n, 0);
  list<int> begin(n, -1), end(n, -1), start(g.n_regions + 1, -1);
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
  for (int q = f.n_groups - 1; q >= 0; --q)
    for (int r = f.groups[q].region; r > 0; r = g.regions[r].parent) start[r] = q;
  auto level = [&](int root) { return is<carry_op>(g[root]) ? g.regions[g[root].region].parent : g[root].region; };
  auto widen = [&](int region, int to, int q, bool last) {
    for (int r = region; r > 0 && r != to; r = g.regions[r].parent) q = last ? f.group_of[g.regions[r].loop] : start[r];
    return q;
  };
  auto touch = [&](int id, int by) {   // value `id` is written or read by the group of node `by`
    const int root = locate(g, p.home.data, p.history.data, id).root, q = f.group_of[by], region = g[by].region;
    const op_kind k = g[root].op->kind;
    if (q < 0 || k == op_kind::leaf || k == op_kind::constant || k == op_kind::generate || is<iteration_op>(g[root])) return;
    const int lo = widen(region, level(root), q, false), hi = widen(region, level(root), q, true);
    if (hi > end[root]) end[root] = hi;
    if (begin[root] < 0 || lo < begin[root]) begin[root] = lo;
  };
  for (int i = 0; i < n; ++i) {
    const op_kind k = g[i].op->kind;
    if (k == op_kind::view || k == op_kind::port || k == op_kind::leaf || k == op_kind::constant || k == op_kind::generate) continue;
    if (f.stored[i] && k != op_kind::assign) touch(i, i);
    if (k == op_kind::result) continue;
    for (int j = 0; j < g[i].count; ++j) {
      const int a = g.input(i, j), root = g.root(a);
      if (f.stored[root] || g[root].op->kind == op_kind::port || g[root].op->kind == op_kind::result) touch(a, i);
    }
  }

  auto size_of_buffer = [&](int i) {
    int s = g[i].shape.size();
    if (is<carry_op>(g[i])) s *= p.history[i] ? g.regions[g[i].region].bound + 1 : 2;
    return padded(s);
  };
  list<int> next(n, -1), first(f.n_groups + 1, -1), active(n + 1, 0);
  for (int i = n - 1; i >= 0; --i) {
    if (end[i] < 0) continue;
    next[i] = first[begin[i]];
    first[begin[i]] = i;
    p.buffers++;
  }
  int alive = 0, live = 0;   // buffers in use, sorted by offset; and their size
  for (int q = 0; q < f.n_groups; ++q) {
    int kept = 0;
    for (int j = 0; j < alive; ++j) {
      if (end[active[j]] >= q) active[kept++] = active[j];
      else live -= size_of_buffer(active[j]);
    }
    alive = kept;
    for (int i = first[q]; i >= 0; i = next[i]) {
      const int s = size_of_buffer(i);
      p.unplanned += s;
      live += s;
      int best = -1, best_gap = 0, best_at = 0, at = 0;   // the tightest gap; else the end
      for (int j = 0; j <= alive; ++j) {
        const int gap = j < alive ? p.offset[active[j]] - at : -1;
        if (gap >= s && (best < 0 || gap < best_gap)) {
          best = j;
          best_gap = gap;
          best_at = at;
        }
        if (j == alive && best < 0) {
          best = j;
          best_at = at;
        }
        if (j < alive) at = p.offset[active[j]] + size_of_buffer(active[j]);
      }
      p.offset[i] = best_at;
      if (best_at + s > p.arena) p.arena = best_at + s;
      for (int j = alive; j > best; --j) active[j] = active[j - 1];
      active[best] = i;
      ++alive;
    }
    if (live > p.live_peak) p.live_peak = live;
  }
  return p;
}

template <int Nodes> constexpr memory_plan<Nodes> freeze(const memory_lists& lists) {
  memory_plan<Nodes> p;
  for (int i = 0; i < Nodes; ++i) {
    p.offset[i] = lists.offset[i];
    p.home[i] = lists.home[i];
    p.history[i] = lists.history[i];
  }
  p.arena = lists.arena;
  p.unplanned = lists.unplanned;
  p.live_peak = lists.live_peak;
  p.buffers = lists.buffers;
  return p;
}

}  // namespace tfx
