// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/kernel_list.hpp>

namespace tfx::detail {

/// A stored value in time, counted in groups. Its longest time without a use ends at `late`: there the second computation
/// takes over, if there is one.
struct kept_value {
  int node = -1, size = 0;
  int from = 0, to = 0;     ///< first and last use
  int early = 0, late = 0;  ///< around the longest time without a use; `late` past the end: nobody reads it again
  bool fixed = false;       ///< can't be made again: a loop or an assignment reads it
  long long flops = 0;      ///< of making it from stored values
  int first_input = 0, inputs = 0;  ///< those
};

/// Chooses what is computed again. Dropping a value costs its FLOPs and frees its memory between its early readers and
/// the late ones; what it is made of must be there then, kept or made again in turn. So at the fullest moment values are
/// dropped, those with the most memory for a FLOP first, until the estimate fits.
struct recompute_search {
  const graph_view& g;
  const fusion_view& f;
  list<kept_value> values{};  ///< in the order of their nodes
  list<int> inputs{};         ///< rows of `values`
  list<int> row;              ///< per node: its value, or -1
  list<int> seen;
  int round = 0;

  constexpr recompute_search(const graph_view& view, const fusion_view& fusion)
      : g(view), f(fusion), row(view.n_nodes, -1), seen(view.n_nodes, 0) {
    memory_planner<fusion_view> planner(g, f);
    planner.find_homes();
    planner.find_lifetimes();
    for (int i = 0; i < g.n_nodes; ++i) {
      if (planner.end[i] < 0) continue;
      row[i] = values.size();
      const op_kind kind = g[i].op->kind;
      kept_value v;
      v.node = i;
      v.size = planner.size_of_buffer(i);
      v.from = planner.begin[i];
      v.early = v.to = planner.end[i];
      v.late = f.n_groups;
      v.fixed = g[i].region != 0 || planner.p.home[i] >= 0 ||
                !(kind == op_kind::map || kind == op_kind::reduce || is_producer(kind) || kind == op_kind::other);
      values.push_back(v);
    }
    find_gaps();
    for (int r = 0; r < values.size(); ++r) find_inputs(r);
  }

  constexpr void find_gaps() {
    list<int> head(values.size(), -1), next, reader;
    for (int i = 0; i < g.n_nodes; ++i) {
      const op_kind kind = g[i].op->kind;
      if (kind == op_kind::view) continue;
      if (g[i].link >= 0 && row[g.root(g[i].link)] >= 0) values[row[g.root(g[i].link)]].fixed = true;
      // Assignments stand at the end of the graph: what came before the first of them may read what they overwrite.
      const bool elsewhere = f.group_of[i] < 0 || g[i].region != 0 || kind == op_kind::result ||
                             kind == op_kind::loop || kind == op_kind::port || kind == op_kind::assign;
      for (int k = 0; k < g[i].count && kind != op_kind::other; ++k) {
        const int r = row[g.root(g.input(i, k))];
        if (r < 0) continue;
        if (elsewhere) values[r].fixed = true;
        next.push_back(head[r]);
        reader.push_back(f.group_of[i]);
        head[r] = reader.size() - 1;
      }
    }
    for (int r = 0; r < values.size(); ++r) {
      kept_value& v = values[r];
      int longest = 1;
      auto first_after = [&](int time) {
        int found = -1;
        for (int u = head[r]; u >= 0; u = next[u])
          if (reader[u] > time && (found < 0 || reader[u] < found)) found = reader[u];
        return found;
      };
      for (int time = v.from, then = first_after(time); then >= 0; time = then, then = first_after(time)) {
        if (then - time <= longest) continue;
        longest = then - time;
        v.early = time;
        v.late = then;
      }
    }
  }
  /// What value r is made of: the stored values behind nodes that are not stored.
  constexpr void find_inputs(int r) {
    values[r].first_input = inputs.size();
    ++round;
    collect(r, values[r].node);
    values[r].inputs = inputs.size() - values[r].first_input;
  }
  constexpr void collect(int r, int id) {
    if (seen[id] == round) return;
    seen[id] = round;
    const op_kind kind = g[id].op->kind;
    if (kind == op_kind::leaf || kind == op_kind::constant || kind == op_kind::generate) return;
    if (kind == op_kind::port || kind == op_kind::result || g[id].region != 0) {
      values[r].fixed = true;
    } else if (id != values[r].node && f.stored[id]) {
      inputs.push_back(row[id]);
    } else {
      const int maker = g.maker(id);
      values[r].flops += flops_of(g, maker);
      for (int k = 0; k < g[maker].count; ++k) collect(r, g.input(maker, k));
    }
  }

