// SPDX-License-Identifier: Apache-2.0
// Operations of several results, as the recorder and the passes see them.
#include <tfx/compile/explain.hpp>
#include <tfx/compile/kernel_list.hpp>
#include <tfx/graph/semantic_graph.hpp>
#include <tfx/lower/trace.hpp>
#include <tfx/ops.hpp>
#include <tfx/summary/graph_dot.hpp>

namespace {

using namespace tfx;

using rows = var<shape<4, 9>>;
constexpr rows input_of(builder& b) { return {b.add_input(rows::dim, dtype::real_type, "x")}; }

constexpr int others(const builder& b) {
  int n = 0;
  for (int i = 0; i < b.nodes.size(); ++i) n += is<other_result_op>(b.nodes[i]);
  return n;
}

// What is asked for again is found again, and each result has its shape and type.
static_assert([] {
  builder b;
  scope top(b);
  const rows x = input_of(b);
  const auto [values, places] = top_k<3>(x);
  const auto [same_values, same_places] = top_k<3>(x);
  return others(b) == 1 && values.h.id == same_values.h.id && places.h.id == same_places.h.id && b.result_of(values.h.id, 0) == values.h.id &&
         values.h.shape() == dims{2, {4, 3}, false} && places.h.shape() == values.h.shape() && places.h.type() == dtype::int32 && b.right();
}());

// Nobody asks for a place without a gradient, and with one only it is kept of the forward pass.
constexpr int places_in_pooling(bool differentiated) {
  builder b;
  scope top(b);
  const var<shape<1, 4, 4, 2>> x{b.add_input(dims{4, {1, 4, 4, 2}, false}, dtype::real_type, "x")};
  const auto y = sum(max_pool2d<2>(x));
  list<int> wanted(1, x.h.id), names(1, -1);
  if (differentiated) gradients(y.h, b.constant(1), wanted, names);
  return others(b);
}
static_assert(places_in_pooling(false) == 0 && places_in_pooling(true) == 1);

/// A program that wants some results of one operation.
template <unsigned Wanted> struct first_three {
  constexpr void operator()(builder& b) const {
    const auto [values, places] = top_k<3>(input_of(b));
    if (Wanted & 1) b.add_output((2 * values).h);
    if (Wanted & 2) b.add_output(places.h);
  }
};
struct launched {
  int launches, producers, instructions;
  unsigned wanted, handed;
  bool operator==(const launched&) const = default;
};
template <class Step> constexpr launched launch_of() {
  const graph_view g = traced_step<Step>::view();
  const fusion_lists f = fuse(g);
  const memory_lists m = plan_memory(g, detail::view_of(f));
  struct tables {
    const int *offset, *home;
    const std::uint8_t *history, *local;
  };
  const kernel_lists k = emit_kernels(g, detail::view_of(f), tables{m.offset.data, m.home.data, m.history.data, m.local.data});
  return {k.launches.size(), k.producers.size(), k.launches[0].instructions, k.producers[0].wanted, k.launches[0].handed};
}
// One launch, whose kernel gets what it works on; alone, the producer stores its results itself.
static_assert(launch_of<first_three<1>>() == launched{1, 1, 2, 1, 1});
static_assert(launch_of<first_three<2>>() == launched{1, 1, 0, 2, 0});
static_assert(launch_of<first_three<3>>() == launched{1, 1, 3, 3, 3});

// The graph as it was written says what a call gives.
constexpr semantic_view written = semantic_graph<first_three<3>>::view();
static_assert(written.n_calls == 1 && written.calls[0].name == "top_k" && written.calls[0].results == 2);
static_assert(written[written.result(written.calls[0], 1).node].type == dtype::int32);
static_assert(written.operation_name(written.result(written.calls[0], 1).node) == "sort");
static_assert(written.result_name(written.result(written.calls[0], 1).node) == "places");
static_assert(written.result_name(written.result(written.calls[0], 0).node).empty());

// In pictures and explanations it has the name of the operation and its own.
struct sorted_alone {
  constexpr void operator()(builder& b) const { b.add_output(detail::sort_rows(input_of(b).h, 3, false).places); }
};
constexpr std::string_view picture = constant_text<detail::dot_text<sorted_alone, drawn_as::operations>>::value;
static_assert(picture.find("sort.places\\n[4, 3]") != picture.npos);
constexpr std::string_view explained = explain<plan<first_three<3>>>();
static_assert(explained.find("sort sort.places") != explained.npos);

}  // namespace
