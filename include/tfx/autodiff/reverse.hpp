// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/graph.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx {

namespace detail {

constexpr void accumulate(builder& g, list<int>& gradient, int id, handle d) {
  gradient[id] = gradient[id] < 0 ? d.id : (handle{&g, gradient[id]} + d).id;
}

/// The state of one reverse sweep.
struct reverse_sweep {
  builder& g;
  int n;                    ///< nodes that existed before
  const list<char>& needs;  ///< does a wanted leaf reach this node?
  const list<int>& wanted;
  const list<int>& names;   ///< leaves behind `wanted`, for messages
  list<gradient_term> terms{};   ///< of the rule that is being asked
  list<other_gradient> others{};

  constexpr bool has_other(int id) const {
    for (int i = others.count - 1; i >= 0; --i)
      if (others.data[i].id == id) return true;
    return false;
  }
  static constexpr handle spread(handle d, const dims& shape) { return d.shape() == shape ? d : expand(d, shape); }

  /// Walks the nodes of one body backwards; `body` < 0: those of every region around the current one.
  constexpr void walk(list<int>& gradient, int body) {
    const int here = g.region;
    for (int i = n - 1; i >= 0 && g.right(); --i) {
      if (body < 0 && gradient[i] < 0 && g.nodes[i].op->kind != op_kind::loop && g.nodes[i].op->results == 1) continue;
      const node m = g.nodes[i];
      if (body >= 0 ? m.region != body : !g.encloses(m.region, here)) continue;
      const op_kind kind = m.op->kind;
      if (kind == op_kind::loop) {
        reverse_body(i, gradient);
        continue;
      }
      if (!needs[i] || (gradient[i] < 0 && (m.op->results == 1 || !has_other(i)))) continue;
      if (kind == op_kind::other) {
        others.push_back({g.input(i, 0), m.aux, spread({&g, gradient[i]}, m.shape)});
        continue;
      }
      if (kind == op_kind::leaf || kind == op_kind::port || kind == op_kind::result || is<slice_op>(m)) continue;
      if (!m.op->differentiable) {
        g.line = m.line;
        g.complain(m.op->name, " has no derivative", at_line{}, ", but ", trained_through(i), " is trained through it; add one, or stop_gradient / nn::frozen");
        return;
      }
      handle dy{&g, gradient[i]};
      if (!dy.empty() && !(dy.shape() == m.shape)) {   // spread it where the full shape matters
        bool full = is_producer(kind) || kind == op_kind::view;
        if (kind == op_kind::map)
          for (int k = 0; k < m.count; ++k) full = full || !(g.nodes[g.input(i, k)].shape == m.shape);
        if (full) dy = expand(dy, m.shape);
      }
      terms.count = 0;
      gradient_scope s{g, i, dy, needs, terms, others};
      if (is<copy_op>(m)) s.add(0, dy);
      else m.op->backward(s);
      for (int t = 0; t < terms.count; ++t) {
        const int in = g.input(i, terms[t].input);
        accumulate(g, gradient, in, sum_to(terms[t].d, g.nodes[in].shape));
      }
    }
  }

  /// A wanted leaf that node i depends on, for a message.
  constexpr std::string_view trained_through(int i) const {
    list<char> reached(n, 0);
    reached[i] = 1;
    for (int j = i; j >= 0; --j)
      for (int k = 0; reached[j] && k < g.nodes[j].count; ++k) reached[g.input(j, k)] = 1;
    for (int w = 0; w < names.size(); ++w)
      if (names[w] >= 0 && reached[wanted[w]]) return g.name(g.leaves[names[w]]);
    return names.size() && names[0] >= 0 ? g.name(g.leaves[names[0]]) : std::string_view("an argument");
  }

  constexpr bool inside(int id, int k, int body) const {
    return k < g.nodes[id].count && g.nodes[g.input(id, k)].region == body;
  }

