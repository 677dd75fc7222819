// SPDX-License-Identifier: Apache-2.0
// A pass of one's own: what is negated twice is read as it was.
#include <cstdio>

#include <tfx/backend/reference/interpret.hpp>
#include <tfx/ops.hpp>

using namespace tfx;

// region: pass
/// Readers of -(-x) read x. What nobody reads any more goes with the rest of the dead code.
constexpr void cancel_negations(builder& g) {
  const auto negates = [&](int id) { return is<negate_op>(g.nodes[id]); };
  for (int i = 0; i < g.nodes.size(); ++i)
    for (int k = 0; k < g.nodes[i].count; ++k) {
      int& from = g.edges[g.nodes[i].first + k];
      while (negates(from) && negates(g.input(from, 0))) from = g.input(g.input(from, 0), 0);
    }
}
// end region

// region: recorded
/// exp(x), negated four times.
constexpr void record_example(builder& b) {
  scope top(b);
  const var<shape<3>> x{b.add_input(dims{1, {3}, false}, dtype::real_type, "x")};
  b.add_output((-(-(-(-exp(x))))).h);
  b.finish();
}
constexpr int nodes(bool cancelled) {
  builder b;
  record_example(b);
  if (cancelled) cancel_negations(b);
  return measure(b).nodes;   // of those that are needed
}
static_assert(nodes(false) == 8 && nodes(true) == 4);   // x, exp, the output, and its assignment stay
// end region

int main() {
  // region: run
  builder b;
  record_example(b);
  cancel_negations(b);
  float x[3] = {-1, 0, 1}, y[3] = {};
  float* spaces[max_spaces] = {};
  spaces[first_io_space] = x;
  spaces[first_io_space + 1] = y;
  interpret<float>(b, spaces);
  std::printf("%d nodes instead of %d: %.3f %.3f %.3f\n", measure(b).nodes, nodes(false), double(y[0]), double(y[1]), double(y[2]));
  // end region
}
