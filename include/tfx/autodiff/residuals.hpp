// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/arithmetic.hpp>

namespace tfx {

/// The residual rule: a node of a forward body, wanted in the reverse body paired with it. Iterations run backwards there, so a
/// slice is flipped, a carry comes from its history, what is cheap to make again is made again, and the rest is stacked.
constexpr int builder::import(int id) {
  const int forward = nodes[id].region, here = region;
  int reverse = region;
  while (reverse >= 0 && regions[reverse].pair != forward) reverse = regions[reverse].parent;
  if (reverse < 0) {
    complain(nodes[id].op->name, at_path{}, ": a value of a loop's or branch's body is used outside it; return it from the body");
    return 0;
  }
  const node n = nodes[id];
  const region_info body = regions[forward];
  const int around = body.parent;
  auto outside = [&](int v) {   // as the parent of the reverse body sees it
    region = regions[reverse].parent;
    const int w = adopt(*this, v);
    region = here;
    return w;
  };
  auto again = [&] {   // recorded once more, in the reverse body
    region = reverse;
    int in[16] = {};
    for (int k = 0; k < n.count; ++k) in[k] = edges[n.first + k];
    const int r = insert(n.op, n.shape, n.type, in, n.count, n.aux, n.number);
    region = here;
    return r;
  };
  if (n.op->kind == op_kind::generate || (n.op->kind == op_kind::view && !is<slice_op>(n))) return again();
  if (body.branch) return outside(stack_of(*this, id).id);
  if (is<iteration_op>(n)) {
    const handle count = body.dynamic ? handle{this, outside(trip_count(forward))} : constant(body.bound);
    region = reverse;
    const int r = (count - 1.0 - iteration_of(*this, reverse)).id;
    region = here;
    return r;
  }
  if (is<slice_op>(n)) return slice_at(*this, reverse, outside(edges[n.first]), !(n.aux & 1), n.aux >> 1).id;
  auto history = [&](int port, int shift) {
    const node p = nodes[port];
    const int all = emit_at<history_op>(around, stacked(body.bound + 1, p.shape), p.type, 0, port, body.loop);
    return slice_at(*this, reverse, outside(all), true, shift).id;
  };
  if (is<carry_op>(n)) return history(id, 0);
  for (int j = 0; j < nodes.size(); ++j) {   // the next value of a carry is in that carry's history
    const node& p = nodes[j];
    if (p.region != forward || !is<carry_op>(p) || p.link < 0) continue;
    if (p.link == id || (input(p.link, 0) == id && p.shape == n.shape)) return history(j, 1);
  }
  if (is<final_op>(n)) {
    const int copy = emit_at<copy_op>(forward, n.shape, n.type, ++pins, id);
    return slice_at(*this, reverse, outside(stack_of(*this, copy).id), true).id;
  }
  return slice_at(*this, reverse, outside(stack_of(*this, id).id), true).id;
}

}  // namespace tfx
