// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/location.hpp>
#include <tfx/core/view.hpp>
#include <tfx/graph/graph.hpp>
#include <tfx/graph/matrix_view.hpp>

namespace tfx {

enum class group_kind : std::uint8_t {
  map,       ///< elementwise work, possibly with a reduction and what follows it
  producer,  ///< a contraction or window, then elementwise work on its result
  control    ///< end of a body
};

/// What one kernel computes: nodes over one domain.
struct group {
  dims domain{};
  loop_nest nest{};           ///< its axes, cut so that those of every node in it are some of them
  int elements = 1;
  group_kind kind = group_kind::map;
  std::int8_t axis = -1;      ///< of its reductions; -1: none
  reduced_run run{};          ///< what they reduce
  bool cut_inside = false;    ///< what lies inside of what they reduce is more than one loop
  int region = 0;
  int size = 0;               ///< nodes
};

inline constexpr int max_group_size = 96;   ///< nodes; an instruction's sources have 9 bits, and it has up to four operands
inline constexpr int max_phase = 15;
inline constexpr int max_swept_columns = 4096;   ///< of a kernel with several sweeps over rows: these stay in the first-level cache
inline constexpr int max_swept_rows = 2048;      ///< of one with several sweeps over columns: some vectors of each stay in the second-level cache

/// Which node belongs to which kernel, and when it is computed there. A kernel goes over a row in sweeps. Phase 0 is
/// elementwise work of the first sweep, phase 1 the results of its reductions and what is made of them alone; phase 2 is
/// elementwise work that needs those, in a second sweep, and so on. Only reductions along columns have more than one sweep.
/// `stored` nodes have memory of their own.
template <int Nodes> struct fusion {
  int group_of[Nodes + 1] = {};
  std::uint8_t phase[Nodes + 1] = {}, stored[Nodes + 1] = {};
  group groups[Nodes + 1] = {};
  int n_groups = 0;
};

/// The same as a growing table.
struct fusion_lists {
  list<int> group_of;
  list<std::uint8_t> phase, stored;
  list<group> groups;
};

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

/// How a value lies against its reader's elements: it repeats along one run of `extent` elements, each `inner` long.
struct repetition {
  int inner = 1, extent = 1;   ///< 1: it is read as it lies; 0: otherwise than by one run
};

/// Groups the nodes greedily in their order, then moves work towards its only reader. Tables are read by their addresses: in a
/// constant evaluation a call costs more than all else on a line.
struct fuser {
  const graph_view& g;
  const node* nodes;
  int n;
  fusion_lists f;
  list<int> last_reader;        ///< per written leaf: the last group that reads its old value
  list<char> written;           ///< leaves with an assignment
  list<char> floats;            ///< elementwise work on leaves alone waits for its first reader
  list<int> waiting_reader, waiting_next, readers_of;   ///< of those, the ones that read a written leaf: a chain per leaf
  list<int> value, origin;      ///< per node `value_of` and `graph_view::root`: asked for many times
  list<int> value_read, memory_read;   ///< the same of the node at the other end of each edge
  list<repetition> lies;        ///< per edge
  list<int> shape, elements;    ///< per node: equal shapes have equal numbers
  list<int> first_cut, cut;     ///< per node its operands' cuts: a range of the second table
  list<int> cutting;            ///< per group: its row of `cuts`, or -1
  list<cut_list> cuts;
  list<int> newest, before;     ///< per group its last node so far, and per node the one before it in its group
  list<int> visited;            ///< by `latest_group`, in which round
  int round = 0;
  list<int> counted;            ///< per node: the last search that has seen it; what waits may be used many times
  int stamp = 0;
  static constexpr int waiting = -2;

