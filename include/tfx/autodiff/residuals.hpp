// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/arithmetic.hpp>

namespace tfx {

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
    for (int k = 0; k < n.count; ++k) in[k] = g.edges[n.first + k];
    const int r = g.insert(n.op, n.shape, n.type, in, n.count, n.aux, n.number);
    g.region = here;
    return r;
  };
  if (n.op->kind == op_kind::generate || (n.op->kind == op_kind::view && !is<slice_op>(n))) return again();
  // What a loop inside the body leaves behind lies in that loop's memory: a copy of it is stacked.
  const auto stacked_node = [&] { return stack_of(g, is<final_op>(n) ? g.emit_at<copy_op>(forward, n.shape, n.type, ++g.pins, id) : id).id; };
  if (body.branch) return outside(is<carry_op>(n) ? g.edges[n.first] : stacked_node());   // it ran once, with the first value
  if (is<iteration_op>(n)) {
    const handle count = body.dynamic ? handle{&g, outside(g.trip_count(forward))} : g.constant(body.bound);
    g.region = reverse;
    const int r = (count - 1.0 - iteration_of(g, reverse)).id;
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

}  // namespace tfx
