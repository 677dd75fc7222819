// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <tfx/autodiff/reverse.hpp>
#include <tfx/lower/attention_in_place.hpp>
#include <tfx/nn/attention.hpp>

namespace {

using namespace tfx;

using sequences = var<shape<2, 4, 12>>;

/// What is needed of a graph: nodes of attention, of its gradients and of those of matrices, and of copies in and out of columns.
struct found {
  int attentions = 0, gradients = 0, of_matrices = 0, slices = 0, paddings = 0;
  bool operator==(const found&) const = default;
};
found needed(const builder& b) {
  const list<int> numbers = detail::live_numbers(b);
  found n;
  for (int i = 0; i < b.nodes.size(); ++i) {
    const node& m = b.nodes[i];
    if (numbers[i] < 0) continue;
    n.attentions += is<attention_op>(m);
    n.slices += is<slice_box_op>(m);
    n.paddings += is<pad_op>(m);
    n.gradients += is<attention_gradient_op>(m);
    n.of_matrices += is<attention_matrix_gradient_op>(m);
  }
  return n;
}
/// In the graph of sum(f(x)), with the gradient of x if `Differentiated`, before the pass or behind it.
template <bool Differentiated, class F> found in_graph(F f, bool lowered) {
  builder b;
  scope top(b);
  const sequences x{b.add_input(sequences::dim, dtype::real_type, "x")};
  const auto y = f(x);
  b.add_output(y.h);
  if constexpr (Differentiated) {
    list<int> wanted, names;
    wanted.push_back(x.h.id);
    names.push_back(-1);
    const handle total = reshape(sum_axes(y.h * y.h, detail::all_axes(y.dim)), dims{});
    b.add_output({&b, gradients(total, b.constant(1), wanted, names)[x.h.id]});
  }
  b.finish();
  REQUIRE(b.right());
  if (lowered) attention_in_place(b);
  return needed(b);
}

/// Columns [4 K, 4 K + 4) as two heads.
template <int K> auto part(sequences x) { return reshape<2, 4, 2, 2>(slice<2, 4 * K, 4 * K + 4>(x)); }

constexpr auto side_by_side = [](sequences x) { return dot_product_attention(part<0>(x), part<1>(x), part<2>(x)); };
constexpr auto turned_round = [](sequences x) { return dot_product_attention(part<2>(x), part<1>(x), part<0>(x)); };

}  // namespace

TEST_CASE("attention is recorded as it was written, and reads columns of a wider matrix in place") {
  CHECK(in_graph<false>(side_by_side, false) == found{.attentions = 1, .slices = 3});
  CHECK(in_graph<false>(side_by_side, true) == found{.attentions = 1});
  CHECK(in_graph<false>(turned_round, true) == found{.attentions = 1});
}

TEST_CASE("what is no run of columns is cut out first") {
  const auto of_positions = [](sequences x) {
    const auto h = reshape<2, 4, 2, 6>(x);
    return dot_product_attention(h, slice<1, 0, 2>(h), slice<1, 2, 4>(h));
  };
  CHECK(in_graph<false>(of_positions, true) == found{.attentions = 1, .slices = 2});
  const auto of_heads = [](sequences x) {   // every other column
    const auto h = reshape<2, 4, 2, 6>(x);
    return dot_product_attention(slice<3, 0, 2>(h), slice<3, 2, 4>(h), slice<3, 4, 6>(h));
  };
  CHECK(in_graph<false>(of_heads, true) == found{.attentions = 1, .slices = 3});
}

TEST_CASE("the gradient of queries, keys and values of one matrix is one") {
  CHECK(in_graph<true>(side_by_side, false) == found{.attentions = 1, .gradients = 1, .slices = 3, .paddings = 3});
  CHECK(in_graph<true>(side_by_side, true) == found{.attentions = 1, .of_matrices = 1});
  const auto of_axes = [](sequences x) {   // a matrix of another shape
    const auto h = reshape<2, 4, 3, 2, 2>(x);
    const auto third = [&]<int K>(std::integral_constant<int, K>) { return reshape<2, 4, 2, 2>(slice<2, K, K + 1>(h)); };
    return dot_product_attention(third(std::integral_constant<int, 0>{}), third(std::integral_constant<int, 1>{}),
                                 third(std::integral_constant<int, 2>{}));
  };
  CHECK(in_graph<true>(of_axes, true) == found{.attentions = 1, .of_matrices = 1});
}

TEST_CASE("gradients that lie in another order, or that something else reads, are put among zeros") {
  CHECK(in_graph<true>(turned_round, true) == found{.attentions = 1, .gradients = 1, .paddings = 3});
  const auto read_twice = [](sequences x) {
    const auto q = part<0>(x);
    return dot_product_attention(q, part<1>(x), part<2>(x)) + q;
  };
  CHECK(in_graph<true>(read_twice, true).of_matrices == 0);
}