  constexpr explicit fuser(const graph_view& view)
      : g(view), nodes(view.nodes), n(view.n_nodes), last_reader(n, -1), written(n, 0), floats(n, 1), readers_of(n, -1),
        value(list<int>::unset(n)), origin(list<int>::unset(n)), shape(list<int>::unset(n)), elements(list<int>::unset(n)),
        first_cut(list<int>::unset(n + 1)), before(list<int>::unset(n)), visited(n, 0), counted(n, 0) {
    list<int> distinct;   // a node of each shape
    int edges = 0;
    for (int i = 0; i < n; ++i) {
      const node& m = nodes[i];
      const int size = m.shape.size(), like = m.count > 0 ? g.edges[m.first] : i;   // mostly that of the first input
      elements.data[i] = size;
      int s = like < i && elements.data[like] == size && nodes[like].shape == m.shape ? shape.data[like] : distinct.count;
      for (; s > 0; --s)
        if (const int other = distinct.data[s - 1]; elements.data[other] == size && nodes[other].shape == m.shape) break;
      if (s == 0) {
        distinct.push_back(i);
        s = distinct.count;
      }
      shape.data[i] = s;
      if (m.first + m.count > edges) edges = m.first + m.count;
      if (m.op->kind == op_kind::view) {
        value.data[i] = value_of(g, i);
        origin.data[i] = g.root(i);
      } else {
        value.data[i] = origin.data[i] = i;
      }
    }
    value_read = list<int>::unset(edges);
    memory_read = list<int>::unset(edges);
    for (int e = 0; e < edges; ++e) {
      const int a = g.edges[e];
      value_read.data[e] = value.data[a];
      memory_read.data[e] = origin.data[a];
    }
    lies = list<repetition>::unset(edges);
    for (int i = 0; i < n; ++i) {
      first_cut.data[i] = cut.count;
      const op_kind kind = nodes[i].op->kind;
      if (kind == op_kind::map || kind == op_kind::assign || kind == op_kind::reduce)
        for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) lies.data[e] = lie(i, g.edges[e]);
    }
    first_cut.data[n] = cut.count;
    f.group_of = list<int>(n, -1);
    f.phase = list<std::uint8_t>(n, 0);
    f.stored = list<std::uint8_t>(n, 0);
  }

  constexpr int in(int i, int k) const { return value_read.data[nodes[i].first + k]; }

  /// How operand a lies against node i, which notes where its loops can't be merged for it.
  constexpr repetition lie(int i, int a) {
    const bool by_column = nodes[origin.data[a]].op->kind == op_kind::generate && nodes[origin.data[a]].op->arity == 0;
    const bool steps = by_column || is_strided(g, a);
    const int domain = nodes[i].op->kind == op_kind::reduce ? a : i;
    if (elements.data[a] == 1 && !steps) return {1, elements.data[domain]};
    if (elements.data[a] == elements.data[domain] && !steps) return {};
    const loop_nest nest = loops_of(nodes[domain].shape);
    view v{};
    strides_of(nodes[a].shape, steps_in_memory(g, a), nodes[domain].shape, nest, v.stride);
    repetition found{1, 0};
    int runs = 0, inside = 1;
    bool repeats = false;
    for (int l = nest.loops - 1; l >= 0; --l) {
      if (l < nest.loops - 1 && !merges(nest, v, l)) note_cut(i, inside);
      if (v.stride[l] == 0) {
        if (!repeats) {
          ++runs;
          found = {inside, 1};
        }
        found.extent *= nest.extent[l];
      }
      repeats = v.stride[l] == 0;
      inside *= nest.extent[l];
    }
    return steps || runs != 1 ? repetition{1, 0} : found;
  }
  constexpr void note_cut(int i, int at) {
    for (int k = first_cut.data[i]; k < cut.count; ++k)
      if (cut.data[k] == at) return;
    cut.push_back(at);
  }

