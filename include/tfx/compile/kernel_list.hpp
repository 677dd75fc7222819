// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>

#include <tfx/compile/memory_plan.hpp>

namespace tfx {

/// One instruction of a kernel, packed into a word: three sources of 10 bits (bit 9 set: operand, else an earlier instruction),
/// the operand it is stored to plus one, its phase (`fusion`; of a reduction that of the sweep in which it adds up), and two
/// bits each for how those four operands lie against the domain.
struct instruction {
  const op_info* op;
  std::uint64_t word;

  static constexpr int operand_flag = 512;
  /// Of three sources, earlier instructions or ~operand; `lies` are the patterns of the kernel's operands.
  static constexpr std::uint64_t pack(const int* source, int store, int phase, const pattern* lies) {
    std::uint64_t w = std::uint64_t(store + 1) << 30 | std::uint64_t(phase) << 40;
    if (store >= 0) w |= std::uint64_t(lies[store]) << 50;
    for (int k = 0; k < 3; ++k) {
      const int s = source[k];
      if (s > 0) w |= std::uint64_t(s) << (10 * k);
      else if (s < 0) w |= std::uint64_t(operand_flag | ~s) << (10 * k) | std::uint64_t(lies[~s]) << (44 + 2 * k);
    }
    return w;
  }
  static constexpr int source_of(std::uint64_t word, int k) {
    const int s = int(word >> (10 * k) & 1023);
    return s & operand_flag ? ~(s & (operand_flag - 1)) : s;
  }
  static constexpr int store_of(std::uint64_t word) { return int(word >> 30 & 1023) - 1; }
  static constexpr int phase_of(std::uint64_t word) { return int(word >> 40 & 15); }
  static constexpr pattern source_lies(std::uint64_t word, int k) { return pattern(word >> (44 + 2 * k) & 3); }
  static constexpr pattern store_lies(std::uint64_t word) { return pattern(word >> 50 & 3); }
};

/// Which instructions of a kernel make values that a later sweep over the row reads and that are not stored: each has a row in
/// scratch memory.
template <int Count> struct kept_rows {
  int slot[Count] = {}, count = 0;   ///< per instruction the number of its row; -1: none
};
/// Elements from one kept row to the next.
constexpr int kept_pitch(int cols) { return (cols + 15) / 16 * 16; }

template <int Count> constexpr kept_rows<Count> rows_kept(const std::uint64_t* word, const op_kind* kind, const int* arity) {
  kept_rows<Count> kept;
  for (int& slot : kept.slot) slot = -1;
  for (int i = 0; i < Count; ++i) {
    const int phase = instruction::phase_of(word[i]);
    if (phase % 2 || is_producer(kind[i])) continue;
    for (int k = 0; k < arity[i]; ++k) {
      const int from = instruction::source_of(word[i], k);
      if (from < 0 || kind[from] == op_kind::reduce || instruction::store_of(word[from]) >= 0) continue;
      const int made = instruction::phase_of(word[from]);
      if (made % 2 == 0 && made < phase && kept.slot[from] < 0) kept.slot[from] = kept.count++;
    }
  }
  return kept;
}

/// The address of an operand: base[space] + offset + terms. `place_space` gives the offset itself: the place of a generator.
struct operand_info {
  int space, offset, first_term, n_terms;
  int row;      ///< elements per row of the batch
  bool local;   ///< there is room for the rows that a run of launches takes at a time only, always at the same place
};
inline constexpr int place_space = max_spaces;

/// How the extents of a launch follow the rows present.
enum class bounded_by : std::uint8_t { nothing, rows, columns };

/// One kernel call of a program.
struct launch_info {
  int kernel = 0;                     ///< in the table of distinct kernels
  int group = 0;                      ///< in the fusion
  int first_instruction = 0, instructions = 0;
  int first_operand = 0, operands = 0;
  group_kind kind = group_kind::map;
  std::int8_t axis = -1;
  int output = 0;                     ///< the producer's instruction
  int rows = 1, cols = 1;             ///< at the bound
  bounded_by bounded = bounded_by::nothing;
  int geometry = -1;                  ///< row of the graph's table
  long long flops = 0, bytes = 0;     ///< at the bound; bytes at 1 per element
};

enum class step_kind : std::uint8_t { launch, begin, end };
/// The schedule: launches, and the begin and end of bodies.
struct step_info {
  step_kind kind{};
  int at = 0;   ///< launch or region
};

struct loop_info {
  int bound = 1, begin = 0, end = 0;   ///< steps
  bool counted = false, conditional = false, sense = true;
  operand_info condition{}, trips{};
};

struct kernel_lists {
  list<instruction> code;
  list<operand_info> operands;
  list<address_term> terms;
  list<launch_info> launches;
  list<int> distinct;                  ///< one launch per distinct kernel
  list<double> constants;
  list<step_info> steps;
  loop_info loops[max_regions] = {};
  long long flops = 0, bytes = 0;
};

struct kernel_sizes {
  int code = 0, operands = 0, terms = 0, launches = 0, distinct = 0, constants = 0, steps = 0, regions = 0;
};

/// All kernels of a program as constants. The arrays have room for the most that a graph of this many nodes and edges can need
/// (a generator is made again, with three operands, for each edge that reads it), so that one evaluation fills them.
template <int Nodes, int Edges, int Groups, int Regions> struct kernel_tables {
  kernel_sizes sizes{};
  instruction code[Nodes + Edges + 1] = {};
  operand_info operands[Nodes + 3 * Edges + 1] = {};
  address_term terms[Regions > 1 ? 6 * (Nodes + 3 * Edges) + 1 : 1] = {};
  launch_info launches[Groups + 1] = {};
  int distinct[Groups + 1] = {};
  double constants[Nodes + 1] = {};
  step_info steps[Groups + 2 * Regions + 1] = {};
  loop_info loops[Regions + 1] = {};
  long long flops = 0, bytes = 0;
};

namespace detail {

constexpr long long flops_of(const graph_view& g, int id) {
  const node& n = g.nodes[id];
  const op_kind kind = n.op->kind;
  if (kind == op_kind::map) return n.shape.size();
  if (kind == op_kind::reduce) return g.nodes[g.edges[n.first]].shape.size();
  return kind == op_kind::contract ? 2 * n.op->multiply_adds(g.geometries[n.aux], n.shape.size()) : 0;
}

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
  list<int> slot{}, slot_group{};         // operand of a node's memory there
  list<std::uint32_t> hashes{};
  list<std::uint64_t> constant_bits{};   // of `kernel_lists::constants`
  launch_info now{};
  pattern lies[instruction::operand_flag] = {};   // of the group's operands
  dims domain{};
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
      int c = 0;
      while (c < constant_bits.count && constant_bits.data[c] != bits) ++c;
      if (c == constant_bits.count) {
        constant_bits.push_back(bits);
        k.constants.push_back(n.number);
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
    o.offset += moved;
    const dims& shape = nodes[id].shape;
    if (shape.bounded) o.row = shape.size() / shape.extent[0];
    o.local = local[root] != 0;
    return o;
  }

