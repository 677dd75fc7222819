// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/axes.hpp>
#include <tfx/graph/residuals.hpp>

namespace tfx {

/// The same memory under another shape, and all of it.
constexpr bool is_reshape(const node& n) { return n.op->kind == op_kind::view && !n.op->strided && !is<slice_op>(n) && !is<row_op>(n); }
constexpr handle expand(handle a, const dims& shape) { return {a.graph, a.graph->emit<copy_op>(shape, a.type(), 0, a.id)}; }

constexpr int open_region(builder& g, region_info r) {
  r.parent = g.region;
  r.loop = -1;
  g.regions.push_back(r);
  if (g.regions.size() > max_regions) g.complain("more than ", max_regions, " loops and branches in one program");
  int depth = 0;
  for (int i = g.regions.size() - 1; i > 0; i = g.regions[i].parent) depth += !g.regions[i].branch;
  if (depth > max_loop_depth) g.complain("more than ", max_loop_depth, " loops inside one another", at_line{});
  g.region = g.regions.size() - 1;
  return g.region;
}

/// A copy that stays in the current region and is never merged with another node.
constexpr handle pin(handle v, const dims& shape) {
  builder& g = *v.graph;
  return {&g, g.emit_at<copy_op>(g.region, shape, v.type(), ++g.pins, adopt(g, v.id))};
}
constexpr handle new_carry(handle first, const dims& shape) {
  builder& g = *first.graph;
  const int here = g.region;
  g.region = g.regions[here].parent;
  const handle start = pin(first, shape);
  g.region = here;
  return {&g, g.emit_at<carry_op>(here, shape, first.type(), g.pins, start.id)};
}
constexpr void set_next(handle carry, handle v) {
  builder& g = *carry.graph;
  const int id = g.emit_at<copy_op>(g.region, carry.shape(), carry.type(), ++g.pins, adopt(g, v.id));   // as `pin`, of the carry's type
  g.nodes[carry.id].link = id;
}
constexpr handle final_of(handle carry, int loop) {
  builder& g = *carry.graph;
  const int outside = g.regions[g.nodes[carry.id].region].parent;
  return {&g, g.emit_at<final_op>(outside, carry.shape(), carry.type(), 0, carry.id, loop)};
}

/// Closes the current region. `condition`: an outer value (branch) or a carry (while), or -1; `trips`: a run-time trip count or -1.
/// The loop node's inputs are [], [condition] or [condition, trips], with the constant 1 for a missing condition.
constexpr int close_region(builder& g, int condition = -1, int trips = -1) {
  const int here = g.region;
  for (int i = 0; i < g.state_carries.size(); ++i) {
    const builder::state_carry s = g.state_carries[i];
    if (s.region != here) continue;
    const node port = g.nodes[s.port];
    const int next = g.emit_at<copy_op>(here, port.shape, port.type, ++g.pins, adopt(g, g.current[s.leaf]));
    g.nodes[s.port].link = next;
  }
  g.region = g.regions[here].parent;
  int loop = -1;
  if (trips >= 0) loop = g.emit_at<loop_op>(g.region, dims{}, dtype::real_type, here, condition >= 0 ? condition : g.constant(1).id, trips);
  else if (condition >= 0) loop = g.emit_at<loop_op>(g.region, dims{}, dtype::real_type, here, condition);
  else loop = g.emit_at<loop_op>(g.region, dims{}, dtype::real_type, here);
  g.regions[here].loop = loop;
  for (int i = 0; i < g.state_carries.size(); ++i) {
    const builder::state_carry s = g.state_carries[i];
    if (s.region != here) continue;
    const bool written = g.current[s.leaf] != s.port;
    const node port = g.nodes[s.port];
    g.current[s.leaf] = written ? g.emit_at<final_op>(g.region, port.shape, port.type, 0, s.port, loop) : s.before;
  }
  return loop;
}

}  // namespace tfx
