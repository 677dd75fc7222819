// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/geometry/matmul.hpp>
#include <tfx/ops/reduce.hpp>

namespace tfx {

/// Matrix product, of one pair or of a batch of pairs, either operand read transposed where it lies.
/// The order of sums is the same on every backend (`summing`).
struct matmul_op : recorded<op_kind::contract, 2> {
  using attributes = matmul_geometry;
  static constexpr std::string_view name = "matmul";
  static constexpr bool reads_narrow = true;
  static constexpr void backward(gradient_scope& s);
  static constexpr long long multiply_adds(const matmul_geometry& g, long long results) { return results * g.depth; }

  template <class T, class In> static TFX_INLINE constexpr T element(const matmul_geometry& g, const In* in, int row, int col, int, int contracted) {
    const int matrix = row / g.rows, m = row % g.rows;
    const In a = in[0] + matrix * g.left_step, b = in[1] + matrix * g.right_step;
    const auto add = [&](int k, T sum) {
      const T x = g.left_transposed ? a[k * g.rows + m] : a[m * g.depth + k];
      const T y = g.right_transposed ? b[col * g.depth + k] : b[k * g.cols + col];
      return lanes::traits<T>::fma(x, y, sum);
    };
    T total = T(0);
    if (g.order == summing::chain) {
      for (int k = 0; k < contracted; ++k) total = add(k, total);
      return total;
    }
    for (int first = 0; first < contracted; first += terms_in_pairs) {
      T of[2] = {T(0), T(0)};   // even and odd
      for (int k = first; k < contracted && k < first + terms_in_pairs; ++k) of[k % 2] = add(k, of[k % 2]);
      total = lanes::traits<T>::add(total, lanes::traits<T>::add(of[0], of[1]));
    }
    return total;
  }
};

/// The same on integers, which wrap around.
struct matmul_of_integers_op : recorded<op_kind::contract, 2> {
  using attributes = matmul_geometry;
  static constexpr std::string_view name = "matmul";
  static constexpr bool reads_narrow = true;
  static constexpr void backward(gradient_scope&) {}
  static constexpr long long multiply_adds(const matmul_geometry& g, long long results) { return results * g.depth; }

