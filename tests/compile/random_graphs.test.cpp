// SPDX-License-Identifier: Apache-2.0
// labels: heavy
// Graphs drawn by a seed: what the passes make of them gives the bits of one node after the other. Many are fused, planned and
// run here at run time, instruction by instruction; a few are compiled.
#include <doctest/doctest.h>

#include "../support/random_graph.hpp"
#include "../support/run_kernels.hpp"
#include "../support/same_results.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

enum class also { nothing, types, joins };
void check_seeds(int first, int count, int size, also with = also::nothing) {
  for (int seed = first; seed < first + count; ++seed) {
    builder b;
    scope top(b);
    random_graph drawn(b, seed);
    drawn.types = with == also::types;
    drawn.joins = with == also::joins;
    drawn.record(size);
    CAPTURE(seed);
    CAPTURE(size);
    if (!b.right()) {
      CHECK(std::string_view(b.wrong) == "more than 256 loops and branches in one program");
      continue;
    }
    b.finish();
    const compiled_graph recorded(b);
    spread_repeated(b);
    join_padded(b);
    join_in_place(b);
    read_in_place(b);
    CHECK(differing_elements(compiled_graph(b), recorded) == 0);
  }
}

template <int Seed> void check_compiled() {
  CAPTURE(Seed);
  CHECK(differing<random_step<Seed, 10>, float, backend::reference, backend::scalar>() == 0);
  CHECK(differing<random_step<Seed, 10>, float, backend::reference, backend::simd<>>() == 0);
}

}  // namespace

TEST_CASE("small random graphs") { check_seeds(1, 1500, 12); }
TEST_CASE("large random graphs") { check_seeds(5000, 300, 50); }
TEST_CASE("random graphs of all element types") { check_seeds(20000, 1500, 20, also::types); }
TEST_CASE("random graphs of many concatenations") { check_seeds(30000, 600, 12, also::joins); }
TEST_CASE("compiled random graphs") {
  check_compiled<1>();
  check_compiled<3>();
  check_compiled<8>();
  check_compiled<16>();
}
