// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/slice.hpp>

namespace tfx {

namespace detail {
template <class Geometry> struct columns_side_by_side {
  using attributes = Geometry;
  static constexpr std::string_view name = "concatenate";
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = -1;

  template <class T> static TFX_INLINE constexpr T element(const Geometry& g, const T* const* in, int row, int col, int, int) {
    return element_of_joined(g, in, row, col);
  }
};
}  // namespace detail
/// Matrices side by side.
struct concatenate_op : detail::columns_side_by_side<concatenate_geometry> {
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);
};
/// The same of columns of wider matrices, which are read where they lie. Made from a finished graph, so it needs no derivative.
struct concatenate_columns_op : detail::columns_side_by_side<column_geometry> {
  static constexpr bool differentiable = false;
  static constexpr void backward(gradient_scope&) {}
};
namespace detail {
inline constexpr int most_joined = concatenate_geometry::most;   ///< matrices in one node
/// Matrices [rows, w_k] -> [rows, sum of w_k].
constexpr handle join_columns(const handle* part, int n) {
  if (n == 1) return part[0];
  if (n > most_joined) {
    handle run[most_joined];
    for (int k = 0; k < most_joined; ++k) run[k] = join_columns(part + k * n / most_joined, (k + 1) * n / most_joined - k * n / most_joined);
    return join_columns(run, most_joined);
  }
  builder& b = *part[0].graph;
  concatenate_geometry widths{};
  int id[most_joined] = {};
  dims shape = part[0].shape();
  shape.extent[1] = 0;
  for (int k = 0; k < n; ++k) {
    id[k] = b.as_words(part[k].id);
    shape.extent[1] += widths.width[k] = part[k].shape().cols();
  }
  geometry g = geometry::of(widths);
  g.operands = n;
  return {&b, b.insert(b.record<concatenate_op>(), shape, part[0].type(), id, n, b.row_of(g), 0)};
}
template <int Axis, class S, class... Rest> struct joined {
  static constexpr bool fits = (... && [] {
    if (Rest::value.rank != S::value.rank || Rest::value.bounded != S::value.bounded) return false;
    for (int i = 0; i < S::value.rank; ++i)
      if (i != Axis && Rest::value.extent[i] != S::value.extent[i]) return false;
    return true;
  }());
  static constexpr dims value = [] {
    dims d = S::value;
    if (fits && is_free_axis(d, Axis)) d.extent[Axis] += (0 + ... + Rest::value.extent[Axis]);
    return d;
  }();
};
}  // namespace detail
constexpr void concatenate_op::backward(gradient_scope& s) {
  detail::box corner;
  for (int k = 0; k < s.inputs(); ++k) {
    const dims shape = s.input(k).shape();
    if (s.wanted(k)) s.add(k, slice_box(s.dy, corner, shape));
    corner.begin[1] += shape.extent[1];
  }
}
/// Tensors joined along axis `Axis`; the other extents are equal.
template <int Axis, class S, class T, class... Rest> constexpr auto concatenate(var<S, T> x, var<Rest, T>... rest) {
  using R = detail::joined<Axis, S, Rest...>;
  using Y = var<to_shape<R>, T>;
  if constexpr (!detail::is_free_axis(S::value, Axis)) {
    detail::complain_axis(x, "concatenate", Axis, x.h.graph->line);
    return x;
  } else if constexpr (R::fits) {
    auto matrix = [](handle h) {
      const dims s = h.shape();
      const int cols = detail::step_of(s, Axis) * s.extent[Axis];
      return reshape(h, dims{2, {s.size() / cols, cols}, s.bounded});
    };
    const handle part[] = {matrix(x.h), matrix(rest.h)...};
    return Y{reshape(detail::join_columns(part, int(sizeof...(Rest)) + 1), R::value)};
  } else {
    x.h.graph->complain("concatenate", at_path{}, ": extents other than axis ", Axis, " differ from ", S::value);
    return Y{x.h};
  }
}

}  // namespace tfx
