// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/readings.hpp>

namespace tfx {

namespace detail {

/// Where loops over a domain can't be merged, because an operand begins or ceases to repeat there: so many elements behind.
struct cut_list {
  static constexpr int most = 8;
  int at[most] = {};
  int count = 0;
  bool full = false;   ///< there would be more

  constexpr void add(int elements) {
    for (int k = 0; k < count; ++k)
      if (at[k] == elements) return;
    if (count == most) full = true;
    else at[count++] = elements;
  }
};

/// Groups the nodes greedily in their order. Tables are read by their addresses: in a constant evaluation a call costs more
/// than all else on a line.
struct node_placer : readings {
  fusion_lists f;
  list<int> last_reader;        ///< per written leaf: the last group that reads its old value
  list<char> written;           ///< leaves with an assignment
  list<char> floats;            ///< elementwise work on leaves alone waits for its first reader
  list<int> waiting_reader, waiting_next, readers_of;   ///< of those, the ones that read a written leaf: a chain per leaf
  list<int> cutting;            ///< per group: its row of `cuts`, or -1
  list<cut_list> cuts;
  list<int> newest, before;     ///< per group its last node so far, and per node the one before it in its group
  list<int> visited;            ///< by `latest_group`, in which round
  int round = 0;
  list<int> counted;            ///< per node: the last search that has seen it; what waits may be used many times
  int stamp = 0;
  static constexpr int waiting = -2;

  constexpr explicit node_placer(const graph_view& view)
      : readings(view), last_reader(n, -1), written(n, 0), floats(n, 1), readers_of(n, -1), before(list<int>::unset(n)),
        visited(n, 0), counted(n, 0) {
    f.group_of = list<int>(n, -1);
    f.phase = list<std::uint8_t>(n, 0);
    f.stored = list<std::uint8_t>(n, 0);
  }

  /// May the loops of group q, cut as they are, be reduced so?
  constexpr bool may_reduce(int q, int axis, const reduced_run& run) const {
    if (cutting.data[q] < 0) return true;
    const cut_list& at = cuts.data[cutting.data[q]];
    bool all = !at.full;
    for (int k = 0; k < at.count; ++k) all = all && may_cut(axis, run, at.at[k]);
    return all;
  }
  /// Group q has the operands of node i.
  constexpr void cut_for(int q, int i) {
    group& target = f.groups.data[q];
    for (int k = first_cut.data[i]; k < first_cut.data[i + 1]; ++k) {
      if (cutting.data[q] < 0) {
        cutting.data[q] = cuts.count;
        cuts.push_back({});
      }
      cuts.data[cutting.data[q]].add(cut.data[k]);
      if (target.axis >= 0 && cut.data[k] < target.run.inner) target.cut_inside = true;
    }
  }
  /// Has node i as many elements as group q, in the same order, and operands that suit it?
  constexpr bool fits(const group& q, int i) const {
    if (q.elements != elements.data[i] || q.domain.bounded != nodes[i].shape.bounded) return false;
    for (int k = first_cut.data[i]; k < first_cut.data[i + 1]; ++k)
      if (!may_cut(q, cut.data[k])) return false;
    if (shape.data[i] == q.shape) return true;
    loop_nest nest = q.nest;
    return refine(nest, nodes[i].shape);
  }
  constexpr bool fits_reduced(const group& q, int i) const {
    if (elements.data[i] != q.run.outer * q.run.inner) return false;
    loop_nest kept = kept_loops(q);
    return refine(kept, nodes[i].shape);
  }
  /// What node i computes in group q is as many elements as the group has, or as its reductions leave.
  constexpr void refine_for(group& q, int i) {
    const int domain = nodes[i].op->kind == op_kind::reduce ? g.edges[nodes[i].first] : i;
    if (elements.data[domain] == q.elements) {
      refine(q.nest, nodes[domain].shape);
      return;
    }
    loop_nest kept = kept_loops(q), all;
    refine(kept, nodes[i].shape);
    int l = 0;   // what is reduced stands where the kept loops have so many elements behind
    for (int behind = q.run.outer * q.run.inner; behind > q.run.inner; behind /= kept.extent[l++]) all.push(kept.extent[l]);
    for (int k = 0, behind = q.elements; k < q.nest.loops; ++k) {
      behind /= q.nest.extent[k];
      if (is_reduced(q.run, behind)) all.push(q.nest.extent[k]);
    }
    for (; l < kept.loops; ++l) all.push(kept.extent[l]);
    q.nest = all;
  }