  /// May the loops of group q be apart there? What it reduces is one loop, and so are rows and columns of a producer.
  constexpr bool may_cut(const group& q, int at) const {
    if (q.kind == group_kind::producer) return at == q.domain.cols();
    return q.axis < 0 || may_cut(q.axis, q.run, at);
  }
  static constexpr bool may_cut(int axis, const reduced_run& run, int at) {
    return axis != over_all && (at <= run.inner || (at >= run.inner * run.extent && at % run.extent == 0));
  }
  /// And with such reductions?
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
    if (nodes[i].shape == q.domain) return true;
    loop_nest nest = q.nest;
    return refine(nest, nodes[i].shape);
  }
  /// The loops of what is left of a group's domain by its reductions.
  static constexpr loop_nest kept_loops(const group& q) {
    loop_nest kept;
    for (int l = 0, behind = q.elements; l < q.nest.loops; ++l) {
      behind /= q.nest.extent[l];
      if (behind < q.run.inner || behind >= q.run.inner * q.run.extent) kept.push(q.nest.extent[l]);
    }
    return kept;
  }
  constexpr bool fits_reduced(const group& q, int i) const {
    if (elements.data[i] != q.run.outer * q.run.inner) return false;
    loop_nest kept = kept_loops(q);
    return refine(kept, nodes[i].shape);
  }
  /// What node i computes in group q is as many elements as the group has, or as its reductions leave.
  constexpr void refine_for(group& q, int i) {
    if (nodes[i].shape == q.domain) return;
    const int domain = nodes[i].op->kind == op_kind::reduce ? g.edges[nodes[i].first] : i;
    if (elements.data[domain] == q.elements) {
      refine(q.nest, nodes[domain].shape);
      return;
    }
    loop_nest kept = kept_loops(q), all;
    refine(kept, nodes[i].shape);
    int behind = q.run.outer * q.run.inner;
    const auto reduced_ones = [&] {
      for (int k = 0, left = q.elements; k < q.nest.loops; ++k) {
        left /= q.nest.extent[k];
        if (left >= q.run.inner && left < q.run.inner * q.run.extent) all.push(q.nest.extent[k]);
      }
    };
    bool done = q.run.outer == 1;
    if (done) reduced_ones();
    for (int l = 0; l < kept.loops; ++l) {
      all.push(kept.extent[l]);
      behind /= kept.extent[l];
      if (!done && behind == q.run.inner) {
        reduced_ones();
        done = true;
      }
    }
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
    refine_for(target, i);
    if (phase % 2 == 0) cut_for(q, i);
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
        if (phase % 2 == 0) {
          if (tail || lies.data[e].extent != 1) return false;
        } else if (tail ? lies.data[e].extent != 1 : !reads_reduced(target, e)) {
          return false;
        }
      }
    }
    return true;
  }

  /// Does the reader of edge e, in the body of group q, see at each place what the group's reductions leave there?
  constexpr bool reads_reduced(const group& q, int e) const {
    return lies.data[e].extent == q.run.extent && lies.data[e].inner == q.run.inner;
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
    bool through_view = false;
    ++round;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (const int c = latest_group(memory_read.data[e]); c > q) q = c;
    for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
      if (value_read.data[e] != memory_read.data[e] && f.group_of.data[memory_read.data[e]] == q && q >= 0) through_view = true;
    bool body = false, tail = false;
    moment when;
    if (q >= 0) {
      const group& target = f.groups.data[q];
      when = moment_of(i, q);
      tail = target.axis >= 0 && fits_reduced(target, i) && when.only_reduced;
      body = !tail && all_fit(target, i);
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

  constexpr void place_producer(int i) {
    const node& m = nodes[i];
    const std::uint64_t beside = m.op->beside;
    for (int j = i - 1; beside != 0 && j >= 0; --j) {
      const node& o = nodes[j];
      bool same = o.op->id == beside && o.aux == m.aux && o.region == m.region && o.count == m.count;
      for (int k = 0; same && k < m.count; ++k) same = g.edges[m.first + k] == g.edges[o.first + k];
      if (same) return put(i, f.group_of.data[j], 0);
    }
    put(i, open(i, i, group_kind::producer), 0);
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
        case op_kind::result: f.group_of.data[i] = f.group_of.data[g.input(i, 1)]; break;
        case op_kind::contract: case op_kind::window: place_producer(i); break;
        case op_kind::reduce: place_reduction(i); break;
        case op_kind::map: case op_kind::assign: place_map(i); break;
      }
    }
  }

  /// A map node whose readers all sit in one later group of its domain is computed there: nothing is stored for it.
  constexpr void sink() {
    list<int> reader(n, -1);            // the one group that reads a node; -2: several, or none that could hold it
    list<char> body_reader(n, 1), kept(n, 0);
    for (int i = 0; i < n; ++i) {
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int a = memory_read.data[e];
        if (f.group_of.data[a] >= 0 && f.group_of.data[a] != f.group_of.data[i]) kept.data[a] = 1;
      }
      if (const int a = nodes[i].link; a >= 0) {
        reader.data[a] = -2;
        kept.data[a] = 1;
      }
    }
    for (int i = n - 1; i >= 0; --i) {
      const node& m = nodes[i];
      const int q = f.group_of.data[i], c = reader.data[i];
      if (m.op->kind == op_kind::map && f.phase.data[i] == 0 && q >= 0 && c > q && f.groups.data[c].region == m.region && body_reader.data[i] &&
          fits(f.groups.data[c], i) && f.groups.data[c].size < max_group_size) {
        bool moves = true;
        for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
          const int r = memory_read.data[e];
          if (written.data[r]) moves = false;
          if (f.group_of.data[r] >= 0 && f.group_of.data[r] != c && !kept.data[r]) moves = false;
        }
        if (moves) {
          f.group_of.data[i] = c;
          f.groups.data[c].size++;
          f.groups.data[q].size--;
          refine_for(f.groups.data[c], i);
          cut_for(c, i);
        }
      }
      const op_kind kind = m.op->kind;
      const bool opaque = (kind == op_kind::view && !is_reshape(m)) || kind == op_kind::port || kind == op_kind::result;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int a = kind == op_kind::view ? g.edges[e] : value_read.data[e];
        const int by = opaque ? -2 : kind == op_kind::view ? reader.data[i] : f.group_of.data[i];
        if (by == -1) continue;   // a view that nobody has read
        if (reader.data[a] == -1) reader.data[a] = by;
        else if (reader.data[a] != by) reader.data[a] = -2;
        if (is_producer(kind) || (kind != op_kind::reduce && kind != op_kind::view && f.phase.data[i] % 2)) body_reader.data[a] = 0;
        if (kind == op_kind::view && !body_reader.data[i]) body_reader.data[a] = 0;
      }
    }
  }

  /// Elementwise work moves to the first sweep that reads it, where that keeps no more values from sweep to sweep than now.
  constexpr void delay() {
    list<int> first_use(n, max_phase + 1);   // in its own group
    for (int i = n - 1; i >= 0; --i) {
      const int q = f.group_of.data[i];
      if (q < 0 || f.groups.data[q].axis != over_columns) continue;
      const op_kind kind = nodes[i].op->kind;
      const int at = f.phase.data[i], wanted = first_use.data[i];
      if (kind == op_kind::map && at % 2 == 0 && wanted > at && wanted <= max_phase) {
        int would_be_kept = 0;
        bool moves = true;
        for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
          const int a = value_read.data[e];
          if (written.data[memory_read.data[e]]) moves = false;
          if (f.group_of.data[a] == q && f.phase.data[a] % 2 == 0 && first_use.data[a] < wanted) ++would_be_kept;
        }
        if (moves && would_be_kept <= 1) f.phase.data[i] = std::uint8_t(wanted);
      }
      const int sweep = f.phase.data[i] - (kind == op_kind::reduce ? 1 : 0);
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e)
        if (const int a = value_read.data[e]; f.group_of.data[a] == q && sweep < first_use.data[a]) first_use.data[a] = sweep;
    }
  }

  constexpr void mark_stored() {
    for (int i = 0; i < n; ++i) {
      if (nodes[i].op->kind == op_kind::assign) f.stored.data[i] = 1;
      if (const int a = nodes[i].link; a >= 0) f.stored.data[a] = 1;
      if (nodes[i].op->kind == op_kind::reduce && f.group_of.data[i] >= 0 && nodes[i].aux == over_rows) f.stored.data[i] = 1;   // totals are kept where they are stored
      if (nodes[i].op->kind == op_kind::view) continue;
      for (int e = nodes[i].first, end = e + nodes[i].count; e < end; ++e) {
        const int r = memory_read.data[e], direct = value_read.data[e];
        if (f.group_of.data[r] >= 0 && (r != direct || f.group_of.data[r] != f.group_of.data[i])) f.stored.data[r] = 1;
      }
    }
  }
};

}  // namespace detail

/// Decides which nodes share a kernel. A node joins the latest group that it reads if the group's domain is its own, or, after
/// a reduction, the reduced one; products and windows open groups; an assignment waits until the old value has been read.
constexpr fusion_lists fuse(const graph_view& g) {
  detail::fuser pass(g);
  pass.place_all();
  pass.sink();
  pass.delay();
  pass.mark_stored();
  return static_cast<fusion_lists&&>(pass.f);
}

template <int Nodes> constexpr fusion<Nodes> freeze(const fusion_lists& lists) {
  fusion<Nodes> f;
  for (int i = 0; i < Nodes; ++i) {
    f.group_of[i] = lists.group_of.data[i];
    f.phase[i] = lists.phase.data[i];
    f.stored[i] = lists.stored.data[i];
  }
  f.n_groups = lists.groups.size();
  for (int q = 0; q < f.n_groups; ++q) f.groups[q] = lists.groups.data[q];
  return f;
}

}  // namespace tfx
