// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <vector>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/compile/kernel_list.hpp>

#include "graph_tables.hpp"

/// The passes at run time: a recorded graph is fused, planned and emitted, and its kernels are run instruction by
/// instruction. So thousands of graphs can be tried without compiling one.
namespace tfx::testing {

/// What `fusion` and `memory_plan` are in a compiled program, over tables made at run time.
struct fusion_tables {
  const int* group_of;
  const std::uint8_t* phase;
  const std::uint8_t* stored;
  const group* groups;
  int n_groups;
};
struct memory_tables {
  const int* offset;
  const int* home;
  const std::uint8_t* history;
  const std::uint8_t* local;
};

/// A finished recorder's graph through all passes.
struct compiled_graph {
  std::unique_ptr<graph_tables> tables;
  graph_view g{};
  fusion_lists groups{};
  fusion_tables fused{};
  memory_lists arena{};
  kernel_lists kernels{};

  explicit compiled_graph(const builder& b) : tables(std::make_unique<graph_tables>(b)), g(tables->view()) { run_passes(); }
  /// A graph whose tables lie elsewhere.
  explicit compiled_graph(const graph_view& view) : g(view) { run_passes(); }

 private:
  void run_passes() {
    groups = fuse(g);
    fused = {groups.group_of.data, groups.phase.data, groups.stored.data, groups.groups.data, groups.groups.size()};
    arena = plan_memory(g, fused);
    kernels = emit_kernels(g, fused, memory_tables{arena.offset.data, arena.home.data, arena.history.data, arena.local.data});
  }
};

/// Calls each(node, whether it is stored) for the work of a launch in its order, generators before what reads them.
template <class Each> void for_work(const compiled_graph& c, const launch_info& l, Each each) {
  int k = l.first_instruction;
  for (int i = 0; i < c.g.n_nodes; ++i) {
    if (c.groups.group_of.data[i] != l.group) continue;
    const bool stored = c.groups.stored.data[i] != 0;
    if (l.instructions == 0) {
      each(*c.g[i].op, 0, stored);
    } else if (!is_producer(c.g[i].op->kind) && c.g[i].op->kind != op_kind::other) {
      for (; c.kernels.code[k].op->kind == op_kind::generate; ++k) each(*c.kernels.code[k].op, 0, false);
      each(*c.g[i].op, instruction::phase_of(c.kernels.code[k].word), stored);
      ++k;
    } else {
      each(*c.g[i].op, 0, stored);
      k += stored && c.groups.phase.data[i] != phase_apart;
    }
  }
}

/// Memory of a program's spaces, all of it filled.
struct run_memory {
  std::vector<std::vector<double>> space;
  double* base[max_spaces] = {};

  explicit run_memory(const compiled_graph& c) : space(max_spaces) {
    for (int s = 0; s < max_spaces; ++s) {
      int n = c.g.space_size[s];
      if (s == arena_space) n = c.arena.arena;
      if (s == constant_space) n = c.kernels.constants.size();
      if (s == counter_space) n = max_regions;
      space[std::size_t(s)].assign(std::size_t(n) + 1, std::nan(""));
      base[s] = space[std::size_t(s)].data();
    }
    for (int i = 0; i < c.kernels.constants.size(); ++i) base[constant_space][i] = c.kernels.constants[i].word<double>();
  }
  /// Numbers without a pattern in everything that lives between runs.
  void fill(const compiled_graph& c) {
    for (int i = 0; i < c.g.n_leaves; ++i) {
      const leaf_info& l = c.g.leaves[i];
      if (l.space == batch_space) continue;
      for (int k = 0; k < l.words(); ++k) base[l.space][l.offset + k] = std::sin(1.7 * k * k + i + 0.3);
    }
  }
};

/// Runs the kernels of a program: one element after the other, in the order of a backend without vectors. `base` is the
/// memory of its spaces.
class kernel_runner {
 public:
  kernel_runner(const compiled_graph& c, double* const* base, run_state run) : c_(c), base_(base), run_(run) {}