  constexpr void note_reads(int i) {
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
      const int a = memory_read.data[e];
      if (written.data[a] && f.group_of.data[i] > last_reader.data[a]) last_reader.data[a] = f.group_of.data[i];
    }
  }
  /// A new group for node i, over the shape of node `domain`; -1: one number.
  constexpr int open(int i, int domain, group_kind kind) {
    group q;
    if (domain >= 0) {
      q.domain = nodes[domain].shape;
      q.shape = shape.data[domain];
      q.nest = loops_of(q.domain);
      q.elements = elements.data[domain];
    }
    q.kind = kind;
    q.region = nodes[i].region;
    f.groups.push_back(q);
    newest.push_back(-1);
    cutting.push_back(-1);
    return f.groups.size() - 1;
  }
  constexpr void put(int i, int q, int phase) {
    f.group_of.data[i] = q;
    f.phase.data[i] = std::uint8_t(phase);
    before.data[i] = newest.data[q];
    newest.data[q] = i;
    group& target = f.groups.data[q];
    target.size++;
    if (shape.data[i] != target.shape) refine_for(target, i);
    if (phase % 2 == 0 && first_cut.data[i] < first_cut.data[i + 1]) cut_for(q, i);
    for (int k = first_cut.data[i]; phase % 2 && k < first_cut.data[i + 1]; ++k)
      if (cut.data[k] < target.run.inner) target.cut_inside = true;
    note_reads(i);
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (const int a = value_read.data[e]; f.group_of.data[a] == waiting) put(a, q, phase);
  }
  /// Does node i fit into group q, and all that waits for it?
  constexpr bool all_fit(const group& q, int i) {
    ++stamp;
    return waiting_fit(q, i);
  }
  constexpr bool waiting_fit(const group& q, int i) {
    counted.data[i] = stamp;
    if (!fits(q, i)) return false;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (const int a = value_read.data[e]; f.group_of.data[a] == waiting && counted.data[a] != stamp && !waiting_fit(q, a)) return false;
    return true;
  }

  /// Nodes that node i brings into a group: itself and what waits for it.
  constexpr int weight(int i) {
    ++stamp;
    return count_waiting(i);
  }
  constexpr int count_waiting(int i) {
    int total = 1;
    counted.data[i] = stamp;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (const int a = value_read.data[e]; f.group_of.data[a] == waiting && counted.data[a] != stamp) total += count_waiting(a);
    return total;
  }
  /// What waits for node i gets groups of its own, if together it would be too much for one.
  constexpr void relieve(int i) {
    if (weight(i) <= max_group_size) return;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (const int a = value_read.data[e]; f.group_of.data[a] == waiting) put(a, open(a, a, group_kind::map), 0);
  }

  constexpr void place_reduction(int i) {
    const int a = in(i, 0), axis = nodes[i].aux;
    const int domain = g.input(i, 0);
    const reduced_run run = run_of(nodes[domain].shape, axis);
    int q = f.group_of.data[a];
    if (q >= 0) {
      const group& target = f.groups.data[q];
      bool joins = target.region == nodes[i].region && target.kind == group_kind::map && fits(target, domain) &&
                   f.phase.data[a] % 2 == 0 && f.phase.data[a] < max_phase && target.size < max_group_size;
      if (target.axis >= 0) joins = joins && target.axis == axis && target.run.extent == run.extent && target.run.inner == run.inner;
      else joins = joins && may_reduce(q, axis, run);
      if (!joins) q = -1;
    }
    const bool follows = q >= 0;
    if (!follows) q = open(i, domain, group_kind::map);
    group& joined = f.groups.data[q];
    joined.axis = std::int8_t(axis);
    joined.run = run;
    for (int k = 0; cutting.data[q] >= 0 && k < cuts.data[cutting.data[q]].count; ++k)
      if (cuts.data[cutting.data[q]].at[k] < run.inner) joined.cut_inside = true;
    if (f.group_of.data[a] == waiting) {
      if (all_fit(joined, a)) put(a, q, 0);
      else put(a, open(a, domain, group_kind::map), 0);
    }
    put(i, q, follows ? f.phase.data[a] + 1 : 1);
  }
  /// Is node j what node i is made of, by way of nodes that wait?
  constexpr bool feeds(int j, int i) {
    ++stamp;
    return reaches(j, i);
  }
  constexpr bool reaches(int j, int i) {
    counted.data[i] = stamp;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
      const int a = value_read.data[e];
      if (a == j || (f.group_of.data[a] == waiting && counted.data[a] != stamp && reaches(j, a))) return true;
    }
    return false;
  }
  /// What waits and reads the leaf that assignment i overwrites must not wait any longer, unless it is part of the new value.
  constexpr void release_readers(int i) {
    for (int w = readers_of.data[nodes[i].aux]; w >= 0; w = waiting_next.data[w]) {
      const int j = waiting_reader.data[w];
      if (f.group_of.data[j] == waiting && !feeds(j, i)) put(j, open(j, j, group_kind::map), 0);
    }
  }
  /// Notes that the waiting node i reads the leaf `leaf`; earlier ones stay in front.
  constexpr void note_waiting(int i, int leaf) {
    waiting_reader.push_back(i);
    waiting_next.push_back(-1);
    int* end = &readers_of.data[leaf];
    while (*end >= 0) end = &waiting_next.data[*end];
    *end = waiting_reader.size() - 1;
  }