  /// What follows from dropping some values: when each value is needed by what is made again, and the fullest moment.
  struct outcome {
    list<int> needed_from, needed_to;
    int time = 0, alive = 0;
  };
  constexpr int made_again_at(const outcome& o, int r) const {
    return o.needed_from[r] < values[r].late ? o.needed_from[r] : values[r].late;
  }
  constexpr outcome outcome_of(const list<char>& dropped) const {
    outcome o{list<int>(values.size(), f.n_groups), list<int>(values.size(), -1)};
    list<int> change(f.n_groups + 1, 0);
    auto occupy = [&](int from, int to, int size) {
      change.data[from] += size;
      change.data[to + 1] -= size;
    };
    for (int r = values.size() - 1; r >= 0; --r) {
      const kept_value& v = values[r];
      const int to = o.needed_to[r] > v.to ? o.needed_to[r] : v.to;
      const int again = made_again_at(o, r);
      if (!dropped[r] || again <= v.early) {
        occupy(v.from, to, v.size);
        continue;
      }
      occupy(v.from, v.early, v.size);
      if (again == f.n_groups) continue;  // nobody asks for it again
      occupy(again, to, v.size);
      for (int k = 0; k < v.inputs; ++k) {
        const int u = inputs[v.first_input + k];
        if (again < o.needed_from[u]) o.needed_from[u] = again;
        if (again > o.needed_to[u]) o.needed_to[u] = again;
      }
    }
    int sum = 0;
    for (int t = 0; t < f.n_groups; ++t) {
      sum += change[t];
      if (sum <= o.alive) continue;
      o.alive = sum;
      o.time = t;
    }
    return o;
  }
  /// The most dropped values in a row that are made of each other, of those that are read late.
  constexpr int longest_row(const list<char>& dropped) const {
    list<int> length(values.size(), 0);
    int most = 0;
    for (int r = 0; r < values.size(); ++r) {
      if (!dropped[r]) continue;
      for (int k = 0; k < values[r].inputs; ++k) {
        const int u = inputs[values[r].first_input + k];
        if (length[u] > length[r]) length[r] = length[u];
      }
      if (values[r].late < f.n_groups) ++length[r];
      if (length[r] > most) most = length[r];
    }
    return most;
  }
  constexpr long long cost(const list<char>& dropped) const {
    long long total = 0;
    for (int r = 0; r < values.size(); ++r)
      if (dropped[r]) total += values[r].flops;
    return total;
  }

  /// Is input u of a second computation at time `again` gone by then, so that it has to be made again as well?
  constexpr bool gone(const list<char>& dropped, const outcome& now, int u, int again) const {
    return !dropped[u] && values[u].to < again && now.needed_to[u] < again && !values[u].fixed;
  }
  /// Marks value r and those inputs with a stamp: what dropping it means. Returns the FLOPs.
  constexpr long long mark_with_inputs(list<int>& marks, int stamp, const list<char>& dropped, const outcome& now,
                                       int r, int again) const {
    long long flops = values[r].flops;
    marks[r] = stamp;
    for (int k = 0; k < values[r].inputs; ++k)
      if (const int u = inputs[values[r].first_input + k]; marks[u] != stamp && gone(dropped, now, u, again))
        flops += mark_with_inputs(marks, stamp, dropped, now, u, again);
    return flops;
  }
  /// Drops values until `target` elements are enough by the estimate, or nothing helps. With a small `depth`
  /// few values in a row are dropped, so that what is made again is soon used up.
  constexpr void drop(list<char>& dropped, int target, int depth) const {
    list<char> refused(values.size(), 0);
    list<int> marks(values.size(), 0);
    int stamp = 0;
    outcome now = outcome_of(dropped);
    while (now.alive > target) {
      int best = -1;
      double best_score = 0;
      for (int r = 0; r < values.size(); ++r) {
        const kept_value& v = values[r];
        const int again = made_again_at(now, r);
        const bool idle = v.early < now.time && now.time < again && (v.to > now.time || now.needed_to[r] > now.time);
        if (!idle || dropped[r] || refused[r] || v.fixed) continue;
        const long long flops = mark_with_inputs(marks, ++stamp, dropped, now, r, again);
        const double score = double(v.size) / double(flops + v.size);  // reading and writing count as well
        if (best >= 0 && score <= best_score) continue;
        best = r;
        best_score = score;
      }
      if (best < 0) return;
      mark_with_inputs(marks, ++stamp, dropped, now, best, made_again_at(now, best));
      for (int r = 0; r < values.size(); ++r)
        if (marks[r] == stamp) dropped[r] = 1;
      outcome then = outcome_of(dropped);
      if (longest_row(dropped) > depth || then.alive > now.alive) {  // take it back
        refused[best] = 1;
        for (int r = 0; r < values.size(); ++r)
          if (marks[r] == stamp) dropped[r] = 0;
      } else {
        now = static_cast<outcome&&>(then);
      }
    }
    keep_what_may_stay(dropped, target);
  }
  /// What is dropped for a target, what it costs, and how much is alive by the estimate.
  struct selection {
    list<char> dropped;
    long long flops = 0;
    int alive = 0;
  };
  constexpr selection select(int target, int depth) const {
    selection s{list<char>(values.size(), 0)};
    drop(s.dropped, target, depth);
    s.flops = cost(s.dropped);
    s.alive = outcome_of(s.dropped).alive;
    return s;
  }
  /// With the smallest depth that reaches the target, or with any number in a row, whichever is cheaper; where nothing
  /// reaches it, the selection that comes closest.
  constexpr selection select(int target) const {
    selection best = select(target, values.size());
    for (const int depth : {1, 2, 3, 4, 6, 8, 12, 16, 24, 32}) {
      selection s = select(target, depth);
      const bool reached = s.alive <= target;
      if (best.alive <= target ? reached && s.flops < best.flops : s.alive < best.alive)
        best = static_cast<selection&&>(s);
      if (reached) break;
    }
    return best;
  }
  /// Keeps what need not be dropped after all, the dearest first.
  constexpr void keep_what_may_stay(list<char>& dropped, int target) const {
    list<char> tried(values.size(), 0);
    for (;;) {
      int dearest = -1;
      for (int r = 0; r < values.size(); ++r)
        if (dropped[r] && !tried[r] && (dearest < 0 || values[r].flops > values[dearest].flops)) dearest = r;
      if (dearest < 0) return;
      tried[dearest] = 1;
      dropped[dearest] = 0;
      if (outcome_of(dropped).alive > target) dropped[dearest] = 1;
    }
  }
};

}  // namespace tfx::detail
