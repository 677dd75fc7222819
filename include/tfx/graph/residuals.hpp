// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/builder.hpp>

namespace tfx {

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

constexpr int adopt(builder& g, int id);

/// The residual rule: a node of a forward body, wanted in the reverse body paired with it. Iterations run backwards there, so a
/// slice is flipped, a carry comes from its history, what is cheap to make again is made again, and the rest is stacked.
constexpr int residual_of(builder& g, int id, int reverse) {
  const int forward = g.nodes[id].region, here = g.region;
  const node n = g.nodes[id];
  const region_info body = g.regions[forward];
  const int around = body.parent;
  auto outside = [&](int v) {   // as the parent of the reverse body sees it
    g.region = g.regions[reverse].parent;
    const int w = adopt(g, v);
    g.region = here;
    return w;
  };
  auto again = [&] {   // recorded once more, in the reverse body
    g.region = reverse;
    int in[16] = {};
    for (int k = 0; k < n.count; ++k) in[k] = adopt(g, g.edges[n.first + k]);
    const int r = g.insert(n.op, n.shape, n.type, in, n.count, n.aux, n.number);
    g.region = here;
    return r;
  };
  if (n.op->kind == op_kind::generate || (n.op->kind == op_kind::view && !is<slice_op>(n))) return again();
  // What a loop inside the body leaves behind lies in that loop's memory: a copy of it is stacked.
  const auto stacked_node = [&] { return stack_of(g, is<final_op>(n) ? g.emit_at<copy_op>(forward, n.shape, n.type, ++g.pins, id) : id).id; };
  if (body.branch) return outside(is<carry_op>(n) ? g.edges[n.first] : stacked_node());   // it ran once, with the first value
  if (is<iteration_op>(n)) {
    const handle count = body.dynamic ? handle{&g, outside(g.trip_count(forward))} : g.extent(body.bound);
    g.region = reverse;
    const int r = g.emit<forward_iteration_op>(dims{}, dtype::real_type, 0, count.id, iteration_of(g, reverse).id);
    g.region = here;
    return r;
  }
  if (is<slice_op>(n)) return slice_at(g, reverse, outside(g.edges[n.first]), n.shape, !(n.aux & 1), n.aux >> 1).id;
  auto history = [&](int port, int shift) {
    const node p = g.nodes[port];
    const int all = g.emit_at<history_op>(around, stacked(body.bound + 1, p.shape), p.type, 0, port, body.loop);
    return slice_at(g, reverse, outside(all), p.shape, true, shift).id;
  };
  if (is<carry_op>(n)) return history(id, 0);
  for (int j = 0; j < g.nodes.size(); ++j) {   // the next value of a carry is in that carry's history
    const node& p = g.nodes[j];
    if (p.region != forward || !is<carry_op>(p) || p.link < 0) continue;
    if (p.link == id || (g.input(p.link, 0) == id && p.shape == n.shape)) return history(j, 1);
  }
  return slice_at(g, reverse, outside(stacked_node()), n.shape, true).id;
}

/// A value as seen from the current region: itself where it may be read, else brought over from the paired forward body.
constexpr int adopt(builder& g, int id) {
  if (id < 0 || g.encloses(g.nodes[id].region, g.region)) return id;
  int reverse = g.region;
  while (reverse >= 0 && g.regions[reverse].pair != g.nodes[id].region) reverse = g.regions[reverse].parent;
  return reverse >= 0 ? residual_of(g, id, reverse) : g.reject(*g.nodes[id].op);
}

}  // namespace tfx
