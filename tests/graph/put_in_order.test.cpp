// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <cmath>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/graph/put_in_order.hpp>
#include <tfx/ops.hpp>
#include <tfx/ops/control_flow.hpp>

using namespace tfx;

TEST_CASE("what a pass has appended is put in front of its readers") {
  builder b;
  scope top(b);
  const var<shape<3>> x{b.add_input(dims{1, {3}, false}, dtype::real_type, "x")};
  const auto y = exp(x);
  b.add_output(fori_loop<2>([](auto, auto v) { return v * v; }, y).h);
  b.finish();
  const handle half = x.h * 0.5;   // of which exp is made to read
  b.edges[b.nodes[y.h.id].first] = (half - 1).id;
  put_in_order(b);
  for (int i = 0; i < b.nodes.size(); ++i)
    for (int k = 0; k < b.nodes[i].count; ++k) CHECK(b.input(i, k) < i);
  for (int l = 0; l < b.leaves.size(); ++l) CHECK(b.nodes[b.leaf_node[l]].aux == l);

  double in[3] = {-1, 0, 3}, out[3] = {}, counters[max_regions] = {};
  double* spaces[max_spaces] = {};
  spaces[counter_space] = counters;
  spaces[first_io_space] = in;
  spaces[first_io_space + 1] = out;
  interpret<double>(b, spaces);
  for (int i = 0; i < 3; ++i) CHECK(out[i] == doctest::Approx(std::exp(4 * (in[i] / 2 - 1))));
}
