// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/builder.hpp>
#include <tfx/graph/matrix_view.hpp>

namespace tfx {

namespace detail {
template <op_kind Kind, int Arity> struct control_operation {
  static constexpr op_kind kind = Kind;
  static constexpr int arity = Arity;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope&) {}   // the reverse sweep knows these nodes itself
  static constexpr auto apply(auto x) { return x; }
};
}  // namespace detail

/// A value carried from one iteration to the next. Input: the first value (of the region around); `link`: the next one.
struct carry_op : detail::control_operation<op_kind::port, 1> {
  static constexpr std::string_view name = "carry";
};
/// The number of the iteration.
struct iteration_op : detail::control_operation<op_kind::port, 0> {
  static constexpr std::string_view name = "iteration";
};
/// Row of an outer stack that belongs to this iteration; aux: reversed | shift << 1. Its batch may be bounded: a stack has
/// room for the bound in every row.
struct slice_op : detail::control_operation<op_kind::view, 1> {
  static constexpr std::string_view name = "slice";
};
/// Constant row `aux` of a stack.
struct row_op : detail::control_operation<op_kind::view, 1> {
  static constexpr std::string_view name = "row";
};
/// The same memory under another shape, and all of it.
constexpr bool is_reshape(const node& n) { return n.op->kind == op_kind::view && !is<slice_op>(n) && !is<row_op>(n); }
/// A carry after the last iteration. Inputs: carry, loop.
struct final_op : detail::control_operation<op_kind::result, 2> {
  static constexpr std::string_view name = "final";
};
/// All bound + 1 values of a carry. Inputs: carry, loop.
struct history_op : detail::control_operation<op_kind::result, 2> {
  static constexpr std::string_view name = "history";
};
/// A value of every iteration, stacked. Inputs: the inner value, loop, and if not every row is written what fills the rest;
/// aux: reversed | shift << 1.
struct stack_op : detail::control_operation<op_kind::result, -1> {
  static constexpr std::string_view name = "stack";
};
/// The value of the branch that ran. Inputs: copy in the first branch, loop of the second, copy in the second.
struct join_op : detail::control_operation<op_kind::result, 3> {
  static constexpr std::string_view name = "join";
};
/// Closes region `aux`. Inputs: none, or the condition, or condition (-1 is not stored: see `region_info`) and trip count.
struct loop_op : detail::control_operation<op_kind::loop, -1> {
  static constexpr std::string_view name = "loop";
};
/// The same value in memory of its own, possibly spread to a larger shape.
struct copy_op {
  static constexpr std::string_view name = "copy";
  static constexpr op_kind kind = op_kind::map;
  static constexpr int arity = 1;
  static constexpr bool differentiable = true;
  static constexpr auto apply(auto x) { return x; }
  static constexpr void backward(gradient_scope&) {}   // known to the reverse sweep too
};

/// A value as seen from the current region: itself where it may be read, else brought over from the paired forward body.
constexpr int adopt(builder& g, int id) {
  return id < 0 || g.encloses(g.nodes[id].region, g.region) ? id : g.import(id);
}
/// A value as a kernel over `shape` can read it: the gradient of [2, 3, 4] may have come out as [3, 1].
constexpr handle fitted(handle a, const dims& shape) {
  return pattern_of(a.shape(), shape) == pattern::other && a.graph->spreader ? a.graph->spreader(a, shape) : a;
}
constexpr handle expand(handle a, const dims& shape) {
  const handle b = fitted(a, shape);
  return b.id != a.id ? b : handle{a.graph, a.graph->emit<copy_op>(shape, a.type(), 0, a.id)};
}

constexpr int open_region(builder& g, region_info r) {
  r.parent = g.region;
  r.loop = -1;
  g.regions.push_back(r);
  if (g.regions.size() > max_regions) g.complain("more than ", max_regions, " loops and branches in one program");
  g.region = g.regions.size() - 1;
  return g.region;
}

/// A copy that stays in the current region and is never merged with another node.
constexpr handle pin(handle v, const dims& shape) {
  builder& g = *v.graph;
  v = fitted(v, shape);
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
  const int id = pin(v, carry.shape()).id;
  g.nodes[carry.id].link = id;
}
constexpr handle final_of(handle carry, int loop) {
  builder& g = *carry.graph;
  const int outside = g.regions[g.nodes[carry.id].region].parent;
  return {&g, g.emit_at<final_op>(outside, carry.shape(), carry.type(), 0, carry.id, loop)};
}
constexpr handle slice_at(builder& g, int region, int stack, const dims& row, bool reversed, int shift = 0) {
  return {&g, g.emit_at<slice_op>(region, row, g.nodes[stack].type, int(reversed) | shift << 1, stack)};
}
constexpr handle iteration_of(builder& g, int region) {
  return {&g, g.emit_at<iteration_op>(region, dims{}, dtype::real_type, 0)};
}
/// All values that node `id` takes in its region. `extent` rows, of which those not written hold `fill`.
constexpr handle stack_of(builder& g, int id, bool reversed = false, int shift = 0, int extent = 0, int fill = -1) {
  const node n = g.nodes[id];
  const region_info r = g.regions[n.region];
  const dims shape = r.branch ? n.shape : stacked(extent ? extent : r.bound, n.shape);
  const int aux = int(reversed) | shift << 1;
  if (fill < 0) return {&g, g.emit_at<stack_op>(r.parent, shape, n.type, aux, id, r.loop)};
  return {&g, g.emit_at<stack_op>(r.parent, shape, n.type, aux, id, r.loop, fill)};
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

constexpr int builder::pin_leaf(int id) { return emit_at<copy_op>(0, nodes[id].shape, nodes[id].type, ++pins, id); }
constexpr void builder::carry_state(int l) {
  for (int i = 0; i < state_carries.size(); ++i)
    if (state_carries[i].region == region && state_carries[i].leaf == l) return;
  const int here = region;
  region = regions[here].parent;
  if (region > 0) carry_state(l);
  const int before = current[l];
  region = here;
  const handle port = new_carry({this, before}, leaves[l].shape);
  state_carries.push_back({here, l, port.id, before});
  current[l] = port.id;
}

/// The run-time trip count of a dynamic region, as a value of its parent.
constexpr int builder::trip_count(int of_region) {
  const region_info r = regions[of_region];
  if (r.counter >= 0) return emit_at<final_op>(r.parent, dims{}, dtype::real_type, 0, r.counter, r.loop);
  return input(r.loop, 1);
}

}  // namespace tfx
