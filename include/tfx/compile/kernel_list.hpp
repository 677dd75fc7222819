// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>

#include <tfx/compile/asked_results.hpp>
#include <tfx/compile/launch_loops.hpp>
#include <tfx/compile/launches.hpp>
#include <tfx/compile/memory_plan.hpp>

namespace tfx {

namespace detail {

constexpr long long flops_of(const graph_view& g, int id) {
  const node& n = g.nodes[id];
  const op_kind kind = n.op->kind;
  if (kind == op_kind::map) return n.shape.size();
  if (kind == op_kind::reduce) return g.nodes[g.edges[n.first]].shape.size();
  return kind == op_kind::contract ? 2 * n.op->multiply_adds(g.geometries[n.aux], n.shape.size()) : 0;
}

inline constexpr int small_tile = 1024;   ///< elements: with fewer in a call, calling is much of the work

struct kernel_emitter {
  const graph_view& g;
  const node* nodes;
  const int* group_of;
  const std::uint8_t* phase;
  const std::uint8_t* stored;
  const group* groups;
  int n_groups;
  const int* offset;
  const int* home;
  const std::uint8_t* history;
  const std::uint8_t* local;

  kernel_lists k{};
  list<int> value{}, value_group{};   // instruction of a node in the group being emitted
  list<int> made_value{}, made_at{};   // the same of generators, and for which group and phase: they are made again in each
  list<int> slot{}, slot_group{};         // the newest operand of a node's memory there
  list<int> input_group{};                // the last group whose producer reads it
  list<int> same_memory{};                // per operand of the group: another one of that node, which lies otherwise; -1: none
  list<std::uint32_t> hashes{};
  list<std::uint64_t> constant_bits{};   // of `kernel_lists::constants`
  launch_info now{};
  instruction::operand_class classes[instruction::operand_flag] = {};   // of the kernel's operands
  dims domain{};
  operand_lies lying{g, phase};
  int q = 0;

  constexpr operand_info operand_of(int id) {
    operand_info o{};
    o.first_term = k.terms.size();
    int root = id, moved = 0;
    if (g.n_regions == 1) {
      root = locate_plain(g, home, id, moved);
    } else {
      const location w = locate(g, home, history, id);
      root = w.root;
      moved = w.offset;
      o.n_terms = w.n_terms;
      for (int t = 0; t < w.n_terms; ++t) k.terms.push_back(w.terms[t]);
    }
    const node& n = nodes[root];
    if (n.op->kind == op_kind::leaf) {
      o.space = g.leaves[n.aux].space;
      o.offset = g.leaves[n.aux].offset;
    } else if (n.op->kind == op_kind::constant) {
      o.space = constant_space;
      const std::uint64_t bits = std::bit_cast<std::uint64_t>(n.number);
      const bool whole = is_whole(n.type);
      int c = 0;
      while (c < constant_bits.count && (constant_bits.data[c] != bits || k.constants.data[c].whole != whole)) ++c;
      if (c == constant_bits.count) {
        constant_bits.push_back(bits);
        k.constants.push_back({n.number, whole});
      }
      o.offset = c;
    } else if (is<iteration_op>(n)) {
      o.space = counter_space;
      o.offset = n.region;
    } else if (n.op->kind == op_kind::generate) {
      o.space = place_space;
    } else {
      o.space = arena_space;
      o.offset = offset[root];
    }
    o.step.lies = form_of(n.type);
    if (o.step.lies == lies_as::word && g.n_followed == 0) o.offset += moved;
    else o.moved = moved;
    const dims& shape = nodes[id].shape;
    const bool by_column = n.op->kind == op_kind::generate && n.op->arity == 0;
    if (shape.bounded && !by_column) {   // a row of the batch may be several of the shape
      const int rows = g.batch_bound > 0 ? shape.extent[0] / g.batch_bound : 1;
      o.row = rows * (is_strided(g, id) ? steps_in_memory(g, id).step[0] : shape.size() / shape.extent[0]);
    }
    o.local = local[root] != 0;
    return o;
  }

