// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/compile/location.hpp>
#include <tfx/core/view.hpp>
#include <tfx/graph/axes.hpp>
#include <tfx/graph/graph.hpp>

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
  int shape = 0;              ///< number of the domain's shape in the pass
  group_kind kind = group_kind::map;
  std::int8_t axis = -1;      ///< of its reductions; -1: none
  reduced_run run{};          ///< what they reduce
  bool cut_inside = false;    ///< what lies inside of what they reduce is more than one loop
  int region = 0;
  int size = 0;               ///< nodes
};

inline constexpr int max_group_size = 96;   ///< nodes; an instruction's sources have 9 bits, and it has up to four operands
inline constexpr int max_phase = 15;
inline constexpr int phase_apart = max_phase;   ///< the phase of a producer's result that its own kernel can't see
inline constexpr int max_swept_columns = 4096;   ///< of a kernel with several sweeps over rows: these stay in the first-level cache
inline constexpr int max_swept_rows = 2048;      ///< of one with several sweeps over columns: some vectors of each stay in the second-level cache

/// Which node belongs to which kernel, and when it is computed there. A kernel goes over a row in sweeps. Phase 0 is
/// elementwise work of the first sweep, phase 1 the results of its reductions and what is made of them alone; phase 2 is
/// elementwise work that needs those, in a second sweep, and so on. `stored` nodes have memory of their own.
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

namespace detail {

/// May loops be apart there that are reduced so? What is reduced is one loop.
constexpr bool may_cut(int axis, const reduced_run& run, int at) {
  return axis != over_all && (at <= run.inner || (at >= run.inner * run.extent && at % run.extent == 0));
}
/// May the loops of group q be apart there? Rows and columns of a producer are one loop each.
constexpr bool may_cut(const group& q, int at) {
  if (q.kind == group_kind::producer) return at == q.domain.cols();
  return q.axis < 0 || may_cut(q.axis, q.run, at);
}
/// Is a loop with so many elements behind it one of those that a reduction goes over?
constexpr bool is_reduced(const reduced_run& run, int behind) { return behind >= run.inner && behind < run.inner * run.extent; }
/// The loops of what is left of a group's domain by its reductions; `place`, if not null, gets where they are among all.
constexpr loop_nest kept_loops(const group& q, int* place = nullptr) {
  loop_nest kept;
  for (int l = 0, behind = q.elements; l < q.nest.loops; ++l) {
    behind /= q.nest.extent[l];
    if (is_reduced(q.run, behind)) continue;
    if (place != nullptr) place[kept.loops] = l;
    kept.push(q.nest.extent[l]);
  }
  return kept;
}

}  // namespace detail

}  // namespace tfx