  /// The reverse of a loop or branch: a body of its own in which carries flow backwards.
  constexpr void reverse_body(int loop, list<int>& gradient) {
    const int forward = g.nodes[loop].aux;
    const region_info body = g.regions[forward];
    bool any = false;
    for (int i = loop; i < n; ++i)
      if (g.nodes[i].op->kind == op_kind::result && gradient[i] >= 0 && (inside(i, 0, forward) || inside(i, 2, forward))) any = true;
    if (!any) return;
    if (body.bound == unbounded) {
      g.line = g.nodes[loop].line;
      g.complain("while_loop", at_line{}, " without a bound has no derivative; give it the most iterations, while_loop<N>, or stop_gradient");
      return;
    }

    const int around = g.region;
    region_info r = body;
    r.pair = forward;
    r.counter = -1;
    int condition = -1, trips = -1;
    if (body.branch) condition = adopt(g, g.input(loop, 0));
    if (body.dynamic) trips = adopt(g, g.trip_count(forward));
    const int reverse = open_region(g, r);
    list<int> inner(n, -1), ports(n, -1);

    for (int c = 0; c < n; ++c) {   // the gradient of a carry is a carry
      if (g.nodes[c].region != forward || !is<carry_op>(g.nodes[c]) || !needs[c]) continue;
      const dims shape = g.nodes[c].shape;
      handle start{&g, -1};
      g.region = around;
      for (int i = loop; i < n; ++i) {
        if (gradient[i] < 0 || g.nodes[i].count == 0 || g.input(i, 0) != c || !is<final_op>(g.nodes[i])) continue;
        const handle term{&g, gradient[i]};
        start = start.empty() ? term : start + term;
      }
      g.region = reverse;
      const handle port = new_carry(start.empty() ? g.constant(0) : start, shape);
      ports[c] = port.id;
      accumulate(g, inner, g.nodes[c].link, port);
    }
    for (int i = loop; i < n; ++i) {   // what came out of the body
      if (gradient[i] < 0 || g.nodes[i].op->kind != op_kind::result) continue;
      const node m = g.nodes[i];
      auto full = [&](int d) {
        g.region = around;
        const handle v{&g, d};
        const int id = v.shape() == m.shape ? d : expand(v, m.shape).id;
        g.region = reverse;
        return id;
      };
      if (is<stack_op>(m) && inside(i, 0, forward))
        accumulate(g, inner, g.input(i, 0),
                   body.branch ? handle{&g, gradient[i]}
                               : slice_at(g, reverse, full(gradient[i]), g.nodes[g.input(i, 0)].shape, !(m.aux & 1), m.aux >> 1));
      if (is<history_op>(m) && inside(i, 0, forward)) {   // the first value, and what each iteration has made of it
        const int c = g.input(i, 0), all = full(gradient[i]);
        const dims shape = g.nodes[c].shape;
        g.region = around;
        accumulate(g, gradient, g.input(c, 0), {&g, g.emit_at<row_op>(around, shape, g.nodes[c].type, 0, all)});
        g.region = reverse;
        accumulate(g, inner, g.nodes[c].link, slice_at(g, reverse, all, shape, true, 1));
      }
      if (is<join_op>(m))
        for (int k = 0; k < 3; k += 2)
          if (inside(i, k, forward)) accumulate(g, inner, g.input(i, k), {&g, gradient[i]});
    }
    walk(inner, forward);

    list<int> sums(n, -1), rows(n, -1), fills(n, -1);
    for (int i = 0; i < n; ++i) {
      const node m = g.nodes[i];
      if (m.region == forward && is<carry_op>(m) && ports[i] >= 0) {
        set_next({&g, ports[i]}, inner[i] >= 0 ? handle{&g, inner[i]} : g.constant(0));
      } else if (inner[i] < 0 || !needs[i]) {
        continue;
      } else if (m.region == forward && is<slice_op>(m)) {
        rows[i] = pin({&g, inner[i]}, m.shape).id;
        const int outer = g.input(i, 0);
        if (g.nodes[outer].shape.extent[0] != body.bound || body.dynamic) {
          g.region = around;
          fills[i] = pin(g.constant(0), g.nodes[outer].shape).id;
          g.region = reverse;
        }
      } else if (g.encloses(m.region, body.parent)) {   // used inside, made outside: a sum over the iterations
        const handle sum = new_carry(g.constant(0), m.shape);
        set_next(sum, sum + handle{&g, inner[i]});
        sums[i] = sum.id;
      }
    }
    const int closed = close_region(g, condition, trips);
    for (int i = 0; i < n; ++i) {
      if (sums[i] >= 0) accumulate(g, gradient, i, final_of({&g, sums[i]}, closed));
      if (ports[i] >= 0) accumulate(g, gradient, g.input(i, 0), final_of({&g, ports[i]}, closed));
      if (rows[i] >= 0) {
        const int outer = g.input(i, 0), aux = g.nodes[i].aux;
        accumulate(g, gradient, outer, stack_of(g, rows[i], !(aux & 1), aux >> 1, g.nodes[outer].shape.extent[0], fills[i]));
      }
    }
  }
};

}  // namespace detail

/// Gradients of y, weighted by `seed` (of y's shape), with respect to the nodes `wanted`: one backwards loop over the recorded
/// nodes. The result maps a node to the node of its gradient, -1 where y does not depend on it; a gradient may have a shape
/// that broadcasts to its node's. `names` are the leaves behind the nodes, for messages (-1: none).
constexpr list<int> gradients(handle y, handle seed, const list<int>& wanted, const list<int>& names) {
  builder& g = *y.graph;
  const int n = g.nodes.size();
  list<int> gradient(n, -1);
  list<char> needs(n, 0), barrier(n, 0);
  for (int i = 0; i < g.barriers.size(); ++i)
    if (g.barriers[i] < n) barrier[g.barriers[i]] = 1;
  for (int i = 0; i < wanted.size(); ++i) needs[wanted[i]] = 1;
  for (bool again = true; again;) {
    again = false;
    for (int i = 0; i < n; ++i) {
      if (barrier[i] || needs[i] || g.nodes[i].op->kind == op_kind::loop || is<stop_gradient_op>(g.nodes[i])) continue;
      const node& m = g.nodes[i];
      for (int k = 0; k < m.count; ++k) needs[i] = char(needs[i] | needs[g.edges[m.first + k]]);
      if (m.link >= 0) needs[i] = char(needs[i] | needs[m.link]);
      if (needs[i] && g.regions.size() > 1) again = true;   // a carry needs what its next value needs: to the fixed point
    }
  }
  gradient[y.id] = seed.id;
  detail::reverse_sweep sweep{g, n, needs, wanted, names};
  sweep.walk(gradient, -1);
  return gradient;
}

}  // namespace tfx
