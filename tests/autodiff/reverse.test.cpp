// SPDX-License-Identifier: Apache-2.0
// The reverse sweep: gradients of random graphs, loops and branches among them, along random directions.
#include <doctest/doctest.h>

#include <string>

#include "../support/random_graph.hpp"
#include "../support/run_kernels.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

/// A smooth random graph with one output, the sum of some of its values, and the gradients with respect to its leaves as
/// further outputs.
struct differentiated {
  builder b;
  list<int> leaves;
  bool recorded = false;

  explicit differentiated(int seed, int size) {
    scope top(b);
    random_graph r(b, seed);
    r.smooth = true;
    r.writes = false;
    for (int i = 0; i < 4; ++i) r.leaf();
    r.steps(size);
    handle loss = b.constant(0);
    for (int i = 0; i < 4; ++i) {
      const handle v = r.recent();
      loss = loss + reshape(sum_axes(v, tfx::detail::all_axes(v.shape())), dims{});
    }
    list<int> wanted, names;
    for (int i = 0; i < r.leaves.size(); ++i) {
      leaves.push_back(r.leaves[i]);
      wanted.push_back(b.leaf_node[r.leaves[i]]);
      names.push_back(-1);
    }
    const list<int> d = gradients(loss, b.constant(1), wanted, names);
    b.add_output(expand(loss, dims{}));
    for (int i = 0; i < wanted.size(); ++i) {
      const handle found = d[wanted[i]] < 0 ? b.constant(0) : handle{&b, d[wanted[i]]};
      b.add_output(expand(found, b.nodes[wanted[i]].shape));
    }
    b.finish();
    recorded = b.right();
  }
};

}  // namespace

TEST_CASE("gradients of random graphs are slopes") {
  int sloping = 0;
  for (int seed = 1; seed <= 600; ++seed) {
    CAPTURE(seed);
    const differentiated f(seed, 8 + seed % 25);
    const std::string wrong(f.b.wrong.text, std::size_t(f.b.wrong.size));
    if (wrong == "more than 256 loops and branches in one program") continue;
    REQUIRE_MESSAGE(f.recorded, wrong);
    const compiled_graph c(f.b);
    run_memory m(c);
    m.fill(c);
    const std::vector<double> start = m.space[state_space];
    const run_state run{1, 1, 0};
    auto moved = [&](double by) {   // the loss with every element moved along a direction without a pattern
      for (std::size_t i = 0; i < start.size(); ++i) m.space[state_space][i] = start[i] + by * std::cos(3.1 * double(i * i));
      interpret<double>(c.g, m.base, run);
      return m.base[first_io_space][0];
    };
    moved(0);
    double slope = 0;
    for (int i = 0; i < f.leaves.size(); ++i) {
      const leaf_info& l = c.g.leaves[f.leaves[i]];
      for (int k = 0; k < l.size; ++k) {
        const double at = double(l.offset + k);
        slope += m.base[first_io_space + 1 + i][k] * std::cos(3.1 * at * at);
      }
    }
    // Two step lengths of central differences, extrapolated: the error falls with the fourth power.
    constexpr double h = 1e-3;
    const double coarse = (moved(h) - moved(-h)) / (2 * h), fine = (moved(h / 2) - moved(-h / 2)) / h;
    const double numeric = (4 * fine - coarse) / 3;
    const double uncertainty = 1e-7 + std::abs(fine - coarse) * 1e-2 + 1e-7 * std::abs(numeric);
    CAPTURE(numeric);
    CHECK(std::abs(slope - numeric) < uncertainty);
    sloping += std::abs(numeric) > 1e-3;
  }
  CHECK(sloping > 300);   // the test is about something
}