  /// The operand through which node i, or its kernel for it, reads or writes the memory of node `id`; `a` is what i sees there.
  constexpr int use(int id, int a, int i) {
    const int s = lying.find(a, i), earlier = slot_group.data[id] == q ? slot.data[id] : -1;
    for (int at = earlier; at >= 0; at = same_memory.data[at])
      if (lying.same(lying.lies.data[at], s)) return at;
    if (earlier < 0 && input_group.data[id] != q) now.bytes += words_for(lying.elements.data[id], form_of(nodes[id].type));
    slot_group.data[id] = q;
    return slot.data[id] = put(operand_of(id), s, earlier);
  }
  constexpr int put(const operand_info& o, int lie, int earlier = -1) {
    k.operands.push_back(o);
    lying.lies.push_back(lie);
    same_memory.push_back(earlier);
    const int at = now.operands++ - now.inputs;
    classes[at].moves = lie != one_number && lying.nest.loops > 0 && (lie == in_order || lying.strides.data[lie].at[lying.nest.loops - 1] != 0);
    classes[at].lies = o.step.lies;
    return at;
  }
  /// What a producer knows by its geometry.
  constexpr void add_input(int id) {
    input_group.data[id] = q;
    now.bytes += nodes[id].shape.size();
    k.operands.push_back(operand_of(id));
    ++now.operands;
    ++now.inputs;
  }
  constexpr int here() const { return k.code.size() - now.first_instruction; }
  constexpr void note(int id, int instruction) {
    value.data[id] = instruction;
    value_group.data[id] = q;
  }

  /// An earlier instruction, or ~operand. Generators are emitted again in each group, and in each phase: what comes after a
  /// reduction stands at another place, and what comes in a later sweep is made there rather than kept.
  constexpr int source(int id, int i, int at_phase) {
    const bool is_view = nodes[id].op->kind == op_kind::view;
    const int direct = is_view ? value_of(g, id) : id, root = is_view ? g.root(direct) : id;
    const node& n = nodes[root];
    if (n.op->kind != op_kind::generate) return value_group.data[direct] == q ? value.data[direct] : ~use(direct, id, i);
    const int wanted_at = q * 16 + at_phase;
    if (made_at.data[direct] == wanted_at) return made_value.data[direct];
    instruction made{};
    made.op = n.op;
    int in[3] = {};
    for (int j = 0; j < n.count; ++j) in[j] = source(g.input(root, j), i, at_phase);
    in[n.count] = ~use(direct, id, i);   // no memory: only its place counts
    made.word = instruction::pack(in, -1, at_phase, classes);
    made_at.data[direct] = wanted_at;
    made_value.data[direct] = here();
    k.code.push_back(made);
    return made_value.data[direct];
  }

  constexpr void emit_node(int id) {
    const node& n = nodes[id];
    const op_kind kind = n.op->kind;
    now.flops += flops_of(g, id);
    int in[3] = {};
    const int at_phase = kind == op_kind::reduce ? phase[id] - 1 : phase[id];
    for (int j = 0, e = n.first; j < n.count; ++j) in[j] = source(g.edges[e + j], id, at_phase);
    const int target = kind == op_kind::assign ? n.aux : id;
    const bool is_part = kind == op_kind::map && n.op->strided;   // stored as any other value
    emit(id, is_part ? register_functor<assign_op>::info : n.op, in, stored[id] ? use(target, id, id) : -1, at_phase);
  }
  constexpr void emit(int id, const op_info* op, const int* in, int store, int at_phase) {
    note(id, here());
    k.code.push_back({op, instruction::pack(in, store, at_phase, classes)});
  }
  /// The operands that are a producer's results, in their order: a block where it hands one to the kernel behind it, and where it
  /// stores one itself; nothing for those that nobody asks for.
  constexpr void add_results(int first, bool alone, const asked_results& asked) {
    int made[max_results] = {first, -1, -1, -1};
    producer_info p{nodes[first].op, 1};
    now.results = 1;
    if (p.op->results > 1) {
      now.results = 0;
      p.wanted = 0;
      for (int i = asked.next.data[first]; i >= 0; i = asked.next.data[i])
        if (nodes[i].op->kind == op_kind::other) made[nodes[i].aux] = i;
      for (int r = 0; r < max_results; ++r) {
        if (made[r] < 0 || !asked.is_wanted(made[r])) continue;
        p.wanted |= 1u << r;
        now.results = r + 1;
      }
    }
    for (int r = 0; r < now.results; ++r) {
      const int id = made[r];
      operand_info nowhere{};
      nowhere.space = block_space;
      nowhere.offset = r;
      if (!(p.wanted >> r & 1)) {
        put(nowhere, in_order);
      } else if (alone || phase[id] == phase_apart) {
        const int by = asked.stored_by(id);
        use(stored[id] ? id : nodes[by].aux, by, by);
      } else {
        now.handed |= 1u << r;
        put(nowhere, in_order);
      }
    }
    find_producer(p);
  }
  /// What the kernel does with the r-th of these: stores it, if others read it too.
  constexpr void emit_result(int id, int r) {
    if (!(now.handed >> r & 1)) return;
    const int in[3] = {~r};
    if (stored[id]) emit(id, register_functor<assign_op>::info, in, use(id, id, id), 0);
    else note(id, in[0]);
  }

