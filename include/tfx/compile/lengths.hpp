// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/kernel_list.hpp>

// Programs whose inputs have lengths: memory is planned for the longest, and values lie densely at the lengths of the run. So
// the tables of a launch have numbers that follow the lengths; which these are, the same plan at other lengths says.
namespace tfx {

/// The tables of a plan with such numbers.
enum class plan_table : std::int16_t { rows, cols, outer, contracted, geometry, moved, row_step, column_step, batch_row, outer_stride, shift, stride, trips };

namespace detail {

/// The tables of a graph that have numbers which follow lengths.
struct graph_numbers {
  node* nodes;
  geometry* geometries;
  region_info* regions;
};
/// They get those of some lengths.
template <class Graph> constexpr void put_lengths(Graph&& g, const followed_number* followed, int n, const int* length) {
  for (int k = 0; k < n; ++k) {
    const followed_number& f = followed[k];
    const int value = f.number.at(length);
    if (f.table == std::int16_t(graph_table::node)) g.nodes[f.row].shape.extent[f.column] = value;
    else if (f.table == std::int16_t(graph_table::region)) g.regions[f.row].bound = value;
    else if (f.column == 0) g.geometries[f.row].contracted = value;
    else g.geometries[f.row].v[f.column - 1] = value;
  }
}

/// What follows the lengths in the kernels of a plan: they are compared with those of the same graph at other lengths.
template <class Tables> struct kernel_follower {
  const Tables& one;
  const kernel_lists& two;
  const length_info *lengths, *others;
  int n_lengths;
  list<followed_number> found{};
  bool right = true;

  constexpr void follow(plan_table table, int a, int b, int row, int column = 0) {
    if (a == b) return;
    followed_number f;
    f.row = row;
    f.column = std::int16_t(column);
    f.table = std::int16_t(table);
    right = right && follow_lengths(a, b, lengths, others, n_lengths, f.number);
    found.push_back(f);
  }
  constexpr void find() {
    const kernel_sizes& n = one.sizes;
    right = n.launches == two.launches.count && n.operands == two.operands.count && n.code == two.code.count && n.outer_strides == two.outer_strides.count &&
            n.terms == two.terms.count && n.regions == two.loops.count && n.steps == two.steps.count;
    for (int i = 0; right && i < n.code; ++i) right = one.code[i].op->id == two.code[i].op->id && one.code[i].word == two.code[i].word;
    for (int i = 0; right && i < n.launches; ++i) {
      const launch_info &a = one.launches[i], &b = two.launches[i];
      right = a.kernel == b.kernel && a.producer == b.producer && a.operands == b.operands && a.instructions == b.instructions && a.outer_loops == b.outer_loops &&
              a.kind == b.kind && a.bounded == b.bounded && a.folds == b.folds && a.destination == b.destination && a.handed == b.handed;
      follow(plan_table::rows, a.rows, b.rows, i);
      follow(plan_table::cols, a.cols, b.cols, i);
      for (int l = 0; l < a.outer_loops; ++l) follow(plan_table::outer, a.outer[l], b.outer[l], i, l);
    }
    for (int i = 0; right && i < n.operands; ++i) {
      const operand_info &a = one.operands[i], &b = two.operands[i];
      right = a.space == b.space && a.offset == b.offset && a.n_terms == b.n_terms && a.outer == b.outer && a.local == b.local;
      follow(plan_table::moved, a.moved, b.moved, i);
      follow(plan_table::batch_row, a.row, b.row, i);
      follow(plan_table::row_step, a.step.row, b.step.row, i);
      follow(plan_table::column_step, a.step.column, b.step.column, i);
    }
    for (int i = 0; right && i < n.outer_strides; ++i) follow(plan_table::outer_stride, one.outer_strides[i], two.outer_strides[i], i);
    for (int i = 0; right && i < n.terms; ++i) {
      follow(plan_table::shift, one.terms[i].shift, two.terms[i].shift, i);
      follow(plan_table::stride, one.terms[i].stride, two.terms[i].stride, i);
    }
    for (int i = 0; right && i < n.regions; ++i) {
      const loop_info &a = one.loops[i], &b = two.loops[i];
      follow(plan_table::trips, a.bound, b.bound, i);
      for (const auto which : {&loop_info::condition, &loop_info::trips}) right = right && (a.*which).offset == (b.*which).offset && (a.*which).moved == (b.*which).moved;
    }
  }
};

/// The kernels of a graph with lengths, once more at other ones, in the same memory: what differs follows the lengths.
template <class Traced, class Memory, class Tables> constexpr list<followed_number> follow_in_kernels(const Memory& memory, const Tables& kernels, bool& right) {
  auto at_other = Traced::graph;
  length_info others[max_lengths];
  int length[max_lengths] = {};
  for (int k = 0; k < at_other.n_lengths; ++k) {
    const length_info& l = at_other.lengths[k];
    others[k] = length_of(length_code(l.bound, l.which, true));
    length[k] = others[k].traced;
  }
  put_lengths(at_other, at_other.followed, Traced::size.followed, length);
  const auto fused = tfx::freeze<Traced::size.nodes>(fuse(at_other.view()));
  const kernel_lists there = emit_kernels(at_other.view(), fused, memory);
  kernel_follower<Tables> f{kernels, there, Traced::graph.lengths, others, at_other.n_lengths};
  f.find();
  right = f.right;
  return static_cast<list<followed_number>&&>(f.found);
}

}  // namespace detail

}  // namespace tfx