  void run() {
    const kernel_lists& k = c_.kernels;
    std::fill_n(base_[arena_space], c_.arena.arena, std::nan(""));
    for (int pc = 0; pc < k.steps.size(); ++pc) {
      const int at = k.steps[pc].at;
      const loop_info& l = k.loops[at < k.loops.size() ? at : 0];
      switch (k.steps[pc].kind) {
        case step_kind::launch: launch(k.launches[at]); break;
        case step_kind::begin:
          iteration_[at] = 0;
          trips_[at] = l.counted ? int(number_at(l.trips)) : l.bound;
          if (!enters(at)) pc = l.end;
          break;
        case step_kind::end:
          ++iteration_[at];
          if (enters(at)) pc = l.begin;
          break;
      }
    }
  }

 private:
  std::ptrdiff_t offset_of(const operand_info& o) const {
    std::ptrdiff_t offset = o.moved;
    for (int t = 0; t < o.n_terms; ++t) {
      const address_term& a = c_.kernels.terms[o.first_term + t];
      int slot = a.sign * iteration_[a.region] + (a.from < 0 ? 0 : trips_[a.from]) + a.shift;
      if (a.mod) slot &= a.mod - 1;
      offset += std::ptrdiff_t(slot) * a.stride;
    }
    return offset;
  }
  /// What a producer makes is in memory of its own.
  double* address(const operand_info& o) const {
    if (o.space == block_space) return const_cast<double*>(made_[o.offset].data());
    return further(base_[o.space] + o.offset, offset_of(o), o.step.lies);
  }
  double number_at(const operand_info& o) const { return load_stored<double>(address(o), o.step.lies); }
  bool enters(int region) {
    const loop_info& l = c_.kernels.loops[region];
    base_[counter_space][region] = iteration_[region];
    if (iteration_[region] >= trips_[region]) return false;
    return !l.conditional || (number_at(l.condition) != 0) == l.sense;
  }

  /// Of the kernel; of the whole launch.
  const operand_info& operand(int k) const { return any_operand(now_->inputs + k); }
  const operand_info& any_operand(int k) const { return c_.kernels.operands[now_->first_operand + k]; }
  std::ptrdiff_t place_in(const operand_info& o, int row, int column) const {
    std::ptrdiff_t at = std::ptrdiff_t(row) * o.step.row + std::ptrdiff_t(column) * o.step.column;
    for (int l = 0; l < now_->outer_loops; ++l) at += std::ptrdiff_t(outer_[l]) * c_.kernels.outer_strides[o.outer + l];
    return at;
  }
  double* element(int k, int row, int column) const { return further(address(operand(k)), place_in(operand(k), row, column), operand(k).step.lies); }
  double load(int k, int row, int column) const { return load_stored<double>(element(k, row, column), operand(k).step.lies); }
  void store(int k, int row, int column, double word) const { put_stored(element(k, row, column), word, operand(k).step.lies); }
  double source(const std::vector<double>& reg, std::uint64_t word, int k, int row, int column) const {
    const int s = instruction::source_of(word, k);
    return s >= 0 ? reg[std::size_t(s)] : load(~s, row, column);
  }
  /// One instruction at one place.
  void execute(std::vector<double>& reg, int i, int row, int column) const {
    const instruction& made = c_.kernels.code[now_->first_instruction + i];
    const int arity = made.op->kind == op_kind::assign ? 1 : made.op->arity;
    node_call<double> call;
    double in[3] = {};
    for (int k = 0; k < arity; ++k) {
      in[k] = source(reg, made.word, k, row, column);
      call.in[k] = &in[k];
    }
    call.out = &reg[std::size_t(i)];
    call.run = &run_;
    if (made.op->kind == op_kind::generate) {
      const operand_info& place = operand(~instruction::source_of(made.word, made.op->arity));
      const std::ptrdiff_t at = place.offset + offset_of(place) + place_in(place, row, column);
      if (made.op->arity == 0) {   // by column: all up to this one
        std::vector<double> columns(std::size_t(at) + 1);
        call.out = columns.data();
        call.shape = dims{1, {int(at) + 1}, false};
        made.op->evaluate_double(call);
        reg[std::size_t(i)] = columns.back();
        return;
      }
      call.place = std::uint64_t(at);
    }
    made.op->evaluate_double(call);
    if (const int to = instruction::store_of(made.word); to >= 0) store(to, row, column, reg[std::size_t(i)]);
  }
  bool reduces(int i) const { return c_.kernels.code[now_->first_instruction + i].op->kind == op_kind::reduce; }