  constexpr void emit_group(const list<int>& head, const list<int>& next) {
    now = {};
    now.group = q;
    const int axis = groups[q].axis;
    now.kind = axis < 0 ? form::map : axis == over_rows ? form::columns : form::rows;
    now.first_instruction = k.code.size();
    now.first_operand = k.operands.size();
    domain = groups[q].domain;
    lying.begin(groups[q]);
    same_memory.count = 0;
    bool stores = false;
    for (int i = head.data[q]; i >= 0; i = next.data[i]) stores = stores || stored[i];
    if (!stores) return;   // nobody reads what it makes
    const asked_results asked{g, group_of, stored, next};
    const bool alone = asked.stored_only(head.data[q]);
    for (int i = head.data[q]; groups[q].kind == group_kind::producer && i >= 0; i = next.data[i]) {
      if (!is_producer(nodes[i].op->kind)) continue;
      now.geometry = nodes[i].aux;
      now.flops += flops_of(g, i);
      for (int j = 0; j < nodes[i].count; ++j) add_input(g.input(i, j));   // each in its place
      add_results(i, alone, asked);
    }
    for (int i = head.data[q]; !alone && i >= 0; i = next.data[i]) {
      if (is_producer(nodes[i].op->kind)) emit_result(i, 0);
      else if (nodes[i].op->kind == op_kind::other) emit_result(i, nodes[i].aux);
      else emit_node(i);
    }
    now.instructions = here();
    set_loops();
    if (now.producer >= 0) now.destination = alone ? now.inputs : written_in_order();
    long long times = 1;   // at most, in one run
    for (int r = groups[q].region; r > 0; r = g.regions[r].parent)
      if (g.regions[r].bound != unbounded) times *= g.regions[r].bound;
    k.flops += now.flops * times;
    k.bytes += now.bytes * times;
    if (now.instructions > 0) find_kernel();
    k.steps.push_back({step_kind::launch, k.launches.size()});
    k.launches.push_back(now);
  }

  /// Makes the loops of the group rows, columns and what is around these.
  constexpr void set_loops() {
    const group& around = groups[q];
    const bool produces = around.kind == group_kind::producer;
    const int inner = produces ? domain.cols() : around.run.inner, outside = inner * around.run.extent;
    launch_loops loops(lying, around.elements, produces || around.axis >= 0 ? inner : 0, around.axis >= 0 ? outside : 0);
    if (now.kind == form::columns && inner > 1) {   // what is reduced goes in front of the innermost loop
      int reduced = 0;
      for (int left = around.elements / loops.extent[0]; left >= outside; left /= loops.extent[reduced]) ++reduced;
      loops.move_inwards(reduced, loops.loops - 2);
    }
    // Rows and columns, or one of them, may have nothing to walk.
    const bool one_column = produces || now.kind == form::columns ? inner == 1 : around.axis == over_columns && around.run.extent == 1;
    const bool no_columns = one_column && loops.loops > 0;
    const int cols = no_columns ? -1 : loops.loops - 1, rows = no_columns ? loops.loops - 1 : loops.loops - 2;
    if (now.kind != form::columns && !produces && rows > 0 && loops.extent[rows] * loops.extent[cols] < small_tile)
      loops.move_inwards(loops.longest(rows + 1), rows);   // the order of what is kept is free: a kernel is called less often
    now.cols = cols < 0 ? 1 : loops.extent[cols];
    now.rows = rows < 0 ? 1 : loops.extent[rows];
    now.outer_loops = rows < 0 ? 0 : rows;
    for (int l = 0; l < now.outer_loops; ++l) now.outer[l] = loops.extent[l];
    if (domain.bounded && loops.loops > 0)
      now.bounded = loops.batch == rows ? bounded_by::rows : loops.batch == cols ? bounded_by::columns : bounded_by::outer;
    now.folds = now.kind == form::map && !produces && now.rows > 1 && now.bounded != bounded_by::columns;
    for (int i = 0; i < lying.lies.count; ++i) {
      operand_info& o = k.operands.data[now.first_operand + now.inputs + i];
      const int* const along = lying.along(lying.lies.data[i]);
      o.step = {rows < 0 ? 0 : along[loops.from[rows]], std::int16_t(cols < 0 ? int(classes[i].moves) : along[loops.from[cols]]), classes[i].lies};
      const bool in_line = o.step.column * now.cols == o.step.row, again = o.step.row == 0 && o.space != place_space;
      now.folds = now.folds && (in_line || again);
      o.outer = k.outer_strides.size();
      for (int l = 0; l < now.outer_loops; ++l) k.outer_strides.push_back(along[loops.from[l]]);
    }
  }
  /// An operand that the kernel behind a producer writes and that lies like the domain, or -1.
  constexpr int written_in_order() const {
    for (int i = now.first_instruction; i < k.code.size(); ++i)
      if (const int to = instruction::store_of(k.code.data[i].word); to >= 0 && lying.same(lying.lies.data[to], in_order)) return now.inputs + to;
    return -1;
  }
  constexpr void find_producer(const producer_info& made) {
    int p = 0;
    while (p < k.producers.size() && (k.producers.data[p].op->id != made.op->id || k.producers.data[p].wanted != made.wanted)) ++p;
    if (p == k.producers.size()) k.producers.push_back(made);
    now.producer = p;
  }
  /// Equal content is one kernel, whatever the extents, addresses, constants, and what stands before it.
  constexpr void find_kernel() {
    std::uint32_t h = unsigned(now.kind) * 77u;
    for (int i = 0; i < now.instructions; ++i) {
      const instruction& c = k.code.data[now.first_instruction + i];
      h = (h ^ c.op->hash) * 16777619u + unsigned(c.word) + unsigned(c.word >> 32) * 5u;
    }
    const auto same = [&](int d) {
      const launch_info& other = k.launches.data[k.distinct.data[d]];
      if (hashes.data[d] != h || other.instructions != now.instructions || other.kind != now.kind) return false;
      for (int i = 0; i < now.instructions; ++i) {
        const instruction &a = k.code.data[other.first_instruction + i], &b = k.code.data[now.first_instruction + i];
        if (a.op->id != b.op->id || a.word != b.word) return false;
      }
      return true;
    };
    int d = 0;
    while (d < k.distinct.size() && !same(d)) ++d;
    now.kernel = d;
    if (d < k.distinct.size()) return;
    k.distinct.push_back(k.launches.size());
    hashes.push_back(h);
  }

