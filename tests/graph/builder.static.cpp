// SPDX-License-Identifier: Apache-2.0
// What the recorder does, while compiling.
#include <tfx/lower/trace.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/ops.hpp>

#include "../support/recorded_graph.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

template <class Function> constexpr bool holds(Function f) {
  builder b;
  scope top(b);
  return f(b);
}
template <class Function> constexpr int live_nodes(Function f) {
  builder b;
  scope top(b);
  f(b);
  b.finish();
  return measure(b).nodes;
}
template <class Function> constexpr bool says(std::string_view text, Function f) {
  builder b;
  scope top(b);
  f(b);
  return std::string_view(b.wrong) == text;
}

// ---- value numbering: what is the same is made once
static_assert(holds([](builder& b) {
  const handle x = input(b, vector(4)), y = input(b, vector(4));
  return (tanh(x) * y).id == (tanh(x) * y).id && (x + y).id != (y + x).id && (x - y).id != (x + y).id && tanh(x).id != tanh(y).id;
}));
static_assert(holds([](builder& b) {
  return b.constant(2).id == b.constant(2).id && b.constant(0.0).id != b.constant(-0.0).id && b.constant(1e300).id != b.constant(-1e300).id;
}));
static_assert(holds([](builder& b) {   // numbers are folded, neutral elements vanish
  const handle x = input(b, vector(4));
  return (b.constant(2) * 3.0).id == b.constant(6).id && (x * 1.0).id == x.id && (0.0 + x).id == x.id && (x / 1.0).id == x.id;
}));
static_assert(holds([](builder& b) {   // shape is part of identity
  const handle x = input(b, vector(6));
  const handle a = reshape(x, dims{2, {2, 3}, false}), c = reshape(x, dims{2, {3, 2}, false});
  return a.id != c.id && reshape(a, vector(6)).id == x.id && reshape(reshape(x, dims{2, {1, 6}, false}), dims{2, {2, 3}, false}).id == a.id;
}));
static_assert(holds([](builder& b) {   // a body's nodes are not those of the program
  const handle x = input(b, vector(4));
  region_info r;
  r.branch = true;
  r.hoist = false;
  const handle outside = tanh(x);
  open_region(b, r);
  const handle inside = sigmoid(x), kept = pin(x, vector(4));
  close_region(b, outside.id);
  return b.nodes[outside.id].region == 0 && b.nodes[inside.id].region == 1 && b.nodes[kept.id].region == 1 && inside.id != sigmoid(x).id;
}));

// ---- names of parameters
static_assert(holds([](builder& b) {
  const var<shape<2>> x{input(b, vector(2))};
  auto path = [&](auto v) {
    for (int i = 0; i < b.leaves.size(); ++i)
      if (b.leaf_node[i] == v.h.id) return b.name(b.leaves[i]);
    return std::string_view("?");
  };
  bool right = path(param<shape<2>>(x, "gain")) == "gain";
  {
    scope encoder(b, "encoder");
    b.pending = {};
    {
      scope first(b, "dense", true);
      right = right && path(param<shape<2>>(x, "weight")) == "encoder/dense/weight";
    }
    {
      scope second(b, "dense", true);
      right = right && path(param<shape<2>>(x, "weight")) == "encoder/dense_1/weight";
    }
    scope third(b, 3);
    right = right && path(param<shape<2>>(x, "weight")) == "encoder/3/weight";
  }
  scope again(b, "encoder");
  b.pending = {};
  return right && path(param<shape<2>>(x, "gain")) == "encoder_1/gain";
}));
static_assert(holds([](builder& b) {   // shared: from everywhere the same
  const var<shape<2>> x{input(b, vector(2))};
  int found[2] = {};
  for (int k = 0; k < 2; ++k) {
    scope tower(b, "tower");
    scope shared(b, "embedding", scope::root_t{});
    found[k] = param<shape<2>>(x, "table").h.id;
  }
  return found[0] == found[1];
}));
static_assert(says("two parameters are named gain; nn::named tells layers apart, nn::shared makes them one", [](builder& b) {
  const var<shape<2>> x{input(b, vector(2))};
  param<shape<2>>(x, "gain");
  param<shape<2>>(x, "gain");
}));
static_assert(says("shared parameter embedding/table is [2], asked for as [3]", [](builder& b) {
  const var<shape<2>> x{input(b, vector(2))};
  scope shared(b, "embedding", scope::root_t{});
  param<shape<2>>(x, "table");
  param<shape<3>>(x, "table");
}));
static_assert(says("inputs with different bounds on the batch, 4 and 5", [](builder& b) {
  input(b, dims{2, {4, 3}, true});
  input(b, dims{2, {5, 3}, true});
}));
static_assert(holds([](builder& b) {   // the first mistake is the one that is told
  b.complain("one");
  b.complain("two");
  return std::string_view(b.wrong) == "one" && !b.right() && measure(b).nodes == 0;
}));