  /// The operand through which the kernel reads or writes node `id`.
  constexpr int use(int id) { return slot_group.data[id] == q ? slot.data[id] : add_operand(id); }
  constexpr int add_operand(int id) {
    k.operands.push_back(operand_of(id));
    slot_group.data[id] = q;
    slot.data[id] = now.operands;
    pattern p = pattern_of(nodes[id].shape, domain);
    if (p == pattern::other) p = pattern::full;   // of a producer, which knows its operands by its geometry
    lies[now.operands] = p;
    now.bytes += nodes[id].shape.size();
    return now.operands++;
  }
  constexpr int here() const { return k.code.size() - now.first_instruction; }
  constexpr void note(int id, int instruction) {
    value.data[id] = instruction;
    value_group.data[id] = q;
  }

  /// An earlier instruction, or ~operand. Generators are emitted again in each group, and in each phase: what comes after a
  /// reduction stands at another place, and what comes in a later sweep is made there rather than kept.
  constexpr int source(int id, int at_phase) {
    const bool is_view = nodes[id].op->kind == op_kind::view;
    const int direct = is_view ? matrix_root(g, id) : id, root = is_view ? g.root(direct) : id;
    const node& n = nodes[root];
    if (n.op->kind != op_kind::generate) return value_group.data[direct] == q ? value.data[direct] : ~use(direct);
    const int wanted_at = q * 16 + at_phase;
    if (made_at.data[direct] == wanted_at) return made_value.data[direct];
    instruction made{};
    made.op = n.op;
    int in[3] = {};
    for (int j = 0; j < n.count; ++j) in[j] = source(g.input(root, j), at_phase);
    if (n.count) in[2] = ~use(direct);   // no memory: only its place counts
    made.word = instruction::pack(in, -1, at_phase, lies);
    made_at.data[direct] = wanted_at;
    made_value.data[direct] = here();
    k.code.push_back(made);
    return made_value.data[direct];
  }

  constexpr void emit_node(int id) {
    const node& n = nodes[id];
    const op_kind kind = n.op->kind;
    const bool is_first = is_producer(kind) && now.geometry < 0;   // what is made beside it has the same geometry
    if (is_first || !is_producer(kind)) now.flops += flops_of(g, id);
    instruction made{};
    made.op = n.op;
    int in[3] = {};
    const int at_phase = kind == op_kind::reduce ? phase[id] - 1 : phase[id];
    if (!is_producer(kind))
      for (int j = 0, e = n.first; j < n.count; ++j) in[j] = source(g.edges[e + j], at_phase);
    const int target = kind == op_kind::assign ? n.aux : id;
    const int store = stored[id] ? use(target) : -1;
    made.word = instruction::pack(in, store, at_phase, lies);
    if (is_first) {
      now.output = here();
      now.geometry = n.aux;
    }
    note(id, here());
    k.code.push_back(made);
  }

