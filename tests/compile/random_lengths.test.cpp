// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Graphs drawn by a seed whose inputs have a length: the kernels of one plan give at every length the bits of the nodes, one after
// the other.
#include <doctest/doctest.h>

#include <cstring>

#include <tfx/compile/lengths.hpp>
#include <tfx/lower/trace.hpp>

#include "../support/random_graph.hpp"
#include "../support/run_kernels.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

constexpr length_info one{37, 20, 0}, other{41, 20, 0};

/// A seed's graph, traced at a length.
struct drawn_graph {
  builder b;
  list<int> number{};

  drawn_graph(int seed, int size, const length_info& length) {
    const scope top(b);
    b.add_length(length);
    random_graph drawn(b, seed);
    drawn.length = length.traced;
    drawn.record(size);
    b.finish();
    lower(b);
    number = detail::live_numbers(b);
  }
};
/// The kernels of a graph, as `kernel_follower` reads them.
struct counted_lists {
  const kernel_lists& k;
  kernel_sizes sizes{k.code.size(), k.operands.size(), k.outer_strides.size(), k.terms.size(), k.launches.size(), 0, 0, 0, k.steps.size(), k.loops.size()};
  const list<instruction>& code = k.code;
  const list<launch_info>& launches = k.launches;
  const list<operand_info>& operands = k.operands;
  const list<int>& outer_strides = k.outer_strides;
  const list<address_term>& terms = k.terms;
  const list<loop_info>& loops = k.loops;
};
void put_lengths(kernel_lists& k, const list<followed_number>& followed, const int* length) {
  for (int i = 0; i < followed.count; ++i) {
    const followed_number& f = followed[i];
    const int n = f.number.at(length);
    switch (plan_table(f.table)) {
      case plan_table::rows: k.launches[f.row].rows = n; break;
      case plan_table::cols: k.launches[f.row].cols = n; break;
      case plan_table::outer: k.launches[f.row].outer[f.column] = n; break;
      case plan_table::moved: k.operands[f.row].moved = n; break;
      case plan_table::batch_row: k.operands[f.row].row = n; break;
      case plan_table::row_step: k.operands[f.row].step.row = n; break;
      case plan_table::column_step: k.operands[f.row].step.column = std::int16_t(n); break;
      case plan_table::outer_stride: k.outer_strides[f.row] = n; break;
      case plan_table::shift: k.terms[f.row].shift = n; break;
      case plan_table::stride: k.terms[f.row].stride = n; break;
      case plan_table::trips: k.loops[f.row].bound = n; break;
      case plan_table::contracted:
      case plan_table::geometry: break;   // those of the graph
    }
  }
}
struct tally {
  int graphs = 0, refused = 0, apart = 0;
};
/// Of one seed, at several lengths.
void check_seed(int seed, int size, tally& all) {
  drawn_graph a(seed, size, one), b(seed, size, other);
  if (!a.b.right()) return;
  detail::length_follower f{a.b, b.b, a.number};
  list<followed_number> followed = f.find(b.number);
  ++all.graphs;
  if (!a.b.right()) {
    ++all.refused;
    return;
  }
  graph_tables tables(a.b);
  tables.followed = static_cast<list<followed_number>&&>(followed);
  compiled_graph compiled(tables.view());
  const int at_other[max_lengths] = {other.traced};
  detail::put_lengths(tables, tables.followed.data, tables.followed.count, at_other);
  const fusion_lists groups = fuse(tables.view());
  const fusion_tables fused{groups.group_of.data, groups.phase.data, groups.stored.data, groups.groups.data, groups.groups.size()};
  const memory_tables memory{compiled.arena.offset.data, compiled.arena.home.data, compiled.arena.history.data, compiled.arena.local.data};
  const kernel_lists there = emit_kernels(tables.view(), fused, memory);
  const counted_lists counted{compiled.kernels};
  detail::kernel_follower<counted_lists> kernels{counted, there, &one, &other, 1};
  kernels.find();
  if (!kernels.right) {
    ++all.apart;
    return;
  }
  for (const int n : {20, 7, 2, 1}) {
    CAPTURE(n);
    const int length[max_lengths] = {n};
    put_lengths(compiled.kernels, kernels.found, length);
    detail::put_lengths(tables, tables.followed.data, tables.followed.count, length);
    run_memory by_kernels(compiled), by_nodes(compiled);
    for (run_memory* m : {&by_kernels, &by_nodes}) {
      m->fill(compiled);
      m->space[batch_space].assign(16, 0);
      m->base[batch_space] = m->space[batch_space].data();
      m->base[batch_space][2] = n;
      m->base[batch_space][3] = 1.0 / n;
    }
    const run_state run{1, 1, 0};
    kernel_runner(compiled, by_kernels.base, run).run();
    interpret<double>(tables.view(), by_nodes.base, run);
    int wrong = 0;
    for (int s = parameter_space; s < max_spaces; ++s)
      if (s != counter_space && s != constant_space && s != batch_space) wrong += std::memcmp(by_kernels.space[std::size_t(s)].data(), by_nodes.space[std::size_t(s)].data(), by_nodes.space[std::size_t(s)].size() * sizeof(double)) != 0;
    CHECK(wrong == 0);
  }
}
tally check_seeds(int first, int count, int size) {
  tally all;
  for (int seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    check_seed(seed, size, all);
  }
  return all;
}

TEST_CASE("random graphs with a length") {
  const tally all = check_seeds(1, 1500, 12);
  MESSAGE(all.graphs << " graphs, " << all.refused << " refused, " << all.apart << " apart");
  CHECK(all.apart + all.refused < all.graphs / 50);
}
TEST_CASE("large random graphs with a length") {
  const tally all = check_seeds(5000, 150, 40);
  MESSAGE(all.graphs << " graphs, " << all.refused << " refused, " << all.apart << " apart");
  CHECK(all.apart + all.refused < all.graphs / 20);
}

}  // namespace