// ---- state is single assignment
static_assert(holds([](builder& b) {
  const int s = state(b, "s", vector(4));
  const handle before = b.read(s);
  b.write(s, before + 1.0);
  b.write(s, b.read(s) * 2.0);
  const handle after = b.read(s);
  b.finish();
  int assignments = 0;
  for (int i = 0; i < b.nodes.size(); ++i) {
    if (b.nodes[i].op->kind != op_kind::assign) continue;
    ++assignments;
    if (b.input(i, 0) != after.id) return false;
  }
  return assignments == 1 && before.id == b.leaf_node[s] && after.id == ((before + 1.0) * 2.0).id;
}));
static_assert(holds([](builder& b) {   // a value written is a barrier for gradients
  const int s = state(b, "s", vector(4));
  const handle x = b.read(s);
  b.write(s, x * x);
  list<int> wanted, names;
  wanted.push_back(x.id);
  names.push_back(-1);
  const list<int> d = gradients(b.read(s), b.constant(1), wanted, names);
  return d[x.id] < 0;
}));

// ---- dead code
static_assert(live_nodes([](builder& b) {
  const handle x = input(b, vector(4));
  tanh(sigmoid(x));
  b.add_output(x + 1.0);
}) == 5);   // two leaves, the number, the sum, the assignment
static_assert(live_nodes([](builder& b) {   // a loop that nobody asks goes with all of its body
  const handle x = input(b, vector(4));
  region_info r;
  r.bound = 3;
  open_region(b, r);
  const handle c = new_carry(x, vector(4));
  set_next(c, tanh(c));
  final_of(c, close_region(b));
  b.add_output(x + 1.0);
}) == 5);
static_assert(live_nodes([](builder& b) {   // of two carries the one that nobody needs
  const handle x = input(b, vector(4));
  region_info r;
  r.bound = 3;
  open_region(b, r);
  const handle c = new_carry(x, vector(4)), d = new_carry(x, vector(4));
  set_next(c, tanh(c));
  set_next(d, sigmoid(d));
  const int loop = close_region(b);
  b.add_output(final_of(c, loop));
}) == 9);   // two leaves, the first value, carry, tanh, next value, loop, final, assignment

// ---- the frozen graph: bodies are ranges that end just before what closes them
struct looped {
  constexpr void operator()(builder& b) const {
    const handle x = input(b, dims{2, {5, 4}, false});
    region_info r;
    r.bound = 5;
    const int region = open_region(b, r);
    const handle c = new_carry(b.constant(0), vector(4));
    set_next(c, tanh(c) + slice_at(b, region, x.id, vector(4), false));
    const int loop = close_region(b);
    b.add_output(final_of(c, loop));
    b.add_output(tanh(x));
  }
};
constexpr bool bodies_are_ranges(const graph_view& g) {
  for (int i = 0; i < g.n_nodes; ++i) {
    for (int k = 0; k < g[i].count; ++k)
      if (g.input(i, k) >= i) return false;
    if (g[i].op->kind != op_kind::loop) continue;
    int inside = 0, before = i;
    for (int j = 0; j < g.n_nodes; ++j) inside += g[j].region == g[i].aux;
    while (before > 0 && g[before - 1].region == g[i].aux) --before;
    if (i - before != inside || inside == 0) return false;
  }
  return true;
}
static_assert(bodies_are_ranges(traced_step<looped>::view()));
static_assert(traced_step<looped>::size.regions == 2 && traced_step<looped>::view().regions[1].loop > 0);

}  // namespace