  void phase_of(std::vector<double>& reg, int phase, int row, int column, std::vector<std::vector<double>>* collected) const {
    for (int i = 0; i < now_->instructions; ++i) {
      const instruction& made = c_.kernels.code[now_->first_instruction + i];
      if (instruction::phase_of(made.word) != phase) continue;
      if (made.op->kind == op_kind::reduce) (*collected)[std::size_t(i)].push_back(source(reg, made.word, 0, row, column));
      else execute(reg, i, row, column);
    }
  }
  /// The results of the reductions from what has been collected, in the order that is part of their meaning.
  void close(std::vector<double>& reg, int phase, const std::vector<std::vector<double>>& collected, int row, int column) const {
    const bool rows = now_->kind == form::columns;
    for (int i = 0; i < now_->instructions; ++i) {
      const instruction& made = c_.kernels.code[now_->first_instruction + i];
      if (!reduces(i) || instruction::phase_of(made.word) != phase) continue;
      const std::vector<double>& x = collected[std::size_t(i)];
      node_call<double> call;
      call.in[0] = x.data();
      call.in_shape[0] = rows ? dims{2, {int(x.size()), 1}, false} : dims{2, {1, int(x.size())}, false};
      call.out = &reg[std::size_t(i)];
      call.shape = dims{1, {1}, false};
      call.axis = rows ? over_rows : over_columns;
      call.run = &run_;
      made.op->evaluate_double(call);
      if (const int to = instruction::store_of(made.word); to >= 0) store(to, row, column, reg[std::size_t(i)]);
    }
  }

  /// Of an extent that is bounded: what is there in this run.
  int present(int extent) const { return c_.g.batch_bound > 0 ? extent / c_.g.batch_bound * run_.batch : extent; }