  template <class T, class In> static TFX_INLINE constexpr T element(const matmul_geometry& g, const In* in, int row, int col, int, int contracted) {
    using I = lanes::traits<whole_word<T>>;
    const int matrix = row / g.rows, m = row % g.rows;
    const In a = in[0] + matrix * g.left_step, b = in[1] + matrix * g.right_step;
    whole_word<T> total = 0;
    for (int k = 0; k < contracted; ++k) {
      const T x = g.left_transposed ? a[k * g.rows + m] : a[m * g.depth + k];
      const T y = g.right_transposed ? b[col * g.depth + k] : b[k * g.cols + col];
      total = I::add(total, I::mul(whole_of(x), whole_of(y)));
    }
    return std::bit_cast<T>(total);
  }
};

namespace detail {
/// The type of a product: what elements of both add up to.
constexpr dtype product_type(dtype a, dtype b) {
  const dtype t = a == dtype::boolean && b == dtype::boolean ? dtype::int32 : promote(a, b);
  return !is_whole(t) ? dtype::real_type : size_of(t) >= 4 ? t : is_unsigned(t) ? dtype::uint32 : dtype::int32;
}
/// The operand behind a transposition, and whether there was one.
constexpr bool untranspose(handle& a) {
  const node& n = a.graph->nodes[a.id];
  if (n.op->id != op_of<permute_op>.id) return false;
  handle from{a.graph, a.graph->input(a.id, 0)};
  const int rank = from.shape().rank;
  const axis_order order = order_of(a.graph->geometries[n.aux], from.shape());
  for (int k = 0; k + 2 < rank; ++k)
    if (order.axis[k] != k) return false;
  if (rank < 2 || order.axis[rank - 1] != rank - 2) return false;
  // What is moved is made words first; a product reads it as it lies.
  if (a.graph->nodes[from.id].op->id == op_of<copy_op>.id && lies_narrow(a.type())) from.id = a.graph->input(from.id, 0);
  a = from;
  return true;
}
}  // namespace detail

/// Rank 2 or 3 each; a batch extent in front may be missing on one side.
constexpr handle matmul(handle a, handle b, bool ta = false, bool tb = false) {
  a = detail::in_precision(a);
  b = detail::in_precision(b);
  const bool pairs = a.type() == dtype::bfloat16 && b.type() == dtype::bfloat16, bytes = a.type() == dtype::int8 && b.type() == dtype::int8;
  if (detail::untranspose(a)) ta = !ta;
  if (detail::untranspose(b)) tb = !tb;
  const dims x = a.shape(), y = b.shape();
  const int xb = x.rank - 2, yb = y.rank - 2;
  matmul_geometry g;
  g.rows = x.extent[xb + (ta ? 1 : 0)];
  g.cols = y.extent[yb + (tb ? 0 : 1)];
  g.depth = x.extent[xb + (ta ? 0 : 1)];
  g.left_transposed = ta;
  g.right_transposed = tb;
  g.left_step = xb ? g.rows * g.depth : 0;
  g.right_step = yb ? g.cols * g.depth : 0;
  g.depth_is_batch = !xb && ta && x.bounded;
  if (pairs) g.order = summing::pairs;
  if (bytes) g.order = summing::integers;
  geometry row = geometry::of(g);
  row.contracted = g.depth;
  row.contracts_batch = g.depth_is_batch;
  dims shape;
  if (xb || yb) shape = {3, {xb ? x.extent[0] : y.extent[0], g.rows, g.cols}, (xb && x.bounded) || (yb && y.bounded)};
  else shape = {2, {g.rows, g.cols}, !ta && x.bounded};
  if (!yb && y.bounded && (tb || !ta)) a.graph->complain("matmul", at_path{}, ": the batch of the right operand can only be summed over");
  const bool meets = xb == yb ? x.bounded == y.bounded : xb ? !y.bounded : !x.bounded;   // shared operands have no batch
  if ((yb || ta) && !meets)
    a.graph->complain("matmul", at_path{}, ": the batch is multiplied with the batch alone, got ", x, " and ", y, " of which one has it");
  const dtype type = detail::product_type(a.type(), b.type());
  if (is_whole(type)) {
    if (!bytes) a = as_type(a, type), b = as_type(b, type);
    return detail::wrapped_to(type, {a.graph, a.graph->emit<matmul_of_integers_op>(shape, type, row, a.id, b.id)});
  }
  return {a.graph, a.graph->emit<matmul_op>(shape, type, row, detail::as_number(a).id, detail::as_number(b).id)};
}
constexpr void matmul_op::backward(gradient_scope& s) {
  const matmul_geometry g = s.geo();
  const bool ta = g.left_transposed, tb = g.right_transposed;
  const handle a = s.input(0), b = s.input(1);
  auto fitted = [](handle d, handle x) {   // an operand shared by the batch: sum over it
    return d.shape().rank == x.shape().rank ? d : reshape(sum_axes(d, 1u), x.shape());
  };
  if (s.wanted(0)) s.add(0, fitted(ta ? matmul(b, s.dy, tb, true) : matmul(s.dy, b, false, !tb), a));
  if (s.wanted(1)) s.add(1, fitted(tb ? matmul(s.dy, a, true, ta) : matmul(a, s.dy, !ta, false), b));
}

namespace detail {
/// [.., M, K] times [K, N] or [.., K, N].
constexpr bool fits_product(const dims& a, const dims& b) {
  if (a.rank < 2 || b.rank < 2) return false;
  if (a.extent[a.rank - 1] != b.extent[b.rank - 2]) return false;
  if (b.rank == 2) return true;
  if (a.rank != b.rank && a.rank != 2) return false;
  for (int i = 0; i + 2 < b.rank; ++i)
    if (a.rank > 2 && a.extent[i] != b.extent[i]) return false;
  return true;
}
}  // namespace detail
template <class A, class B> concept contracts_with = static_shape<A> && static_shape<B> && detail::fits_product(A::value, B::value);

namespace detail {
template <class A, class B> struct product {
  static constexpr dims value = [] {
    dims d = A::value.rank >= B::value.rank ? A::value : B::value;
    if (d.rank < 2) return dims{2, {A::value.rows(), B::value.cols()}, A::value.bounded};
    d.extent[d.rank - 2] = A::value.rank >= 2 ? A::value.extent[A::value.rank - 2] : 1;
    d.extent[d.rank - 1] = B::value.cols();
    return d;
  }();
};
template <class A, class B> constexpr handle product_of(handle a, handle b) {
  constexpr dims x = A::value, y = B::value, out = product<A, B>::value;
  if constexpr (x.rank == 2 && y.rank == 2) {
    return matmul(a, b);
  } else if constexpr (y.rank == 2) {   // the batch is rows of one product, unless the left operand is a transposed view
    handle from = a;
    if (x.rank == 3 && untranspose(from)) return matmul(a, b);
    return reshape(matmul(reshape(a, dims{2, {x.rows(), x.cols()}, x.bounded}), b), out);
  } else {
    auto three = [](handle h) {
      const dims s = h.shape();
      if (s.rank <= 3) return h;
      const int last = s.extent[s.rank - 1], rows = s.extent[s.rank - 2];
      return reshape(h, dims{3, {s.size() / (last * rows), rows, last}, s.bounded});
    };
    return reshape(matmul(three(a), three(b)), out);
  }
}
}  // namespace detail

/// Matrix product of the last two axes.
///
/// Shape      a: [.., M, K], b: [K, N] or [.., K, N]  ->  [.., M, N]
/// Errors     inner extents differ
/// Gradient   da = dy b^T, db = a^T dy; operands are read transposed in place
/// Numerics   each result is one chain of fused multiply-adds over k ascending; of two bfloat16 operands, in the order of matrix
///            units (`summing`); of integers it wraps around
struct matmul_function {
  template <class A, class B, class T, class U> static constexpr auto traced(var<A, T> a, var<B, U> b, source_line at = {}) {
    a.h.graph->line = at.value;
    if constexpr (contracts_with<A, B>) {
      using R = var<to_shape<detail::product<A, B>>, cpp_type<detail::product_type(dtype_of<T>, dtype_of<U>)>>;
      return R{detail::product_of<A, B>(a.h, b.h)};
    } else {
      if (A::value.rank == 0 || B::value.rank == 0) a.h.graph->complain("matmul", at_path{}, " expects matrices or vectors, got ", A::value, " and ", B::value);
      else if (A::value.rank == 1 && B::value.rank == 1) a.h.graph->complain("matmul", at_path{}, " of two vectors, ", A::value, " and ", B::value, ", is dot");
      else a.h.graph->complain("matmul", at_path{}, ": inner extents differ, ", A::value, " times ", B::value);
      return a;
    }
  }
};
template <class A, class B, class T, class U> constexpr auto matmul(var<A, T> a, var<B, U> b, source_line at = {}) {
  return matmul_function::traced(a, b, at);
}

namespace detail {
template <class B> struct without_rows {
  static constexpr dims value = [] {
    dims d = B::value;
    d.extent[d.rank - 2] = d.extent[d.rank - 1];
    d.extent[--d.rank] = 0;
    d.bounded = B::value.bounded && B::value.rank > 2;
    return d;
  }();
};
template <class A> struct without_last {
  static constexpr dims value = [] {
    dims d = A::value;
    if (d.rank > 0) d.extent[--d.rank] = 0;
    return d;
  }();
};
}  // namespace detail

/// Matrix times vector: [.., M, K] times [K] -> [.., M].
template <class A, int K, class T, class U>
  requires(A::value.rank >= 2 && K > 0 && A::value.cols() == K)
constexpr auto matmul(var<A, T> a, var<shape<K>, U> b, source_line at = {}) {
  const auto y = matmul(a, var<shape<K, 1>, U>{reshape(b.h, dims{2, {K, 1}, false})}, at);
  using R = detail::without_last<A>;
  return var<to_shape<R>, typename decltype(y)::value_type>{reshape(y.h, R::value)};
}
/// Vector times matrix: [K] times [.., K, N] -> [.., N].
template <int K, class B, class T, class U>
  requires(B::value.rank >= 2 && K > 0 && B::value.extent[B::value.rank - 2] == K)
constexpr auto matmul(var<shape<K>, T> a, var<B, U> b, source_line at = {}) {
  const auto y = matmul(var<shape<1, K>, T>{reshape(a.h, dims{2, {1, K}, false})}, b, at);
  using R = detail::without_rows<B>;
  return var<to_shape<R>, typename decltype(y)::value_type>{reshape(y.h, R::value)};
}
/// Inner product of two vectors: one chain of fused multiply-adds.
template <int K, class T, class U>
  requires(K > 0)
constexpr auto dot(var<shape<K>, T> a, var<shape<K>, U> b, source_line at = {}) {
  const auto y = matmul(var<shape<1, K>, T>{reshape(a.h, dims{2, {1, K}, false})}, b, at);
  return var<shape<>, typename decltype(y)::value_type>{reshape(y.h, dims{})};
}
/// Outer product of two vectors: [M] and [N] -> [M, N].
template <int M, int N, class T, class U>
  requires(M > 0 && N > 0)
constexpr auto outer(var<shape<M>, T> a, var<shape<N>, U> b) {
  return var<shape<M, 1>, T>{reshape(a.h, dims{2, {M, 1}, false})} * b;
}

}  // namespace tfx
