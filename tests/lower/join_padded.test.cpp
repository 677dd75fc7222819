// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/lower/join_padded.hpp>
#include <tfx/ops.hpp>

namespace {

using namespace tfx;

using lines = var<shape<6, 32>>;

/// Paddings and concatenations in the graph that `record(lines)` gives.
struct found {
  int padded = 0, joined = 0;
  bool operator==(const found&) const = default;
};
template <class Record> found joined(Record record) {
  builder b;
  scope top(b);
  b.add_output(record(lines{b.add_input(lines::dim, dtype::real_type, "x")}).h);
  b.finish();
  REQUIRE(b.right());
  join_padded(b);
  const list<int> numbers = detail::live_numbers(b);
  found n;
  for (int i = 0; i < b.nodes.size(); ++i) {
    if (numbers[i] < 0) continue;
    n.padded += is<pad_op>(b.nodes[i]);
    n.joined += is<concatenate_op>(b.nodes[i]);
  }
  return n;
}
template <class Lines, class F> auto gradient_of(Lines x, F f) {
  const handle total = sum(f(x)).h;
  list<int> wanted, names;
  wanted.push_back(x.h.id);
  names.push_back(-1);
  const list<int> d = gradients(total, x.h.graph->constant(1), wanted, names);
  return Lines{handle{x.h.graph, d[x.h.id]}};
}

}  // namespace

TEST_CASE("a sum of values that zeros are padded around, side by side, is a concatenation") {
  CHECK(joined([](lines x) {
    const auto left = tanh(slice<1, 0, 12>(x));
    const auto right = slice<1, 0, 20>(x);
    return pad<1, 0, 20>(left) + pad<1, 12, 0>(right);
  }) == found{0, 1});
  CHECK(joined([](lines x) {
    const auto y = slice<0, 0, 2>(x);
    return pad<0, 4, 0>(y) + (pad<0, 0, 4>(y + 1) + pad<0, 2, 2>(y * 2));
  }) == found{0, 1});
}

TEST_CASE("gradients of slices side by side are a concatenation") {
  CHECK(joined([](lines x) {
    return gradient_of(x, [](lines y) { return slice<1, 0, 16>(y) * sigmoid(slice<1, 16, 32>(y)); });
  }) == found{0, 1});
}

TEST_CASE("other sums of padded values stay sums") {
  CHECK(joined([](lines x) {   // they overlap
    const auto y = slice<1, 0, 20>(x);
    return pad<1, 0, 12>(y) + pad<1, 12, 0>(y);
  }) == found{2, 0});
  CHECK(joined([](lines x) {   // something is left between them
    const auto y = slice<1, 0, 12>(x);
    return pad<1, 0, 20>(y) + pad<1, 20, 0>(y);
  }) == found{2, 0});
  CHECK(joined([](lines x) { return pad<1, 0, 16>(slice<1, 0, 16>(x), 1) + pad<1, 16, 0>(slice<1, 0, 16>(x)); }) == found{2, 0});   // no zeros
  CHECK(joined([](lines x) { return pad<1, 0, 16>(slice<1, 0, 16>(x)) + pad<1, 16, 0>(slice<1, 0, 16>(x)) + x; }) == found{2, 0});
}
