// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/lower/pool_into_convolution.hpp>
#include <tfx/ops.hpp>

namespace {

using namespace tfx;

using images = var<shape<2, 9, 9, 3>>;
using weights = var<shape<2, 2, 3, 4>>;

/// Nodes of operation F that are needed, in the graph that `record(images, weights)` gives.
template <class F, class Record> int needed(Record record, bool lowered) {
  builder b;
  scope top(b);
  record(b, images{b.add_input(images::dim, dtype::real_type, "x")}, weights{b.add_input(weights::dim, dtype::real_type, "w")});
  b.finish();
  if (lowered) pool_into_convolution(b);
  const list<int> numbers = detail::live_numbers(b);
  int n = 0;
  for (int i = 0; i < b.nodes.size(); ++i) n += numbers[i] >= 0 && is<F>(b.nodes[i]);
  return n;
}

}  // namespace

TEST_CASE("a pooling that alone reads a convolution is one operation with it") {
  const auto alone = [](builder& b, images x, weights w) { b.add_output(max_pool2d<2>(conv2d(x, w)).h); };
  CHECK(needed<conv_op>(alone, false) == 1);
  CHECK(needed<max_pool_op>(alone, false) == 1);
  CHECK(needed<conv_op>(alone, true) == 0);
  CHECK(needed<max_pool_op>(alone, true) == 0);
  CHECK(needed<conv_max_pool_op>(alone, true) == 1);
}

TEST_CASE("a convolution stays where something else reads it, or where windows overlap") {
  const auto read_twice = [](builder& b, images x, weights w) {
    const auto y = conv2d(x, w);
    b.add_output(max_pool2d<2>(y).h);
    b.add_output(y.h);
  };
  CHECK(needed<conv_max_pool_op>(read_twice, true) == 0);
  CHECK(needed<conv_op>(read_twice, true) == 1);
  const auto overlapping = [](builder& b, images x, weights w) { b.add_output(max_pool2d<3, 2>(conv2d(x, w)).h); };
  CHECK(needed<conv_max_pool_op>(overlapping, true) == 0);
}
