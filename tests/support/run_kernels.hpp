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
    for (int i = 0; i < c.kernels.constants.size(); ++i) base[constant_space][i] = c.kernels.constants[i];
  }
  /// Numbers without a pattern in everything that lives between runs.
  void fill(const compiled_graph& c) {
    for (int i = 0; i < c.g.n_leaves; ++i) {
      const leaf_info& l = c.g.leaves[i];
      if (l.space == batch_space) continue;
      for (int k = 0; k < l.size; ++k) base[l.space][l.offset + k] = std::sin(1.7 * k * k + i + 0.3);
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
      const loop_info& l = k.loops[at < max_regions ? at : 0];
      switch (k.steps[pc].kind) {
        case step_kind::launch: launch(k.launches[at]); break;
        case step_kind::begin:
          iteration_[at] = 0;
          trips_[at] = l.counted ? int(*address(l.trips)) : l.bound;
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
    std::ptrdiff_t offset = o.offset;
    for (int t = 0; t < o.n_terms; ++t) {
      const address_term& a = c_.kernels.terms[o.first_term + t];
      int slot = a.sign * iteration_[a.region] + (a.from < 0 ? 0 : trips_[a.from]) + a.shift;
      if (a.mod) slot &= a.mod - 1;
      offset += std::ptrdiff_t(slot) * a.stride;
    }
    return offset;
  }
  double* address(const operand_info& o) const { return base_[o.space] + offset_of(o); }
  bool enters(int region) {
    const loop_info& l = c_.kernels.loops[region];
    base_[counter_space][region] = iteration_[region];
    if (iteration_[region] >= trips_[region]) return false;
    return !l.conditional || (*address(l.condition) != 0) == l.sense;
  }

  const operand_info& operand(int k) const { return c_.kernels.operands[now_->first_operand + k]; }
  double* element(int k, pattern lies, int row, int column) const {
    double* const from = address(operand(k));
    switch (lies) {
      case pattern::scalar: return from;
      case pattern::row: return from + column;
      case pattern::column: return from + row;
      default: return from + std::ptrdiff_t(row) * now_->cols + column;
    }
  }
  double source(const std::vector<double>& reg, std::uint64_t word, int k, int row, int column) const {
    const int s = instruction::source_of(word, k);
    return s >= 0 ? reg[std::size_t(s)] : *element(~s, instruction::source_lies(word, k), row, column);
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
    if (made.op->kind == op_kind::generate && made.op->arity == 0) {   // by column: all up to this one
      std::vector<double> columns(std::size_t(column) + 1);
      call.out = columns.data();
      call.shape = dims{1, {column + 1}, false};
      made.op->evaluate_double(call);
      reg[std::size_t(i)] = columns.back();
      return;
    }
    if (made.op->kind == op_kind::generate) {
      const int place = ~instruction::source_of(made.word, 2);
      const pattern lies = instruction::source_lies(made.word, 2);
      std::ptrdiff_t at = offset_of(operand(place));
      if (lies == pattern::full) at += std::ptrdiff_t(row) * now_->cols;
      if (lies == pattern::full || lies == pattern::row) at += column;
      if (lies == pattern::column) at += row;
      call.place = std::uint64_t(at);
    }
    made.op->evaluate_double(call);
    if (instruction::store_of(made.word) >= 0)
      *element(instruction::store_of(made.word), instruction::store_lies(made.word), row, column) = reg[std::size_t(i)];
  }
  bool reduces(int i) const { return c_.kernels.code[now_->first_instruction + i].op->kind == op_kind::reduce; }

  void phase_of(std::vector<double>& reg, int phase, int row, int column, std::vector<std::vector<double>>* collected) const {
    for (int i = 0; i < now_->instructions; ++i) {
      const instruction& made = c_.kernels.code[now_->first_instruction + i];
      if (instruction::phase_of(made.word) != phase || is_producer(made.op->kind)) continue;
      if (made.op->kind == op_kind::reduce) (*collected)[std::size_t(i)].push_back(source(reg, made.word, 0, row, column));
      else execute(reg, i, row, column);
    }
  }
  /// The results of the reductions from what has been collected, in the order that is part of their meaning.
  void close(std::vector<double>& reg, int phase, const std::vector<std::vector<double>>& collected, int axis, int index) const {
    for (int i = 0; i < now_->instructions; ++i) {
      const instruction& made = c_.kernels.code[now_->first_instruction + i];
      if (!reduces(i) || instruction::phase_of(made.word) != phase) continue;
      const std::vector<double>& x = collected[std::size_t(i)];
      node_call<double> call;
      call.in[0] = x.data();
      call.in_shape[0] = axis == over_rows ? dims{2, {int(x.size()), 1}, false} : dims{2, {1, int(x.size())}, false};
      call.out = &reg[std::size_t(i)];
      call.shape = dims{1, {1}, false};
      call.axis = axis == over_rows ? over_rows : over_columns;
      call.run = &run_;
      made.op->evaluate_double(call);
      if (const int store = instruction::store_of(made.word); store >= 0) address(operand(store))[index] = reg[std::size_t(i)];
    }
  }

  /// Of an extent that is bounded: what is there in this run.
  int present(int extent) const { return c_.g.batch_bound > 0 ? extent / c_.g.batch_bound * run_.batch : extent; }

  void launch(launch_info l) {
    now_ = &l;
    if (l.bounded == bounded_by::rows) l.rows = present(l.rows);
    if (l.bounded == bounded_by::columns) l.cols = present(l.cols);
    const std::size_t count = std::size_t(l.instructions);
    std::vector<double> reg(count);
    std::vector<std::vector<double>> collected(count);
    if (l.kind == group_kind::producer) return launch_producer(reg);
    if (l.axis == over_rows) {
      for (int column = 0; column < l.cols; ++column) {
        for (auto& x : collected) x.clear();
        for (int row = 0; row < l.rows; ++row) phase_of(reg, 0, row, column, &collected);
        close(reg, 0, collected, l.axis, column);
        phase_of(reg, 1, 0, column, nullptr);
      }
    } else if (l.axis >= 0) {
      int last = 0;
      for (std::size_t i = 0; i < count; ++i) {
        const int phase = instruction::phase_of(c_.kernels.code[l.first_instruction + int(i)].word);
        last = phase > last ? phase : last;
      }
      for (int row = 0; row < l.rows; ++row) {
        for (auto& x : collected) x.clear();
        std::vector<std::vector<double>> swept(std::size_t(l.cols), reg);   // per column, kept from sweep to sweep
        for (int phase = 0; phase <= last; phase += 2) {
          for (int column = 0; column < l.cols; ++column) phase_of(swept[std::size_t(column)], phase, row, column, &collected);
          close(reg, phase, collected, l.axis, l.axis == over_all ? 0 : row);
          phase_of(reg, phase + 1, row, 0, nullptr);
          for (std::size_t i = 0; i < count; ++i) {
            const int at = instruction::phase_of(c_.kernels.code[l.first_instruction + int(i)].word);
            const bool now_known = at == phase + 1 || (at == phase && reduces(int(i)));
            for (auto& each : swept)
              if (now_known) each[i] = reg[i];
          }
        }
      }
    } else {
      for (int row = 0; row < l.rows; ++row)
        for (int column = 0; column < l.cols; ++column) phase_of(reg, 0, row, column, nullptr);
    }
  }
  /// A row at a time of a producer's result, of what is made beside it from the same inputs, and of what is fused onto it.
  void launch_producer(std::vector<double>& reg) const {
    const geometry& geo = c_.g.geometries[now_->geometry];
    const op_info& first = *c_.kernels.code[now_->first_instruction + now_->output].op;
    node_call<double> call;
    const int inputs = first.arity >= 0 ? first.arity : geo.operands;
    for (int k = 0; k < inputs; ++k) call.in[k] = address(operand(k));
    call.shape = dims{2, {now_->rows, now_->cols}, false};
    call.geo = &geo;
    call.contracted = geo.contracts_batch ? present(geo.contracted) : geo.contracted;
    call.run = &run_;
    std::vector<std::vector<double>> out(std::size_t(now_->instructions));
    for (int row = 0; row < now_->rows; ++row) {
      for (int i = 0; i < now_->instructions; ++i) {
        const op_info& op = *c_.kernels.code[now_->first_instruction + i].op;
        if (!is_producer(op.kind)) continue;
        out[std::size_t(i)].resize(std::size_t(now_->rows * now_->cols));
        call.out = out[std::size_t(i)].data();
        op.evaluate_double(call);   // anew, that a row sees what the rows before have overwritten
      }
      for (int column = 0; column < now_->cols; ++column) {
        for (int i = 0; i < now_->instructions; ++i) {
          if (out[std::size_t(i)].empty()) continue;
          const std::uint64_t word = c_.kernels.code[now_->first_instruction + i].word;
          reg[std::size_t(i)] = out[std::size_t(i)][std::size_t(row * now_->cols + column)];
          if (const int store = instruction::store_of(word); store >= 0)
            *element(store, instruction::store_lies(word), row, column) = reg[std::size_t(i)];
        }
        phase_of(reg, 0, row, column, nullptr);
      }
    }
  }

  const compiled_graph& c_;
  double* const* base_;
  run_state run_;
  const launch_info* now_ = nullptr;
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
      for (int k = 0; k < l.size; ++k) {
        const double a = kernels.base[l.space][l.offset + k], b = nodes.base[l.space][l.offset + k];
        n += std::bit_cast<std::uint64_t>(a) != std::bit_cast<std::uint64_t>(b) && !(a != a && b != b);
      }
    }
  }
  return n;
}
inline int differing_elements(const compiled_graph& c) { return differing_elements(c, c); }

}  // namespace tfx::testing
