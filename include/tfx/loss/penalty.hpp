// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/named_parameters.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/matmul.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx {

/// Numbers that are added to a loss, so that parameters stay small. On ready layers, by their paths; all that is trained if
/// none are named.
///
///     recipe(loss::mean_squared_error{} + penalty::l2{1e-5, "*/weight"}, optim::adam{})
///     loss + penalty::l2{1e-5, "*/weight"}(loss)             in a step of one's own: of the parameters made before
///
/// Errors     a pattern that names no trained parameter
namespace penalty {

/// factor * sum |p|
struct l1 {
  static constexpr std::string_view name = "l1";
  double factor = 0.01;
  std::string_view on = "*";
  static constexpr handle of(handle p) { return abs(p); }
  template <traced X> constexpr var<shape<>> operator()(X x) const;
};
/// factor * sum p^2
struct l2 {
  static constexpr std::string_view name = "l2";
  double factor = 0.01;
  std::string_view on = "*";
  static constexpr handle of(handle p) { return p * p; }
  template <traced X> constexpr var<shape<>> operator()(X x) const;
};
/// sum of l1 |p| + l2 p^2
struct l1_l2 {
  static constexpr std::string_view name = "l1_l2";
  double l1 = 0.01, l2 = 0.01;
  std::string_view on = "*";
  static constexpr double factor = 1;
  constexpr handle of(handle p) const { return l1 * abs(p) + l2 * (p * p); }
  template <traced X> constexpr var<shape<>> operator()(X x) const;
};
/// factor * the mean magnitude of the cosine between two rows of a matrix, or two columns: 0 where they are orthogonal.
///
/// Shape      p: [rows, columns]; of more axes, the last one are the columns
/// Source     Keras
struct orthogonal {
  static constexpr std::string_view name = "orthogonal";
  double factor = 0.01;
  std::string_view on = "*";
  bool columns = false;
  constexpr handle of(handle p) const {
    const handle matrix = reshape(p, dims{2, {p.shape().rows(), p.shape().cols()}, false});
    const handle unit = matrix / sqrt(maximum(sum_axes(matrix * matrix, columns ? 1u : 2u), 1e-14));
    const int n = matrix.shape().extent[columns ? 1 : 0];
    if (n == 1) return 0 * matrix;
    const handle cosines = tfx::matmul(unit, unit, columns, !columns), same = tfx::detail::identity_matrix(*p.graph, n);
    return (1.0 / (double(n) * (n - 1))) * where(same, 0, abs(cosines));
  }
  template <traced X> constexpr var<shape<>> operator()(X x) const;
};

}  // namespace penalty

/// What a penalty is: a factor, the parameters it is on, and a number for each of their elements.
template <class P> concept penalty_function = requires(const P& p, handle parameter) {
  { p.factor } -> std::convertible_to<double>;
  { p.on } -> std::convertible_to<std::string_view>;
  { p.of(parameter) } -> std::same_as<handle>;
};

namespace detail {
template <penalty_function P> constexpr handle penalty_in(builder& g, const P& penalty) {
  handle total{};
  for (int i = 0; i < g.leaves.size(); ++i) {
    if (!g.leaves[i].trainable || !names(only{penalty.on}, g.name(g.leaves[i]))) continue;
    const handle each = penalty.of({&g, g.leaf_node[i]}), one = reshape(sum_axes(each, all_axes(each.shape())), dims{});
    total = total.empty() ? one : total + one;
  }
  if (!total.empty()) return penalty.factor * total;
  check_names_parameter(g, label_of<P>, penalty.on);
  return g.constant(0);
}
}  // namespace detail

namespace penalty {
template <traced X> constexpr var<shape<>> l1::operator()(X x) const { return {tfx::detail::penalty_in(graph_of(x), *this)}; }
template <traced X> constexpr var<shape<>> l2::operator()(X x) const { return {tfx::detail::penalty_in(graph_of(x), *this)}; }
template <traced X> constexpr var<shape<>> l1_l2::operator()(X x) const { return {tfx::detail::penalty_in(graph_of(x), *this)}; }
template <traced X> constexpr var<shape<>> orthogonal::operator()(X x) const { return {tfx::detail::penalty_in(graph_of(x), *this)}; }
}  // namespace penalty

}  // namespace tfx
