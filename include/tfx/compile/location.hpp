// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/view.hpp>
#include <tfx/graph/graph.hpp>
#include <tfx/graph/joined.hpp>

namespace tfx {

/// One term of an address: slot * stride, where slot = (sign * iteration of `region` + (trips of `from`) + shift) mod
/// `mod`.
struct address_term {
  int region = 0, from = -1, sign = 1, shift = 0, mod = 0, stride = 0;
};

/// Where a value lives: the node whose buffer holds it, a constant offset, and one term per loop it is indexed by.
/// Views, slices, rings of carries, stacks and the counters of generators are all this one thing.
struct location {
  int root = -1, offset = 0;
  address_term terms[max_loop_depth] = {};
  int n_terms = 0;
};

namespace detail {

constexpr address_term slot_term(const graph_view& g, int region, int aux, int stride) {
  const region_info& r = g.regions[region];
  address_term t;
  t.region = region;
  t.shift = aux >> 1;
  t.stride = stride;
  if (!(aux & 1)) return t;
  t.sign = -1;  // the last iteration first
  if (r.dynamic) {
    t.from = region;
    t.shift -= 1;
  } else {
    t.shift += r.bound - 1;
  }
  return t;
}

struct locator {
  const graph_view& g;
  const int* home;
  const std::uint8_t* history;
  location at{};

  constexpr void add(const address_term& t) { at.terms[at.n_terms++] = t; }
  /// A slot of carry c: two slots, or all bound + 1 when the reverse pass wants them. Returns where to look on, -1:
  /// found.
  constexpr int ring(int c, int shift, bool indexed) {
    const int region = g[c].region, size = g[c].shape.size();
    if (indexed) add({region, -1, 1, shift, history[c] ? 0 : 2, size});
    const int h = home[c];
    if (h < 0) {
      at.root = c;
      return -1;
    }
    add(slot_term(g, g.regions[region].parent, g[h].aux,
                  size * (g.regions[region].bound + 1)));  // the whole history is stacked once more
    return h;
  }
  constexpr location find(int id) {
    while (at.root < 0) {
      const node& n = g[id];
      const int size = n.shape.size();
      if (is<carry_op>(n))
        id = ring(id, 0, true);
      else if (is<final_op>(n))
        id = ring(g.input(id, 0), 0, true);
      else if (is<history_op>(n))
        id = ring(g.input(id, 0), 0, false);
      else if (const int h = home[id]; h >= 0) {
        if (is<carry_op>(g[h])) {
          id = ring(h, 1, n.region == g[h].region);
        } else {
          if (n.op->strided) at.offset += movement_geometry(g.geometries[n.aux]).first;
          if (is<stack_op>(g[h]) && n.region != g[h].region && !g.regions[n.region].branch)
            add(slot_term(g, n.region, g[h].aux, size));
          id = h;
        }
      } else if (n.op->kind == op_kind::assign) {
        id = n.aux;
      } else if (n.op->kind == op_kind::view) {
        if (n.op->strided) at.offset += movement_geometry(g.geometries[n.aux]).first;
        if (is<slice_op>(n)) add(slot_term(g, n.region, n.aux, size));
        if (is<row_op>(n)) at.offset += n.aux * size;
        id = g.input(id, 0);
      } else {
        at.root = id;
      }
    }
    return at;
  }
};

}  // namespace detail

/// The value whose elements node `id` has, in their order: reshapes are nothing to a kernel.
constexpr int value_of(const graph_view& g, int id) {
  while (is_reshape(g.nodes[id])) id = g.edges[g.nodes[id].first];
  return id;
}
/// Do the elements of node `id` lie otherwise than one behind the other?
constexpr bool is_strided(const graph_view& g, int id) { return g.nodes[value_of(g, id)].op->strided; }

/// How the elements of node `id` lie, from the first element of its memory (`locate`) on. The number of a column is the same
/// in every row.
constexpr axis_steps steps_in_memory(const graph_view& g, int id) {
  const node& n = g.nodes[id];
  if (n.op->kind == op_kind::generate && n.op->arity == 0) {
    axis_steps lay;
    if (n.shape.rank > 0) lay.step[n.shape.rank - 1] = 1;
    return lay;
  }
  if (n.op->strided) return moved_steps(g.geometries[n.aux], n.shape);
  const node& shown = g.nodes[value_of(g, id)];
  if (!shown.op->strided && (shown.op->kind != op_kind::generate || shown.op->arity > 0)) return row_major(n.shape);   // under any shape
  const int from = g.edges[n.first];
  axis_steps lay = steps_in_memory(g, from);
  reshape_steps(g.nodes[from].shape, lay, n.shape);
  return lay;
}

/// The same in a program without bodies, where addresses have no terms: the node whose buffer holds value `id`; `offset` is
/// moved to where it lies there.
constexpr int locate_plain(const graph_view& g, const int* home, int id, int& offset) {
  while (true) {
    const node& n = g.nodes[id];
    if (home[id] >= 0) {
      if (n.op->strided) offset += movement_geometry(g.geometries[n.aux]).first;
      id = home[id];
    } else if (n.op->kind == op_kind::view) {
      if (n.op->strided) offset += movement_geometry(g.geometries[n.aux]).first;
      if (is<row_op>(n)) offset += n.aux * n.shape.size();
      id = g.edges[n.first];
    } else if (n.op->kind == op_kind::assign) {
      id = n.aux;
    } else {
      return id;
    }
  }
}

constexpr location locate(const graph_view& g, const int* home, const std::uint8_t* history, int id) {
  return detail::locator{g, home, history}.find(id);
}

}  // namespace tfx
