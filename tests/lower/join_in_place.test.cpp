// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/lower/join_in_place.hpp>
#include <tfx/ops.hpp>

#include "../support/run_kernels.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

using lines = var<shape<6, 32>>;

/// What becomes of the program with the output `record(lines)`: its joined values, those in the memory of an output, and
/// concatenations that are left; launches; and words of the arena.
struct found {
  int joined = 0, in_output = 0, copied = 0, launches = 0, arena = 0;
  bool operator==(const found&) const = default;
};
template <class Record> found plan_of(Record record) {
  builder b;
  scope top(b);
  b.add_output(record(lines{b.add_input(lines::dim, dtype::real_type, "x")}).h);
  b.finish();
  REQUIRE(b.right());
  join_in_place(b);
  const compiled_graph c(b);
  found n;
  for (int i = 0; i < c.g.n_nodes; ++i) {
    n.joined += is<joined_op>(c.g[i]);
    n.in_output += is<joined_op>(c.g[i]) && c.g[i].link >= 0;
    n.copied += is<concatenate_op>(c.g[i]);
  }
  n.launches = c.kernels.launches.size();
  n.arena = c.arena.arena;
  return n;
}

}  // namespace

TEST_CASE("parts of a concatenation are made where the program puts it out") {
  CHECK(plan_of([](lines x) { return concatenate<1>(tanh(x), x * 2); }) == found{1, 1, 0, 2, 0});
  CHECK(plan_of([](lines x) { return concatenate<0>(tanh(x), x); }) == found{1, 1, 0, 2, 0});
  CHECK(plan_of([](lines x) { return concatenate<1>(softmax(x), x * 2); }) == found{1, 1, 0, 2, 0});
}

TEST_CASE("what follows a concatenation element by element is done to its parts") {
  CHECK(plan_of([](lines x) { return relu(concatenate<0>(x + 1, x * 2)); }) == found{1, 1, 0, 2, 0});
  CHECK(plan_of([](lines x) { return 2 * tanh(reshape<12, 2, 16>(concatenate<1>(x + 1, x * 2))); }) == found{1, 1, 0, 2, 0});
}

TEST_CASE("a concatenation that others than elementwise work read has one buffer, and its parts none") {
  CHECK(plan_of([](lines x) { return sum<1>(concatenate<1>(tanh(x), x * 2), keep_dims); }) == found{1, 0, 0, 3, 6 * 64});
  CHECK(plan_of([](lines x) {
    const auto y = concatenate<1>(tanh(x), x * 2);
    return matmul(y, transpose(y));
  }) == found{1, 0, 0, 3, 6 * 64});
}

TEST_CASE("a concatenation stays one launch where parts need no making, or are short") {
  CHECK(plan_of([](lines x) { return concatenate<1>(x, x); }) == found{0, 0, 1, 1, 0});
  CHECK(plan_of([](lines x) { return relu(concatenate<0>(x, x)); }) == found{0, 0, 1, 1, 0});
  CHECK(plan_of([](lines x) { return concatenate<1>(tanh(x), slice<1, 0, 4>(x)); }).joined == 0);
}

TEST_CASE("work that several read, or that others read too, stays behind the concatenation") {
  const found n = plan_of([](lines x) {   // both readers take the parts where they lie
    const auto y = concatenate<1>(tanh(x), x * 2);
    return y * sigmoid(y);
  });
  CHECK(n.joined == 0);
  CHECK(n.copied == 1);
}
