// SPDX-License-Identifier: Apache-2.0
// A producer of one's own: running sums along the rows of a matrix.
#include <iostream>

#include <tfx/autodiff/transform.hpp>
#include <tfx/expr/print.hpp>
#include <tfx/expr/values.hpp>

using namespace tfx;

// region: attributes
/// What a running sum knows: numbers with names, ints without padding.
struct running_sum_geometry {
  int backwards = 0;   ///< 1: from the last column to the first
  int columns = 0;
};
// end region

// region: operation
struct running_sum_op {
  static constexpr std::string_view name = "running_sum";
  using attributes = running_sum_geometry;
  static constexpr op_kind kind = op_kind::window;   // one result per place, from other places of the input
  static constexpr int arity = 1;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);

  /// The result at a row and a column: the definition, which every backend's own kernel must agree with bit by bit.
  template <class T>
  static constexpr T element(const running_sum_geometry& g, const T* const* in, int row, int col, int cols, int /*present*/) {
    const T* const x = in[0] + row * cols;
    T total(0);
    for (int c = g.backwards ? cols - 1 : 0; c != col; c += g.backwards ? -1 : 1) total = total + x[c];
    return total + x[col];
  }
};
static_assert(producer_op<running_sum_op>);
// end region

// region: record
constexpr handle running_sum(handle x, bool backwards) {
  return {x.graph, x.graph->emit<running_sum_op>(x.shape(), x.type(), running_sum_geometry{backwards, x.shape().cols()}, x.id)};
}
/// What reads a column are the sums from it on: the derivative runs the other way.
constexpr void running_sum_op::backward(gradient_scope& s) {
  const running_sum_geometry g = s.geo();
  s.add(0, running_sum(s.dy, !g.backwards));
}
/// Sums of all elements of a row up to each column.
template <class S, class T> constexpr auto running_sum(var<S, T> x) { return var<S, T>{running_sum(x.h, false)}; }
// end region

// region: results
/// The running sums of each row, and its total: two matrices, of which the second has one column.
struct sums_and_total_op : running_sum_op {
  static constexpr std::string_view name = "sums_and_total";
  static constexpr int results = 2;
  static constexpr void backward(gradient_scope& s);
  /// The k-th result: its name, and its shape and element type, given those of the first one.
  static constexpr result_info result(int, const running_sum_geometry&, const dims& sums, dtype type) {
    return {"total", dims{2, {sums.rows(), 1}, sums.bounded}, type};
  }
  template <class T, int Result = 0>
  static constexpr T element(const running_sum_geometry& g, const T* const* in, int row, int col, int cols, int present) {
    if constexpr (Result == 0) return running_sum_op::element<T>(g, in, row, col, cols, present);
    else return running_sum_op::element<T>(g, in, row, g.columns - 1, g.columns, present);
  }
};
static_assert(several_results_op<sums_and_total_op>);

/// What nobody depends on has an empty gradient.
constexpr void sums_and_total_op::backward(gradient_scope& s) {
  if (!s.dy_of(0).empty()) s.add(0, running_sum(s.dy_of(0), true));
  if (!s.dy_of(1).empty()) s.add(0, broadcast_to(s.dy_of(1), s.input(0).shape()));
}
template <class S, class T> constexpr auto sums_and_total(var<S, T> x) {
  builder& b = *x.h.graph;
  const int sums = b.emit<sums_and_total_op>(S::value, dtype_of<T>, running_sum_geometry{.columns = S::value.cols()}, x.h.id);
  return bundle{var<S, T>{{&b, sums}}, var<shape<S::value.extent[0], 1>, T>{{&b, b.result_of(sums, 1)}}};
}
// end region

int main() {
  // region: use
  const tensor<float, shape<2, 4>> x = {{1, 2, 3, 4}, {1, 0, 0, -1}};
  const auto [value, slope] = value_and_grad([](auto v) { return sum(square(running_sum(v))); })(x);
  std::cout << "sum of squares " << value << ", its gradient\n" << slope << '\n';
  // end region
  // region: use_results
  const auto shares = [](auto v) {   // how much of its row's total has come by each column
    const auto [sums, total] = sums_and_total(v);
    return sum(square(sums / (total + 1)));
  };
  const auto [squares, change] = value_and_grad(shares)(x);
  std::cout << "of shares " << squares << ", its gradient\n" << change << '\n';
  // end region
}