  constexpr void emit_all() {
    list<int> head(n_groups + 1, -1), next = list<int>::unset(g.n_nodes);
    value = list<int>::unset(g.n_nodes);
    value_group = list<int>(g.n_nodes, -1);
    made_value = list<int>::unset(g.n_nodes);
    made_at = list<int>(g.n_nodes, -1);
    slot = list<int>::unset(g.n_nodes);
    slot_group = list<int>(g.n_nodes, -1);
    input_group = list<int>(g.n_nodes, -1);
    for (int i = g.n_nodes - 1; i >= 0; --i) {
      const int in_group = group_of[i];
      if (in_group < 0) continue;
      next.data[i] = head.data[in_group];
      head.data[in_group] = i;
    }
    k.loops = list<loop_info>(g.n_regions, loop_info{});
    int open[max_regions] = {}, depth = 0;
    for (q = 0; q < n_groups; ++q) {
      if (head.data[q] < 0) continue;
      if (groups[q].kind == group_kind::control) {
        int loop = head.data[q];
        while (loop >= 0 && nodes[loop].op->kind != op_kind::loop) loop = next.data[loop];
        if (loop < 0) continue;   // a joined value
        const int r = nodes[loop].aux;
        close(open, depth, r);
        loop_info& l = k.loops[r];
        l.bound = g.regions[r].bound;
        l.sense = g.regions[r].sense;
        const bool real_condition = nodes[loop].count > 0 && !(nodes[loop].count == 2 && nodes[g.input(loop, 0)].op->kind == op_kind::constant);
        if (real_condition) {
          l.condition = operand_of(g.input(loop, 0));
          l.conditional = true;
        }
        if (nodes[loop].count == 2) {
          l.trips = operand_of(g.input(loop, 1));
          l.counted = true;
        }
        continue;
      }
      int path[max_regions], length = 0;   // enter the bodies around this group, outermost first
      for (int r = groups[q].region; r > 0; r = g.regions[r].parent) path[length++] = r;
      while (length > 0) {
        const int r = path[--length];
        bool entered = false;
        for (int d = 1; d <= depth; ++d) entered = entered || open[d] == r;
        if (entered) continue;
        open[++depth] = r;
        k.loops[r].begin = k.steps.size();
        k.steps.push_back({step_kind::begin, r});
      }
      emit_group(head, next);
    }
  }
  /// The end of body r. A body in which nothing was left to launch is not in the schedule.
  constexpr void close(const int* open, int& depth, int r) {
    if (depth == 0 || open[depth] != r) return;
    --depth;
    k.loops[r].end = k.steps.size();
    k.steps.push_back({step_kind::end, r});
  }
};

}  // namespace detail

template <class Fusion, class Memory> constexpr kernel_lists emit_kernels(const graph_view& g, const Fusion& f, const Memory& m) {
  detail::kernel_emitter emitter{g, g.nodes, f.group_of, f.phase, f.stored, f.groups, f.n_groups, m.offset, m.home, m.history, m.local};
  emitter.emit_all();
  return static_cast<kernel_lists&&>(emitter.k);
}

}  // namespace tfx
