// SPDX-License-Identifier: Apache-2.0
// Kernels are identified by what they do, not by extents, addresses or constants.
#include <doctest/doctest.h>

#include <tfx/ops.hpp>

#include "../support/recorded_graph.hpp"
#include "../support/run_kernels.hpp"

namespace {

using namespace tfx;
using namespace tfx::testing;

struct counts {
  int launches, distinct;
  bool operator==(const counts&) const = default;
};
std::ostream& operator<<(std::ostream& out, const counts& c) { return out << c.launches << " launches of " << c.distinct << " kernels"; }
template <class Record> counts counts_of(Record record) {
  const recorded_graph r(record);
  const compiled_graph c(r.b);
  CHECK(differing_elements(c) == 0);
  return {c.kernels.launches.size(), c.kernels.distinct.size()};
}
/// A layer: one kernel.
handle layer(handle x, int out, double slope) {
  builder& b = *x.graph;
  const handle w = input(b, matrix(x.shape().extent[1], out)), bias = input(b, vector(out));
  const handle y = matmul(x, w) + bias;
  return maximum(y, slope * y);
}

}  // namespace

TEST_CASE("layers of other widths and constants are the same kernel") {
  CHECK(counts_of([](builder& b) { b.add_output(layer(layer(layer(input(b, matrix(4, 7)), 9, 0.1), 3, 0.2), 5, 0.3)); }) == counts{3, 2});   // the last one also assigns
}

TEST_CASE("another operation or operand is another kernel") {
  CHECK(counts_of([](builder& b) {
    for (int n : {3, 5, 8}) b.add_output(tanh(input(b, vector(n))));
  }) == counts{3, 1});
  CHECK(counts_of([](builder& b) {
    b.add_output(tanh(input(b, vector(3))));
    b.add_output(sigmoid(input(b, vector(3))));
  }) == counts{2, 2});
  CHECK(counts_of([](builder& b) {
    const handle x = input(b, vector(4)), y = input(b, vector(4));
    b.add_output(x - y);
    b.add_output(input(b, vector(5)) - input(b, vector(5)));
  }).distinct == 1);
}

TEST_CASE("of how an operand lies, only whether it moves along the columns") {
  CHECK(counts_of([](builder& b) {
    const handle x = input(b, matrix(3, 4));
    b.add_output(x + input(b, vector(4)));       // moves
    b.add_output(x + input(b, matrix(3, 4)));
    b.add_output(x + input(b, matrix(3, 1)));    // one number in each row
    b.add_output(x + input(b, {}));
  }) == counts{4, 2});
}

TEST_CASE("what stands in front of a kernel is not part of it") {
  CHECK(counts_of([](builder& b) {
    const handle x = input(b, matrix(3, 4)), w = input(b, matrix(4, 4)), bias = input(b, vector(4));
    b.add_output(tanh(x + bias));
    b.add_output(tanh(matmul(x, w) + bias));
    b.add_output(tanh(flip(x, 1) + bias));
  }) == counts{3, 1});
}

TEST_CASE("products that are only stored are one function, and need no kernel") {
  const recorded_graph r([](builder& b) {
    const handle x = input(b, matrix(5, 5));
    b.add_output(matmul(x, x));
    b.add_output(matmul(x, input(b, matrix(5, 5))));
    b.add_output(matmul(x, x, true, false));   // how it lies is in the geometry
  });
  const compiled_graph c(r.b);
  CHECK(differing_elements(c) == 0);
  CHECK(c.kernels.launches.size() == 3);
  CHECK(c.kernels.producers.size() == 1);
  CHECK(c.kernels.distinct.size() == 0);
}

TEST_CASE("sums of rows are told apart from those of columns, and all is one row") {
  CHECK(counts_of([](builder& b) {
    for (int n : {4, 6})
      for (unsigned axes : {1u, 2u, 3u}) b.add_output(sum_axes(input(b, matrix(n, 5)), axes));
  }) == counts{6, 2});
}

TEST_CASE("work is counted at the bound") {
  const recorded_graph r([](builder& b) { b.add_output(matmul(input(b, matrix(4, 6)), input(b, matrix(6, 5)))); });
  const compiled_graph c(r.b);
  CHECK(c.kernels.flops == 2 * 4 * 6 * 5);
  const recorded_graph loop([](builder& b) {   // what a loop does, it does in every iteration
    const handle w = input(b, matrix(6, 6));
    region_info times;
    times.bound = 7;
    open_region(b, times);
    const handle h = new_carry(b.constant(0), matrix(4, 6));
    set_next(h, matmul(h, w));
    b.add_output(final_of(h, close_region(b)));
  });
  const long long products = 7 * 2 * 4 * 6 * 6, copies = (1 + 7 + 1) * 4 * 6;
  CHECK(compiled_graph(loop.b).kernels.flops >= products);
  CHECK(compiled_graph(loop.b).kernels.flops <= products + copies);
}

TEST_CASE("constants with other bits are other constants") {
  const recorded_graph r([](builder& b) {
    const handle x = input(b, vector(4));
    b.add_output(x * 0.0);
    b.add_output(x * -0.0);
    b.add_output(x * 1e300);
    b.add_output(x + 0.0 * x);
  });
  const compiled_graph c(r.b);
  CHECK(differing_elements(c) == 0);
  CHECK(c.kernels.constants.size() == 3);
}
