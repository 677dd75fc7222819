// SPDX-License-Identifier: Apache-2.0
// What was written is found again in the graph: calls with their inputs, results, attributes and axes.
#include <tfx/graph/semantic_graph.hpp>
#include <tfx/nn.hpp>

namespace {

using namespace tfx;

inline constexpr auto net = nn::sequential(nn::dense<8>{}, nn::relu{}, nn::repeat<2>(nn::residual(nn::dense<8>{.bias = false})),
                                           [](auto x) { return softmax<-1>(x) * mean<0>(x * x, keep_dims); });
struct step {
  constexpr void operator()(builder& b) const {
    const var<shape<4, 6>> x{b.add_input(dims{2, {4, 6}, false}, dtype::real_type, "x")};
    b.add_output(call_layer(net, x).h);
  }
};
using written = semantic_graph<step>;
constexpr semantic_view g = written::view();

constexpr int count(std::string_view name) {
  int n = 0;
  for (int c = 0; c < g.n_calls; ++c) n += g.calls[c].name == name;
  return n;
}
constexpr int find(std::string_view name, int which = 0) {
  for (int c = 0; c < g.n_calls; ++c)
    if (g.calls[c].name == name && which-- == 0) return c;
  return -1;
}
constexpr const call_info& call(std::string_view name, int which = 0) { return g.calls[find(name, which)]; }

static_assert(count("dense") == 3 && count("relu") == 1 && count("softmax") == 1 && count("mean") == 1);
static_assert(call("dense").layer && !call("softmax").layer);
static_assert(g.path(call("dense")) == "dense" && g.path(call("dense", 2)) == "repeat/1/residual/dense");

// Attributes have names, axes are kept.
static_assert(call("dense").attributes == 2 && g.attribute(call("dense"), 0).name == "units" && g.attribute(call("dense"), 0).value == 8);
static_assert(g.attribute(call("dense", 1), 1).kind == call_attribute::truth && g.attribute(call("dense", 1), 1).value == 0);
static_assert(g.attribute(call("softmax"), 0).name == "axis" && g.attribute(call("softmax"), 0).set.bits == 2);
static_assert(g.attribute(call("mean"), 0).set.bits == 1 && g.attribute(call("mean"), 1).value == 1);

// What one call gives, the next one reads.
static_assert(g.result(call("dense"), 0).node == g.input(call("relu"), 0).node);
static_assert(g.result(call("relu"), 0).node == g.input(call("dense", 1), 0).node);
static_assert(g.result(call("softmax"), 0).shape == dims{2, {4, 8}, false} && g.result(call("mean"), 0).shape == dims{2, {1, 8}, false});

// Nodes [first, last) were recorded in a call, and know the innermost one.
static_assert(g[g.result(call("softmax"), 0).node].op->name == "multiply" && g.call_of[g.result(call("softmax"), 0).node] == find("softmax"));
constexpr bool within(const call_info& c) {
  for (int i = c.first; i < c.last; ++i)
    if (g.call_of[i] != find("softmax")) return false;
  return c.last - c.first > 3;
}
static_assert(within(call("softmax")));

// Parents enclose their children.
constexpr bool nested() {
  for (int c = 0; c < g.n_calls; ++c) {
    const call_info& inner = g.calls[c];
    if (inner.parent < 0 || inner.first == inner.last) continue;
    const call_info& outer = g.calls[inner.parent];
    if (inner.parent >= c || inner.first < outer.first || inner.last > outer.last) return false;
  }
  return true;
}
static_assert(nested());

// The graph is that of the trace: no pass has changed it.
static_assert([] {
  for (int i = 0; i < g.n_nodes; ++i)
    if (g[i].op->strided) return false;
  return true;
}());

// Of a window that is not square both extents are seen.
struct windows {
  constexpr void operator()(builder& b) const {
    const var<shape<2, 8, 8, 3>> x{b.add_input(dims{4, {2, 8, 8, 3}, false}, dtype::real_type, "x")};
    b.add_output((x | nn::conv2d<4, 5, kernel_height<1>>{} | nn::max_pool<2, kernel_height<4>, stride<2, 1>>{}).h);
  }
};
using windows_written = semantic_graph<windows>;
constexpr semantic_view w = windows_written::view();
constexpr std::string_view text_in(std::string_view call_name, std::string_view attribute_name) {
  for (int c = 0; c < w.n_calls; ++c)
    for (int k = 0; k < w.calls[c].attributes; ++k)
      if (w.calls[c].name == call_name && w.attribute(w.calls[c], k).name == attribute_name) return w.attribute(w.calls[c], k).text;
  return "none";
}
static_assert(text_in("conv2d", "kernel") == "1x5");
static_assert(text_in("max_pool2d", "size") == "4x2" && text_in("max_pool2d", "stride") == "2x1");

}  // namespace