  /// May group q store to a leaf that it reads? Only where every element is read at the place at which it is stored, or before.
  constexpr bool overwrites_in_place(int leaf, int q, int phase) const {
    const group& target = f.groups.data[q];
    for (int j = newest.data[q]; j >= 0; j = before.data[j]) {
      for (int e = nodes[j].first, end = e + nodes[j].count; e < end; ++e) {
        if (memory_read.data[e] != leaf) continue;
        if (is_producer(nodes[j].op->kind)) return false;
        const bool reduces = nodes[j].op->kind == op_kind::reduce;
        if (f.phase.data[j] - int(reduces) > phase) return false;   // a later sweep would see the new value
        const bool tail = f.phase.data[j] % 2 && !reduces;
        const bool alike = lies.data[e] == in_order || elements.data[leaf] == 1;
        if (phase % 2 == 0) {
          if (tail || !alike) return false;
        } else if (tail ? !alike : !reads_reduced(target, e)) {
          return false;
        }
      }
    }
    return true;
  }

  /// Does the reader of edge e, in the body of group q, see at each place what the group's reductions leave there?
  constexpr bool reads_reduced(const group& q, int e) const {
    if (lies.data[e] == one_number) return q.run.outer * q.run.inner == 1;
    if (lies.data[e] == in_order) return q.run.extent == 1;
    const repetition& r = repetitions.data[lies.data[e]];
    return r.extent == q.run.extent && r.inner == q.run.inner;
  }
  /// The same of all that node i, and what waits for it, reads of them.
  constexpr bool sees_reduced(int i, int q) {
    ++stamp;
    return all_see_reduced(i, q);
  }
  constexpr bool all_see_reduced(int i, int q) {
    counted.data[i] = stamp;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
      const int a = value_read.data[e];
      if (f.group_of.data[a] == q && f.phase.data[a] % 2 && !reads_reduced(f.groups.data[q], e)) return false;
      if (f.group_of.data[a] == waiting && counted.data[a] != stamp && !all_see_reduced(a, q)) return false;
    }
    return true;
  }

  /// The group before which node a can't be computed: its own, or the latest that it reads while it waits. What a waiting
  /// node reads may have been placed since by another reader. Each waiting node is visited once per `round`.
  constexpr int latest_group(int a) {
    if (f.group_of.data[a] != waiting) return f.group_of.data[a];
    if (visited.data[a] == round) return -1;
    visited.data[a] = round;
    int q = -1;
    for (int e = nodes[a].first, end = e + nodes[a].count; e < end; ++e)
      if (const int c = latest_group(memory_read.data[e]); c > q) q = c;
    return q;
  }

  /// When a node can be computed in group q, given what it reads there, also by way of what waits: the phase of the first
  /// sweep that is late enough, and whether it needs only results of reductions.
  struct moment {
    int sweep = 0, after = 1;
    bool only_reduced = true;
  };
  constexpr moment moment_of(int i, int q) {
    ++stamp;
    moment m;
    note_moments(i, q, m);
    return m;
  }
  constexpr void note_moments(int i, int q, moment& m) {
    counted.data[i] = stamp;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
      const int a = value_read.data[e];
      if (f.group_of.data[a] == q) {
        const int p = f.phase.data[a];
        if (p % 2 == 0) m.only_reduced = false;
        else if (p > m.after) m.after = p;
        if (p + p % 2 > m.sweep) m.sweep = p + p % 2;
      } else if (f.group_of.data[a] == waiting && counted.data[a] != stamp) {
        note_moments(a, q, m);
      }
    }
  }

  /// May a kernel go over what it reduces more than once?
  static constexpr bool sweeps(const group& q) {
    return (q.axis == over_columns && q.run.extent <= max_swept_columns) || (q.axis == over_rows && q.run.extent <= max_swept_rows);
  }

  constexpr void place_map(int i) {
    const node& m = nodes[i];
    if (m.op->kind == op_kind::assign) release_readers(i);
    relieve(i);
    int q = -1;
    bool through_view = false, waits = false;
    ++round;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (const int c = latest_group(memory_read.data[e]); c > q) q = c;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
      if (value_read.data[e] != memory_read.data[e] && f.group_of.data[memory_read.data[e]] == q && q >= 0) through_view = true;
      if (f.group_of.data[value_read.data[e]] == waiting) waits = true;
    }
    bool body = false, tail = false;
    moment when;
    if (q >= 0) {
      const group& target = f.groups.data[q];
      when = moment_of(i, q);
      tail = target.axis >= 0 && elements.data[i] == target.run.outer * target.run.inner && when.only_reduced && fits_reduced(target, i);
      const bool alike = shape.data[i] == target.shape && first_cut.data[i] == first_cut.data[i + 1];
      body = !tail && (waits ? all_fit(target, i) : alike || fits(target, i));
      if (when.sweep > 0 && (!sweeps(target) || when.sweep >= max_phase || !sees_reduced(i, q))) body = false;
      if (through_view || target.kind == group_kind::control || target.region != m.region || target.size + weight(i) > max_group_size)
        body = tail = false;
      if (tail && !body)
        for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)   // what waits must suit the reduced domain too
          if (const int a = value_read.data[e]; f.group_of.data[a] == waiting && shape.data[a] != shape.data[i]) tail = false;
      if (m.op->kind == op_kind::assign && (last_reader.data[m.aux] > q || (last_reader.data[m.aux] == q && !overwrites_in_place(m.aux, q, tail ? when.after : when.sweep)))) body = tail = false;
    }
    if (q < 0 && m.op->kind == op_kind::map && floats.data[i]) {
      f.group_of.data[i] = waiting;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
        if (written.data[memory_read.data[e]]) note_waiting(i, memory_read.data[e]);
      return;
    }
    if (body) put(i, q, when.sweep);
    else if (tail) put(i, q, when.after);
    else put(i, open(i, i, group_kind::map), 0);
  }

  /// A result of a producer besides its first one: the kernel behind it sees it, if both are the same matrix.
  constexpr void place_other(int i) {
    const int first = g.edges[nodes[i].first], q = f.group_of.data[first];
    if (same_matrix(nodes[i].shape, nodes[first].shape)) return put(i, q, 0);
    f.group_of.data[i] = q;
    f.phase.data[i] = phase_apart;
  }

  constexpr void place_all() {
    for (int i = 0; i < n; ++i)
      if (nodes[i].op->kind == op_kind::assign) written.data[nodes[i].aux] = 1;
    for (int i = 0; i < n; ++i) {
      const node& m = nodes[i];
      if (m.link >= 0) floats.data[m.link] = 0;
      for (int e = m.first, end = e + m.count; e < end; ++e) {
        if (nodes[value_read.data[e]].op->strided) floats.data[i] = 0;   // it could be overwritten before that is read
        const int a = g.edges[e], direct = value_read.data[e];
        const bool elementwise_reader = m.op->kind == op_kind::map || m.op->kind == op_kind::assign;
        if (!elementwise_reader || nodes[direct].region != m.region || shape.data[direct] != shape.data[i]) floats.data[direct] = floats.data[origin.data[a]] = 0;
        else if (direct != a && nodes[a].op->kind == op_kind::view && direct != origin.data[a]) floats.data[origin.data[a]] = 0;
      }
    }
    for (int i = 0; i < n; ++i) {
      switch (nodes[i].op->kind) {
        case op_kind::leaf: case op_kind::constant: case op_kind::generate: case op_kind::view: case op_kind::port: break;
        case op_kind::loop: f.group_of.data[i] = open(i, -1, group_kind::control); break;
        case op_kind::result: f.group_of.data[i] = is<joined_op>(nodes[i]) ? open(i, -1, group_kind::control) : f.group_of.data[g.input(i, 1)]; break;
        case op_kind::contract: case op_kind::window: put(i, open(i, i, group_kind::producer), 0); break;
        case op_kind::other: place_other(i); break;
        case op_kind::reduce: place_reduction(i); break;
        case op_kind::assign:
          if (const int from = value_read.data[nodes[i].first]; is<joined_op>(nodes[from]) && nodes[from].link == nodes[i].aux) f.group_of.data[i] = f.group_of.data[from];
          else place_map(i);
          break;
        case op_kind::map: place_map(i); break;
      }
    }
  }
};

}  // namespace detail

}  // namespace tfx
