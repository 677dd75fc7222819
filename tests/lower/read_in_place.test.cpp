// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/lower/read_in_place.hpp>
#include <tfx/ops.hpp>

namespace {

using namespace tfx;

using images = var<shape<4, 6, 32>>;

/// Moving nodes that are read where they lie, and that are copied, in the graph that `record(images)` gives.
struct found {
  int in_place = 0, copied = 0;
  bool operator==(const found&) const = default;
};
template <class Record> found moved(Record record) {
  builder b;
  scope top(b);
  b.add_output(record(images{b.add_input(images::dim, dtype::real_type, "x")}).h);
  b.finish();
  REQUIRE(b.right());
  read_in_place(b);
  const list<int> numbers = detail::live_numbers(b);
  found n;
  for (int i = 0; i < b.nodes.size(); ++i) {
    if (numbers[i] < 0) continue;
    n.in_place += b.nodes[i].op->strided;
    n.copied += b.nodes[i].op->moves;
  }
  return n;
}
constexpr found in_place{1, 0}, copied{0, 1};

}  // namespace

TEST_CASE("elementwise work reads what was moved where it lies, line by line") {
  CHECK(moved([](images x) { return tanh(permute<1, 0, 2>(x)); }) == in_place);
  CHECK(moved([](images x) { return 1 + slice<1, 2, 5>(x); }) == in_place);
  CHECK(moved([](images x) { return 1 + slice<2, 0, 16>(x); }) == in_place);
  CHECK(moved([](images x) { return 1 + flip<0, 1>(x); }) == in_place);
  CHECK(moved([](images x) { return 1 + slice<0, 0, 4, 2>(x); }) == in_place);
}

TEST_CASE("what makes no lines is copied") {
  CHECK(moved([](images x) { return 1 + transpose(x); }) == copied);
  CHECK(moved([](images x) { return 1 + flip<2>(x); }) == copied);
  CHECK(moved([](images x) { return 1 + slice<2, 0, 8>(x); }) == copied);   // lines of 8 elements
  CHECK(moved([](images x) { return 1 + slice<2, 0, 32, 2>(x); }) == copied);
}

TEST_CASE("reductions read what they see as one row, or one column") {
  CHECK(moved([](images x) { return sum<2>(slice<2, 0, 16>(x)); }) == in_place);
  CHECK(moved([](images x) { return sum<1>(slice<2, 0, 16>(x)); }) == in_place);
  CHECK(moved([](images x) { return sum(slice<2, 0, 16>(x)); }) == copied);
  CHECK(moved([](images x) { return sum<1, 2>(slice<2, 0, 16>(x)); }) == copied);
}

TEST_CASE("a concatenation takes columns from where they lie") {
  CHECK(moved([](images x) { return concatenate<2>(slice<2, 20, 32>(x), slice<2, 0, 20>(x)); }) == found{});
  CHECK(moved([](images x) { return concatenate<0>(slice<0, 2, 4>(x), tanh(x), slice<0, 0, 2>(x)); }) == found{});
  CHECK(moved([](images x) { return concatenate<1>(x, flip<0>(x)); }) == found{});
  CHECK(moved([](images x) { return concatenate<1>(x, flip<2>(x)); }) == copied);
  CHECK(moved([](images x) { return concatenate<1>(x, slice<2, 0, 32>(pad<2, 1, 0>(x))); }) == copied);
  CHECK(moved([](images x) {   // lies in more than rows and columns
    return concatenate<0>(slice<2, 0, 16>(slice<1, 0, 2>(x)), slice<2, 8, 24>(slice<1, 2, 4>(x)));
  }) == found{0, 2});
}

TEST_CASE("what is padded around pixels is one frame of lines") {
  builder b;
  scope top(b);
  const var<shape<2, 6, 10, 3>> x{b.add_input(dims{4, {2, 6, 10, 3}, false}, dtype::real_type, "x")};
  b.add_output(pad<1, 1, 2>(pad<2, 1, 1>(x)).h);
  b.finish();
  read_in_place(b);
  const list<int> numbers = detail::live_numbers(b);
  list<dims> framed;
  for (int i = 0; i < b.nodes.size(); ++i)
    if (numbers[i] >= 0 && is<pad_op>(b.nodes[i])) framed.push_back(b.nodes[i].shape);
  REQUIRE(framed.size() == 1);
  CHECK(framed[0] == dims{3, {2, 9, 36}, false});
}

TEST_CASE("what reads by itself gets a copy, and so does everybody beside it") {
  CHECK(moved([](images x) { return matmul(slice<2, 0, 16>(x), transpose(slice<2, 0, 16>(x))); }).in_place == 0);
  CHECK(moved([](images x) { return 1 + flip<0>(flip<1>(x)); }) == found{1, 1});
  CHECK(moved([](images x) { return slice<2, 0, 16>(x); }) == copied);   // the program's output
  CHECK(moved([](images x) {
    const auto part = slice<2, 0, 16>(x);
    return sum(tanh(part)) + sum(matmul(part, reshape<4, 16, 6>(part)));
  }) == copied);
}
