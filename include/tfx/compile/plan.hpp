// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <tfx/compile/kernel_list.hpp>
#include <tfx/compile/lengths.hpp>
#include <tfx/compile/recompute.hpp>
#include <tfx/lower/trace.hpp>

namespace tfx {

/// What running one launch needs, in the order it is read.
struct launch_record {
  std::int16_t kernel = -1, producer = -1;
  launch_layout layout;
  bounded_by bounded = bounded_by::nothing;
  bool contracts_batch = false;
  std::int8_t outer_loops = 0;
  int outer[max_outer_loops] = {};   ///< extents
  int first_operand = 0, rows = 0, cols = 0;
  int contracted = 0, geometry = 0;
  int shape = 0;            ///< launches of one kernel, geometry and extents share what is decided for them

  constexpr int all_operands() const { return layout.inputs + layout.operands; }
  constexpr int outer_size() const {
    int n = 1;
    for (int l = 0; l < outer_loops; ++l) n *= outer[l];
    return n;
  }
};

namespace detail {
/// A table for running: a copy with room for one row more, so that it is never empty.
template <int N, class T> constexpr auto first_rows(const T* from) {
  std::array<T, std::size_t(N) + 1> rows{};
  copy_table(from, N, rows.data());
  return rows;
}
}  // namespace detail

/// One program, compiled: each stage is one constant, and the last ones are the small tables that running reads. A plan knows
/// neither backend nor element type.
template <class Step> struct plan {
  using step = Step;
  using traced = typename compiled_from<Step>::type;
  [[no_unique_address]] tell<arena_verdict<Step>::right, arena_verdict<Step>> told;
  static constexpr graph_size size = traced::size;
  static constexpr int batch_bound = traced::graph.batch_bound;

  static constexpr tfx::fusion<size.nodes> fusion = tfx::freeze<size.nodes>(fuse(traced::view()));
  static constexpr memory_plan<size.nodes> memory = tfx::freeze<size.nodes>(plan_memory(traced::view(), fusion));
  using tables = kernel_tables<size.nodes, size.edges, fusion.n_groups, size.regions>;
  static constexpr tables kernels = tfx::freeze<tables>(emit_kernels(traced::view(), fusion, memory), size.regions);
  static constexpr kernel_sizes sizes = kernels.sizes;
  static constexpr int n_lengths = traced::graph.n_lengths;
  static constexpr auto lengths = detail::first_rows<n_lengths>(traced::graph.lengths);

  static constexpr int n_launches = sizes.launches, n_kernels = sizes.distinct, n_producers = sizes.producers, n_regions = sizes.regions;
  static constexpr int arena_elements = memory.arena;
  static constexpr int spaces = traced::graph.spaces;
  /// Elements of each space, as a table of its own: reading the graph at run time would bring all of it into the program.
  static constexpr auto make_space_sizes() {
    std::array<int, max_spaces> t{};
    for (int s = 0; s < max_spaces; ++s) t[std::size_t(s)] = traced::graph.space_size[s];
    return t;
  }
  static constexpr auto space_sizes = make_space_sizes();
  static constexpr int space_size(int s) { return space_sizes[std::size_t(s)]; }
  static constexpr bool has_loops = n_regions > 1;
  /// Are integers of 64 bits computed with? To move them, and to name rows of a table, words of 4 bytes do.
  static constexpr bool make_computes_wide() {
    const graph_view g = traced::view();
    for (int i = 0; i < g.n_nodes; ++i) {
      const node& n = g[i];
      if ((n.op->kind != op_kind::map && n.op->kind != op_kind::reduce) || is<copy_op>(n)) continue;
      bool wide = is_whole(n.type) && size_of(n.type) == 8;
      for (int k = 0; k < n.count; ++k) wide = wide || (is_whole(g[g.input(i, k)].type) && size_of(g[g.input(i, k)].type) == 8);
      if (wide) return true;
    }
    return false;
  }
  static constexpr bool computes_wide = make_computes_wide();

  static constexpr int make_most_operands() {
    int most = 1;
    for (int i = 0; i < n_launches; ++i) most = kernels.launches[i].operands > most ? kernels.launches[i].operands : most;
    return most;
  }
  static constexpr int most_operands = make_most_operands();

  // ---- what running reads
  /// Of a launch's producer.
  static constexpr operand_types input_types(int first, int inputs) {
    return {inputs > 0 ? kernels.operands[first].step.lies : lies_as::word, inputs > 1 ? kernels.operands[first + 1].step.lies : lies_as::word};
  }
  /// Launches that differ in kernel, geometry, extents or what they read, by the first of each kind; and the geometries among them.
  struct shape_table {
    int of[n_launches + 1] = {}, first[n_launches + 1] = {}, shapes = 0;
    int geometry_of[n_launches + 1] = {}, row[n_launches + 1] = {}, geometries = 0;
  };
  static constexpr bool same_outer(const launch_info& a, const launch_info& b) {
    for (int l = 0; l < a.outer_loops; ++l)
      if (a.outer[l] != b.outer[l]) return false;
    return true;
  }
  static constexpr shape_table make_shapes() {
    shape_table t;
    for (int i = 0; i < n_launches; ++i) {
      const launch_info& l = kernels.launches[i];
      int s = 0;
      for (; s < t.shapes; ++s) {
        const launch_info& other = kernels.launches[t.first[s]];
        if (other.kernel == l.kernel && other.producer == l.producer && other.geometry == l.geometry && other.rows == l.rows && other.cols == l.cols && other.bounded == l.bounded && other.outer_loops == l.outer_loops && same_outer(l, other) &&
            input_types(other.first_operand, other.inputs) == input_types(l.first_operand, l.inputs)) break;
      }
      t.of[i] = s;
      if (s < t.shapes) continue;
      t.first[t.shapes++] = i;
      if (l.geometry < 0) continue;
      int k = 0;
      while (k < t.geometries && t.row[k] != l.geometry) ++k;
      t.geometry_of[s] = k;
      if (k == t.geometries) t.row[t.geometries++] = l.geometry;
    }
    return t;
  }
  static constexpr shape_table shapes = make_shapes();
  static constexpr int n_shapes = shapes.shapes;
  static constexpr auto make_launches() {
    std::array<launch_record, std::size_t(n_launches) + 1> t{};
    for (int i = 0; i < n_launches; ++i) {
      const launch_info& l = kernels.launches[i];
      launch_record& r = t[std::size_t(i)];
      r.kernel = std::int16_t(l.kernel);
      r.producer = std::int16_t(l.producer);
      r.layout = {std::int16_t(l.inputs), std::int16_t(l.operands - l.inputs), std::int16_t(l.destination), std::int8_t(l.results), std::uint8_t(l.handed), l.kind, l.folds};
      r.outer_loops = std::int8_t(l.outer_loops);
      for (int k = 0; k < l.outer_loops; ++k) r.outer[k] = l.outer[k];
      r.first_operand = l.first_operand;
      r.rows = l.rows;
      r.cols = l.cols;
      r.bounded = l.bounded;
      r.shape = shapes.of[i];
      if (l.geometry < 0) continue;
      const geometry& g = traced::graph.geometries[l.geometry];
      r.geometry = shapes.geometry_of[r.shape];
      r.contracted = g.contracted;
      r.contracts_batch = g.contracts_batch != 0;
    }
    return t;
  }
  static constexpr auto launches = make_launches();
  static constexpr bool make_has_nests() {
    bool found = false;
    for (int i = 0; i < n_launches; ++i) found = found || kernels.launches[i].outer_loops > 0;
    return found;
  }
  static constexpr bool has_nests = make_has_nests();   ///< launches with loops around rows and columns
  static constexpr bool make_runs_kernels_alone() {
    for (int i = 0; i < n_launches; ++i)
      if (kernels.launches[i].producer == -1) return true;   // g++ takes `producer <` for a template
    return false;
  }
  static constexpr bool runs_kernels_alone = make_runs_kernels_alone();
  static constexpr auto make_geometries() {
    std::array<geometry, std::size_t(shapes.geometries) + 1> t{};
    for (int k = 0; k < shapes.geometries; ++k) t[std::size_t(k)] = traced::graph.geometries[shapes.row[k]];
    return t;
  }
  static constexpr auto geometries = make_geometries();
  static constexpr auto operands = detail::first_rows<sizes.operands>(kernels.operands);
  static constexpr bool make_is_all_words() {
    for (int k = 0; k < sizes.operands; ++k)
      if (kernels.operands[k].step.lies != lies_as::word) return false;
    return true;
  }
  static constexpr bool is_all_words = make_is_all_words();   ///< all of its memory
  /// How each operand lies against the domain of its launch.
  static constexpr auto make_operand_steps() {
    std::array<operand_step, std::size_t(sizes.operands) + 1> t{};
    for (int k = 0; k < sizes.operands; ++k) t[std::size_t(k)] = kernels.operands[k].step;
    return t;
  }
  static constexpr auto operand_steps = make_operand_steps();
  static constexpr auto outer_strides = detail::first_rows<sizes.outer_strides>(kernels.outer_strides);
  static constexpr auto terms = detail::first_rows<sizes.terms>(kernels.terms);
  static constexpr auto constants = detail::first_rows<sizes.constants>(kernels.constants);
  static constexpr auto steps = detail::first_rows<sizes.steps>(kernels.steps);
  static constexpr auto loops = detail::first_rows<n_regions>(kernels.loops);
  /// Runs of launches that are made for some rows of the batch at a time; the last is none.
  static constexpr int n_runs = memory.n_runs;
  static constexpr auto make_runs() {
    std::array<batch_run, std::size_t(n_runs) + 1> t{};
    for (int k = 0; k < n_runs; ++k) {
      batch_run& r = t[std::size_t(k)];
      r = {-1, -1, memory.runs[k].rows};
      for (int i = 0; i < n_launches; ++i) {
        if (kernels.launches[i].group < memory.runs[k].first || kernels.launches[i].group > memory.runs[k].last) continue;
        if (r.first < 0) r.first = i;
        r.last = i;
      }
    }
    t[std::size_t(n_runs)] = {n_launches, n_launches, 0};
    return t;
  }
  static constexpr auto runs = make_runs();

  // ---- what follows the lengths of a run
  struct followed_table {
    static constexpr int most = n_lengths == 0 ? 0 : 8 * sizes.launches + 4 * sizes.operands + sizes.outer_strides + 2 * sizes.terms + sizes.regions + size.followed;
    followed_number row[most + 1] = {};
    int count = 0;
    bool right = true;

    constexpr void add(const followed_number& f, plan_table table, int at, int column) {
      row[count] = f;
      row[count].table = std::int16_t(table);
      row[count].row = at;
      row[count++].column = std::int16_t(column);
    }
  };
  static constexpr followed_table make_followed() {
    followed_table t;
    if constexpr (n_lengths > 0) {
      const list<followed_number> found = detail::follow_in_kernels<traced>(memory, kernels, t.right);
      for (int i = 0; t.right && i < found.count; ++i) t.row[t.count++] = found[i];
      for (const followed_number& f : traced::graph.followed) {
        if (f.table != std::int16_t(graph_table::geometry) || f.number.factor == 0) continue;
        for (int k = 0; k < shapes.geometries; ++k)
          if (shapes.row[k] == f.row) t.add(f, plan_table::geometry, k, f.column);
        for (int i = 0; i < n_launches; ++i)
          if (kernels.launches[i].geometry == f.row && f.column == 0) t.add(f, plan_table::contracted, i, 0);
      }
    }
    return t;
  }
  static constexpr followed_table found_to_follow = make_followed();
  static_assert(found_to_follow.right, "tfx: a kernel of this program follows its lengths as no multiple of them; give what is beside them extents of its own, or up_to a bound that is a little larger");
  static constexpr auto followed = detail::first_rows<found_to_follow.count>(found_to_follow.row);
  static constexpr int n_followed = found_to_follow.count;
  /// The extents of an input or output in a run; the batch's bound is one of them.
  struct io_extents {
    int rank = 0;
    length_number extent[max_rank] = {};

    constexpr bool varies() const {
      bool any = false;
      for (const length_number& n : extent) any = any || n.factor != 0;
      return any;
    }
    /// Elements of one row of the batch, or of all where there is none.
    constexpr std::size_t row(const int* length, bool bounded) const {
      std::size_t n = 1;
      for (int axis = bounded; axis < rank; ++axis) n *= std::size_t(extent[axis].at(length));
      return n;
    }
  };
  static constexpr io_extents io(int space) {
    io_extents io;
    for (int i = 0; i < size.nodes; ++i) {
      const node& n = traced::graph.nodes[i];
      if (n.op->kind != op_kind::leaf || traced::graph.leaves[n.aux].space != space) continue;
      io.rank = n.shape.rank;
      for (int axis = 0; axis < io.rank; ++axis) io.extent[axis].fixed = n.shape.extent[axis];
      for (const followed_number& f : traced::graph.followed)
        if (f.number.factor != 0 && f.table == std::int16_t(graph_table::node) && f.row == i) io.extent[f.column] = f.number;
    }
    return io;
  }
  /// Of the launches of one shape: which extents, and which words of the geometry, follow the lengths; 1 where they do.
  struct varying {
    int rows = 0, cols = 0;
    geometry geo{};
    constexpr bool any() const { return cols || !(geo == geometry{}); }
  };
  static constexpr varying varying_in(int shape) {
    varying v;
    for (const followed_number& f : found_to_follow.row) {
      if (f.number.factor == 0) continue;
      const plan_table table = plan_table(f.table);
      if (table == plan_table::geometry && kernels.launches[shapes.first[shape]].geometry >= 0 && shapes.geometry_of[shape] == f.row)
        (f.column == 0 ? v.geo.contracted : v.geo.v[f.column - 1]) = 1;
      if (table == plan_table::rows && shapes.of[f.row] == shape) v.rows = 1;
      if (table == plan_table::cols && shapes.of[f.row] == shape) v.cols = 1;
    }
    return v;
  }
  static constexpr auto leaves = detail::first_rows<size.leaves>(traced::graph.leaves);
  static constexpr auto names = detail::first_rows<size.names>(traced::graph.names);
  static constexpr int n_leaves = size.leaves;
  static constexpr std::string_view name(const leaf_info& l) { return {names.data() + l.path, std::size_t(l.path_length)}; }
};

/// The instructions of distinct kernel K of a plan, and nothing else: what kernel types are read from.
template <class Plan, int K> struct kernel_source {
  static constexpr int launch = Plan::kernels.distinct[K];
  static constexpr int count = Plan::kernels.launches[launch].instructions;
  struct table {
    const op_info* op[count] = {};
    std::uint64_t word[count] = {};
    form kind{};
  };
  static constexpr auto make_value() {
    table t;
    const launch_info& l = Plan::kernels.launches[launch];
    for (int i = 0; i < count; ++i) {
      t.op[i] = Plan::kernels.code[l.first_instruction + i].op;
      t.word[i] = Plan::kernels.code[l.first_instruction + i].word;
    }
    t.kind = l.kind;
    return t;
  }
  static constexpr table value = make_value();
  /// Rows of scratch memory that it needs.
  static constexpr auto make_kept() {
    op_kind kind[count] = {};
    int arity[count] = {};
    for (int i = 0; i < count; ++i) {
      kind[i] = value.op[i]->kind;
      arity[i] = value.op[i]->arity;
    }
    return rows_kept<count>(value.word, kind, arity).count;
  }
  static constexpr int kept = make_kept();
};

}  // namespace tfx