  constexpr void emit_group(const list<int>& head, const list<int>& next) {
    now = {};
    now.group = q;
    now.kind = groups[q].kind;
    now.axis = groups[q].axis;
    now.first_instruction = k.code.size();
    now.first_operand = k.operands.size();
    domain = groups[q].domain;
    for (int i = head.data[q]; i >= 0; i = next.data[i])   // a producer's operands come first, whatever was moved in front of it, and each in its place
      if (is_producer(nodes[i].op->kind) && now.operands == 0)
        for (int j = 0; j < nodes[i].count; ++j) add_operand(g.input(i, j));
    for (int i = head.data[q]; i >= 0; i = next.data[i]) emit_node(i);
    now.instructions = here();

    const bool flat = groups[q].flat && groups[q].kind == group_kind::map && groups[q].axis != over_rows && groups[q].axis != over_columns;
    now.rows = flat ? 1 : groups[q].rows;
    now.cols = flat ? groups[q].rows * groups[q].cols : groups[q].cols;
    if (domain.bounded) now.bounded = flat ? bounded_by::columns : bounded_by::rows;
    long long times = 1;   // at most, in one run
    for (int r = groups[q].region; r > 0; r = g.regions[r].parent)
      if (g.regions[r].bound != unbounded) times *= g.regions[r].bound;
    k.flops += now.flops * times;
    k.bytes += now.bytes * times;
    find_kernel();
    k.steps.push_back({step_kind::launch, k.launches.size()});
    k.launches.push_back(now);
  }

  /// Equal content is one kernel, whatever the extents, addresses and constants.
  constexpr void find_kernel() {
    std::uint32_t h = unsigned(now.axis + 5) + unsigned(now.kind) * 77u;
    for (int i = 0; i < now.instructions; ++i) {
      const instruction& c = k.code.data[now.first_instruction + i];
      h = (h ^ c.op->hash) * 16777619u + unsigned(c.word) + unsigned(c.word >> 32) * 5u;
    }
    now.kernel = -1;
    for (int d = 0; d < k.distinct.size() && now.kernel < 0; ++d) {
      const launch_info& other = k.launches.data[k.distinct.data[d]];
      if (hashes.data[d] != h || other.instructions != now.instructions || other.operands != now.operands || other.kind != now.kind ||
          other.axis != now.axis)
        continue;
      bool same = true;
      for (int i = 0; same && i < now.instructions; ++i) {
        const instruction &a = k.code.data[other.first_instruction + i], &b = k.code.data[now.first_instruction + i];
        same = a.op->id == b.op->id && a.word == b.word;
      }
      if (same) now.kernel = d;
    }
    if (now.kernel >= 0) return;
    now.kernel = k.distinct.size();
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
    for (int i = g.n_nodes - 1; i >= 0; --i) {
      const int in_group = group_of[i];
      if (in_group < 0) continue;
      next.data[i] = head.data[in_group];
      head.data[in_group] = i;
    }
    int open[max_regions] = {}, depth = 0;
    for (q = 0; q < n_groups; ++q) {
      if (head.data[q] < 0) continue;
      if (groups[q].kind == group_kind::control) {
        int loop = head.data[q];
        while (nodes[loop].op->kind != op_kind::loop) loop = next.data[loop];
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
      int path[max_regions] = {}, length = 0;   // enter the bodies around this group, outermost first
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

template <class Tables> constexpr Tables freeze(const kernel_lists& lists, int regions) {
  Tables t;
  t.sizes = {lists.code.size(), lists.operands.size(), lists.terms.size(), lists.launches.size(), lists.distinct.size(), lists.constants.size(), lists.steps.size(), regions};
  detail::copy_table(lists.code.data, lists.code.count, t.code);
  detail::copy_table(lists.operands.data, lists.operands.count, t.operands);
  detail::copy_table(lists.terms.data, lists.terms.count, t.terms);
  detail::copy_table(lists.launches.data, lists.launches.count, t.launches);
  detail::copy_table(lists.distinct.data, lists.distinct.count, t.distinct);
  detail::copy_table(lists.constants.data, lists.constants.count, t.constants);
  detail::copy_table(lists.steps.data, lists.steps.count, t.steps);
  detail::copy_table(lists.loops, regions, t.loops);
  t.flops = lists.flops;
  t.bytes = lists.bytes;
  return t;
}

}  // namespace tfx