  void launch(launch_info l) {
    now_ = &l;
    if (l.bounded == bounded_by::rows) l.rows = present(l.rows);
    if (l.bounded == bounded_by::columns) l.cols = present(l.cols);
    if (l.bounded == bounded_by::outer) l.outer[0] = present(l.outer[0]);
    std::vector<double> reg(std::size_t(l.instructions));
    if (l.producer >= 0) return launch_producer(reg);
    int iterations = 1;
    for (int k = 0; k < l.outer_loops; ++k) iterations *= l.outer[k];
    for (int i = 0; i < iterations; ++i) {
      for (int k = l.outer_loops - 1, rest = i; k >= 0; rest /= l.outer[k--]) outer_[k] = rest % l.outer[k];
      if (l.kind == form::map) {
        for (int row = 0; row < l.rows; ++row)
          for (int column = 0; column < l.cols; ++column) phase_of(reg, 0, row, column, nullptr);
      } else {
        const bool columns = l.kind == form::columns;
        for (int kept = 0; kept < (columns ? l.cols : l.rows); ++kept) sweep(reg, columns ? l.rows : l.cols, kept, columns);
      }
    }
  }
  /// One row, or column, through all sweeps: `extent` elements, of which each keeps what it has from sweep to sweep.
  void sweep(std::vector<double>& reg, int extent, int kept, bool columns) const {
    int last = 0;
    for (int i = 0; i < now_->instructions; ++i) {
      const int phase = instruction::phase_of(c_.kernels.code[now_->first_instruction + i].word);
      last = phase > last ? phase : last;
    }
    std::vector<std::vector<double>> collected(reg.size()), swept(std::size_t(extent), reg);
    for (int phase = 0; phase <= last; phase += 2) {
      for (int i = 0; i < extent; ++i) phase_of(swept[std::size_t(i)], phase, columns ? i : kept, columns ? kept : i, &collected);
      close(reg, phase, collected, columns ? 0 : kept, columns ? kept : 0);
      phase_of(reg, phase + 1, columns ? 0 : kept, columns ? kept : 0, nullptr);
      for (std::size_t i = 0; i < reg.size(); ++i) {
        const int at = instruction::phase_of(c_.kernels.code[now_->first_instruction + int(i)].word);
        const bool now_known = at == phase + 1 || (at == phase && reduces(int(i)));
        for (auto& each : swept)
          if (now_known) each[i] = reg[i];
      }
    }
  }
  /// What a producer makes, all of a result or its row `row`; what nobody asks for is garbage.
  void make_result(node_call<double>& call, const producer_info& producer, int k) {
    const dims first{2, {now_->rows, now_->cols}, false};
    call.shape = k == 0 ? first : producer.op->result(k, *call.geo, first, dtype::real_type).shape;
    call.result = k;
    made_[k].assign(std::size_t(call.shape.size()), std::nan(""));
    call.out = made_[k].data();
    if (producer.wanted >> k & 1) producer.op->evaluate_double(call);
  }
  /// A row at a time of a producer's results, and of what is fused onto them.
  void launch_producer(std::vector<double>& reg) {
    const producer_info& producer = c_.kernels.producers[now_->producer];
    const geometry& geo = c_.g.geometries[now_->geometry];
    node_call<double> call;
    for (int k = 0; k < now_->inputs; ++k) call.in[k] = address(any_operand(k));
    call.geo = &geo;
    call.contracted = geo.contracts_batch ? present(geo.contracted) : geo.contracted;
    call.run = &run_;
    const auto stores = [&](int k) { return (producer.wanted & ~now_->handed) >> k & 1; };
    for (int k = 0; k < now_->results; ++k) {
      make_result(call, producer, k);
      if (stores(k)) std::copy(made_[k].begin(), made_[k].end(), address(operand(k)));
    }
    for (int row = 0; row < now_->rows && now_->kernel >= 0; ++row) {
      for (int k = 0; k < now_->results; ++k)   // anew, that a row sees what the rows before have overwritten
        if (!stores(k)) make_result(call, producer, k);
      for (int column = 0; column < now_->cols; ++column) phase_of(reg, 0, row, column, nullptr);
    }
  }

  const compiled_graph& c_;
  double* const* base_;
  run_state run_;
  const launch_info* now_ = nullptr;
  std::vector<double> made_[max_results];
  int outer_[max_outer_loops] = {};
  int iteration_[max_regions] = {}, trips_[max_regions] = {};
};

/// Runs the kernels of one graph and the nodes of another one by one, twice; elements of what lives between runs that
/// differ in a bit. Both have the same leaves.
inline int differing_elements(const compiled_graph& compiled, const compiled_graph& c) {
  run_memory kernels(compiled), nodes(c);
  kernels.fill(c);
  nodes.fill(c);
  int n = 0;
  for (std::uint64_t step = 1; step <= 2; ++step) {
    const run_state run{1, step, 0};
    kernel_runner(compiled, kernels.base, run).run();
    interpret<double>(c.g, nodes.base, run);
    for (int i = 0; i < c.g.n_leaves; ++i) {
      const leaf_info& l = c.g.leaves[i];
      for (int k = 0; k < l.words(); ++k) {   // also of what lies narrower in them
        const double a = kernels.base[l.space][l.offset + k], b = nodes.base[l.space][l.offset + k];
        n += std::bit_cast<std::uint64_t>(a) != std::bit_cast<std::uint64_t>(b) && !(a != a && b != b);
      }
    }
  }
  return n;
}
inline int differing_elements(const compiled_graph& c) { return differing_elements(c, c); }

}  // namespace tfx::testing
