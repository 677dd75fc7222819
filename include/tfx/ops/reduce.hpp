// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>

#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/rearrange.hpp>

namespace tfx {

// Reductions; aux is a `reduce_axis`.
struct sum_op : recorded<op_kind::reduce, 1> {
  static constexpr std::string_view name = "sum";
  template <class L> static constexpr L identity() { return L(0); }
  static constexpr auto combine(auto a, auto b) { return a + b; }
  static constexpr void backward(gradient_scope& s) { s.add(0, s.dy); }   // of the reduced shape: broadcasting is implicit
};
struct max_op : recorded<op_kind::reduce, 1> {
  static constexpr bool orders = true, keeps_values = true;
  static constexpr std::string_view name = "max";
  template <class L> static constexpr L identity() {
    using T = typename L::scalar;
    if constexpr (std::is_integral_v<T>) return L(std::numeric_limits<T>::min());
    else return L(-__builtin_huge_val());
  }
  static constexpr auto combine(auto a, auto b) { return max(a, b); }
  static constexpr void backward(gradient_scope& s);
};
/// The largest number; a NaN counts as nothing (maximumNumber of IEEE 754-2019). For what is shifted by it and then meets the
/// NaN itself: an instruction in place of three.
struct max_number_op : recorded<op_kind::reduce, 1, false> {
  static constexpr std::string_view name = "max_number";
  template <class L> static constexpr L identity() { return L(-__builtin_huge_val()); }
  static constexpr auto combine(auto a, auto b) { return at_least(a, b); }
  static constexpr void backward(gradient_scope&) {}
};
struct product_op : recorded<op_kind::reduce, 1> {
  static constexpr std::string_view name = "product";
  template <class L> static constexpr L identity() { return L(1); }
  static constexpr auto combine(auto a, auto b) { return a * b; }
  static constexpr void backward(gradient_scope& s);
};
/// For each element of [outer, middle, inner] the product of the others along the middle, of which there may be the rows
/// present: right where one is 0. Geometry: v[0] middle, v[1] inner.
struct product_of_others_op : recorded<op_kind::window, 1> {
  static constexpr std::string_view name = "product_of_others";
  template <class T> static constexpr T element(const geometry& v, const T* const* in, int row, int col, int cols, int present) {
    const int at = row * cols + col, own = at / v[1] % v[0];
    const T* const first = in[0] + at - own * v[1];
    T total = T(1);
    for (int k = 0; k < present; ++k)
      if (k != own) total = total * first[k * v[1]];
    return total;
  }
  static constexpr void backward(gradient_scope& s);
};

namespace detail {

/// F on integers as large as a word.
template <class F> struct reduce_words : recorded<op_kind::reduce, 1> {
  static constexpr std::string_view name = F::name;
  template <class L> static constexpr L identity() { return lanes::register_of<decltype(L::v)>(F::template identity<whole_lane<decltype(L::v)>>()); }
  template <class V> static TFX_INLINE constexpr lanes::lane<V> combine(lanes::lane<V> a, lanes::lane<V> b) {
    return lanes::register_of<V>(F::combine(lanes::bits_of(a), lanes::bits_of(b)));
  }
  static constexpr void backward(gradient_scope&) {}
};

template <class F> constexpr handle reduce_node(handle a, int axis) {
  if constexpr (!keeps_values<F>) {   // what adds up needs room
    if (is_whole(a.type()) && size_of(a.type()) < 4) a = as_type(a, is_unsigned(a.type()) ? dtype::uint32 : dtype::int32);
  }
  const dtype from = a.type(), type = is_whole(from) || keeps_values<F> || from == dtype::float32 || from == dtype::float64 ? from : dtype::real_type;
  if (a.shape().size() == 1 && axis == over_all) return reshape(as_type(a, type), dims{});
  if (axis == over_all && a.graph->nodes[a.id].op->kind == op_kind::generate) a = pin(a, a.shape());   // is made again by column, not by place
  builder& g = *a.graph;
  const dims shape = reduced(a.shape(), axis);
  if (!is_whole(from)) return {&g, g.emit<F>(shape, type, axis, a.id)};
  const bool turns = orders_operands<F> && is_unsigned(from) && size_of(from) >= 4;
  if (turns) a = map_of<ordered_op>(from, a);
  const handle y{&g, g.emit<reduce_words<F>>(shape, type, axis, a.id)};
  if (turns) return map_of<ordered_op>(type, y);
  return keeps_values<F> ? y : wrapped_to(type, y);
}
constexpr dims kept(const dims& s, unsigned axes) {
  dims out = s;
  for (int i = 0; i < s.rank; ++i)
    if (axes >> i & 1) out.extent[i] = 1;
  if (axes & 1) out.bounded = false;
  return out;
}

/// Have the axes [first, last] fewer than 64 elements, and does no axis that matters stand behind them?
constexpr bool is_short(const dims& s, int first, int last) {
  int extent = 1, inner = 1;
  for (int i = first; i < s.rank; ++i) (i <= last ? extent : inner) *= s.extent[i];
  return inner == 1 && extent < 64;
}

/// Reduction over any set of axes (bit k: axis k); the result keeps them with extent 1. One run of neighbouring axes after
/// the other, the last one first; but the first one if the last ones are short rows.
template <class F> constexpr handle reduce_axes(handle a, unsigned axes) {
  const dims result = kept(a.shape(), axes);
  for (int i = 0; i < a.shape().rank; ++i)
    if (a.shape().extent[i] == 1 && !(i == 0 && a.shape().bounded)) axes &= ~(1u << i);
  while (axes) {
    const dims s = a.shape();
    int last = s.rank - 1;
    while (last >= 0 && !(axes >> last & 1)) --last;
    int first = last;
    while (first > 0 && (axes >> (first - 1) & 1)) --first;
    if (int begin = first; begin > 0 && is_short(s, first, last)) {   // sums of short rows are dear
      int other = begin - 1;
      while (other >= 0 && !(axes >> other & 1)) --other;
      if (other >= 0) {
        first = 0;
        while (!(axes >> first & 1)) ++first;
        last = first;
        while (axes >> (last + 1) & 1) ++last;
      }
    }
    int outer = 1, middle = 1, inner = 1;
    unsigned run = 0;
    for (int i = 0; i < s.rank; ++i) {
      if (i < first) outer *= s.extent[i];
      else if (i <= last) middle *= s.extent[i], run |= 1u << i;
      else inner *= s.extent[i];
    }
    const dims after = kept(s, run);
    handle r;
    if (outer == 1 && inner == 1) r = reduce_node<F>(a, over_all);
    else if (inner == 1) r = reduce_node<F>(reshape(a, dims{2, {outer, middle}, s.bounded}), over_columns);
    else if (outer == 1) r = reduce_node<F>(reshape(a, dims{2, {middle, inner}, s.bounded && first == 0}), over_rows);
    else r = reduce_node<F>(reshape(a, dims{3, {outer, middle, inner}, s.bounded}), over_rows);
    a = reshape(r, after);
    axes &= ~run;
  }
  return reshape(a, result);
}
constexpr unsigned all_axes(const dims& s) { return (1u << s.rank) - 1; }

}  // namespace detail

constexpr handle sum_axes(handle a, unsigned axes) { return detail::reduce_axes<sum_op>(a, axes); }
constexpr handle max_axes(handle a, unsigned axes) { return detail::reduce_axes<max_op>(a, axes); }
constexpr handle max_number_axes(handle a, unsigned axes) { return detail::reduce_axes<max_number_op>(a, axes); }

constexpr handle product_axes(handle a, unsigned axes) {
  return detail::reduce_axes<product_op>(a, axes);
}

/// Is x the extreme of the row that it was taken from? If that is NaN, its NaNs are.
struct is_extreme_op : detail::comparison<is_extreme_op> {
  static constexpr auto holds(auto x, auto extreme) { return x == extreme || x != x; }
};

/// Ties share the gradient equally (as PyTorch, JAX and TensorFlow), and so do several NaNs.
constexpr void max_op::backward(gradient_scope& s) {
  const handle hit = detail::map_node<is_extreme_op>(s.input(0), s.output());
  s.add(0, where(hit, s.dy / detail::reduce_node<sum_op>(hit, s.aux()), 0));
}
namespace detail {
constexpr handle product_of_others(handle a, int outer, int middle, int inner) {
  const dims s = a.shape();
  geometry g;
  g.v[0] = middle;
  g.v[1] = inner;
  g.contracted = middle;
  g.contracts_batch = s.bounded && outer == 1;
  return {a.graph, a.graph->emit<product_of_others_op>(s, a.type(), a.graph->row_of(g), a.id)};
}
}  // namespace detail
constexpr void product_op::backward(gradient_scope& s) {
  const reduced_run run = run_of(s.input(0).shape(), s.aux());
  s.add(0, s.dy * detail::product_of_others(s.input(0), run.outer, run.extent, run.inner));
}
namespace detail {
/// 1 where row and column are the same.
constexpr handle identity_matrix(builder& g, int n) {
  const dims column{2, {n, 1}, false}, shifted{2, {n, n + 1}, false}, all{1, {n * n}, false};
  const handle rows = pad_box(pin(g.constant(1), column), {}, shifted);   // one place further in each row of n
  return reshape(slice_box(reshape(rows, dims{1, {n * (n + 1)}, false}), {}, all), dims{2, {n, n}, false});
}
}  // namespace detail
/// With one factor more left out for each: [outer, k, j, inner] is the product of all but the factors k and j.
constexpr void product_of_others_op::backward(gradient_scope& s) {
  const geometry g = s.geo();
  const dims shape = s.input(0).shape();
  const int n = g[0], inner = g[1], outer = shape.size() / (n * inner);
  if (g.contracts_batch) return s.graph.complain("product over the batch has no second derivative");
  const handle same = reshape(detail::identity_matrix(s.graph, n), dims{3, {n, n, 1}, false});
  const dims factors{4, {outer, 1, n, inner}, shape.bounded}, left_out{4, {outer, n, 1, inner}, shape.bounded};
  const handle others = detail::product_of_others(where(same, 1, reshape(s.input(0), factors)), outer * n, n, inner);
  s.add(0, reshape(sum_axes(where(same, 0, reshape(s.dy, left_out) * others), 2u), shape));
}

/// A gradient in the shape of what it belongs to: sums over the axes along which that was broadcast.
constexpr handle sum_to(handle d, dims target) {   // by value: nodes move while new ones are made
  const dims s = d.shape();
  if (s.size() < target.size()) return d;   // not spread yet: broadcasting stays implicit
  if (s.size() == target.size()) return reshape(d, target);
  unsigned axes = 0;
  for (int i = 0; i < s.rank; ++i) {
    const int k = i - (s.rank - target.rank);
    if (k < 0 || (target.extent[k] == 1 && s.extent[i] != 1)) axes |= 1u << i;
  }
  return reshape(sum_axes(d, axes), target);
}

struct bit_not_op : elementwise<bit_not_op> {
  static constexpr bool integers = true;
  static constexpr auto apply(auto x) { return x; }
  static constexpr auto on_integers(auto x) { return decltype(x)::wrap(lanes::traits<decltype(x.v)>::bit_xor(x.v, lanes::traits<decltype(x.v)>::splat(-1))); }
};
namespace detail {
/// Values of which the smallest are the largest ones of x: of numbers their negatives, of integers all bits the other way.
constexpr handle in_opposite_order(handle x) {
  if (!is_whole(x.type())) return -as_type(x, dtype::real_type);
  if (size_of(x.type()) < 4) x = as_type(x, dtype::int32);
  return map_node<bit_not_op>(x);
}
}  // namespace detail

struct keep_dims_t {};
inline constexpr keep_dims_t keep_dims{};

namespace detail {

template <int... Axis> constexpr unsigned axes_of(const dims& s) {
  if constexpr (sizeof...(Axis) == 0) return all_axes(s);
  else return (0u | ... | (1u << (Axis < 0 ? Axis + s.rank : Axis)));
}
template <int... Axis> constexpr bool axes_fit(const dims& s) { return (... && (Axis < s.rank && Axis >= -s.rank)); }
template <int... Axis> constexpr int first_misfit(const dims& s) {
  int bad = 0;
  ((Axis >= s.rank || Axis < -s.rank ? void(bad = Axis) : void()), ...);
  return bad;
}
template <class S, unsigned Axes, bool Keep> struct reduced_shape {
  static constexpr dims value = [] {
    dims d{};
    for (int i = 0; i < S::value.rank; ++i) {
      if (!(Axes >> i & 1)) d.extent[d.rank++] = S::value.extent[i];
      else if (Keep) d.extent[d.rank++] = 1;
    }
    d.bounded = S::value.bounded && !(Axes & 1);
    return d;
  }();
};

/// How many elements go into one result, or 1 over that: constant, or with the rows and lengths present in this run.
constexpr handle count_in(builder& g, const dims& s, unsigned axes, bool inverse) {
  int n = 1;
  for (int i = 0; i < s.rank; ++i)
    if (axes >> i & 1) n *= s.extent[i];
  handle lengths{&g, -1};
  for (int k = 0; k < g.n_lengths; ++k)
    for (; n % g.lengths[k].traced == 0; n /= g.lengths[k].traced) lengths = lengths.empty() ? g.length(k, inverse) : lengths * g.length(k, inverse);
  handle fixed = g.constant(inverse ? 1.0 / n : n);
  if (s.bounded && (axes & 1)) fixed = g.batch_rows(inverse) * (inverse ? double(g.batch_bound) / n : double(n) / g.batch_bound);
  return lengths.empty() ? fixed : n == 1 ? lengths : fixed * lengths;
}

/// The shared front of all reductions: checks the axes, calls `reduce(handle, axes)`, shapes the result.
template <bool Keep, int... Axis, class S, class T, class F> constexpr auto reduction(var<S, T> x, std::string_view called, source_line at, F reduce) {
  if constexpr (axes_fit<Axis...>(S::value)) {
    constexpr unsigned axes = axes_of<Axis...>(S::value);
    const call_mark here(*x.h.graph, called, {x.h}, {{"axes", axis_set{axes}}, {"keep_dims", Keep}});
    using R = reduced_shape<S, axes, Keep>;
    using Y = decltype(reduce(x.h, axes, T{}));
    return here.gives(var<to_shape<R>, typename Y::type>{reshape(reduce(x.h, axes, T{}).h, R::value)});
  } else {
    constexpr int axis = first_misfit<Axis...>(S::value);
    x.h.graph->line = at.value;
    x.h.graph->complain(called, "<", axis, ">", at_path{}, ": axis ", axis, " is out of range for ", S::value, ", rank ", S::value.rank);
    using Y = decltype(reduce(x.h, 0u, T{}));
    return var<shape<>, typename Y::type>{x.h.graph->constant(0)};
  }
}
template <class T> struct typed_result {
  using type = T;
  handle h;
};
/// What elements of type T add up to: truth values to their number, small integers to larger ones, small floating point to the
/// program's.
template <class T> using total_of = cpp_type<!is_whole(dtype_of<T>) ? (dtype_of<T> == dtype::boolean ? dtype::int32 : is_narrow_float(dtype_of<T>) ? dtype::real_type : dtype_of<T>)
                                             : size_of(dtype_of<T>) >= 4 ? dtype_of<T> : is_unsigned(dtype_of<T>) ? dtype::uint32 : dtype::int32>;
struct reduce_sum {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const {
    return typed_result<total_of<T>>{sum_axes(std::is_same_v<T, bool> ? as_type(a, dtype::int32) : a, axes)};
  }
};
struct reduce_max {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const { return typed_result<T>{max_axes(a, axes)}; }
};
struct reduce_min {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const { return typed_result<T>{as_type(in_opposite_order(max_axes(in_opposite_order(a), axes)), dtype_of<T>)}; }
};
struct reduce_product {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const {
    return typed_result<total_of<T>>{product_axes(std::is_same_v<T, bool> ? as_type(a, dtype::int32) : a, axes)};
  }
};
constexpr handle mean_axes(handle a, unsigned axes) { return sum_axes(as_number(a), axes) * count_in(*a.graph, a.shape(), axes, true); }
struct reduce_mean {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const { return typed_result<real>{mean_axes(a, axes)}; }
};
/// What a second pass over a - mean(a) finds: how far that mean was off by rounding, and the variance about the true one. The
/// derivative of the former is 0.
///
/// Source     Chan, Golub and LeVeque 1983, equation 1.7
struct second_moments {
  handle off, variance;
};
constexpr second_moments moments_about_mean(handle centred, unsigned axes) {
  const handle off = stop_gradient(mean_axes(centred, axes));
  return {off, maximum(mean_axes(centred * centred, axes) - off * off, 0)};
}
struct reduce_variance {
  template <class T> constexpr auto operator()(handle a, unsigned axes, T) const {
    return typed_result<real>{moments_about_mean(a - mean_axes(a, axes), axes).variance};
  }
};
template <bool Keep, class Reduce, int... Axis> struct reduction_function {
  template <class S, class T> static constexpr auto traced(var<S, T> x) { return reduction<Keep, Axis...>(x, "reduction", {}, Reduce{}); }
};

}  // namespace detail

/// Reductions over the axes `Axis...` (none: over everything; negative ones count from the end).
///
/// Shape      x: S  ->  y: S without those axes, or with extent 1 there if `keep_dims` is given
/// Errors     an axis out of range
/// Gradient   sum: dy repeated; mean: dy / n; max, min: dy shared among ties; variance: 2 (x - mean) dy / n; product: dy
///            times the product of the others, right at zeros (quadratic in the number of factors; its own gradient cubic, and
///            none over the batch)
/// Numerics   a fixed tree of partial sums, the same on every backend; variance is that of the population, in two passes, the
///            second corrected for the rounding of the mean
template <int... Axis, class S, class T> constexpr auto sum(var<S, T> x, source_line at = {}) { return detail::reduction<false, Axis...>(x, "sum", at, detail::reduce_sum{}); }
template <int... Axis, class S, class T> constexpr auto sum(var<S, T> x, keep_dims_t, source_line at = {}) { return detail::reduction<true, Axis...>(x, "sum", at, detail::reduce_sum{}); }
template <int... Axis, class S, class T> constexpr auto mean(var<S, T> x, source_line at = {}) { return detail::reduction<false, Axis...>(x, "mean", at, detail::reduce_mean{}); }
template <int... Axis, class S, class T> constexpr auto mean(var<S, T> x, keep_dims_t, source_line at = {}) { return detail::reduction<true, Axis...>(x, "mean", at, detail::reduce_mean{}); }
template <int... Axis, class S, class T> constexpr auto max(var<S, T> x, source_line at = {}) { return detail::reduction<false, Axis...>(x, "max", at, detail::reduce_max{}); }
template <int... Axis, class S, class T> constexpr auto max(var<S, T> x, keep_dims_t, source_line at = {}) { return detail::reduction<true, Axis...>(x, "max", at, detail::reduce_max{}); }
template <int... Axis, class S, class T> constexpr auto min(var<S, T> x, source_line at = {}) { return detail::reduction<false, Axis...>(x, "min", at, detail::reduce_min{}); }
template <int... Axis, class S, class T> constexpr auto min(var<S, T> x, keep_dims_t, source_line at = {}) { return detail::reduction<true, Axis...>(x, "min", at, detail::reduce_min{}); }
template <int... Axis, class S, class T> constexpr auto variance(var<S, T> x, source_line at = {}) { return detail::reduction<false, Axis...>(x, "variance", at, detail::reduce_variance{}); }
template <int... Axis, class S, class T> constexpr auto variance(var<S, T> x, keep_dims_t, source_line at = {}) { return detail::reduction<true, Axis...>(x, "variance", at, detail::reduce_variance{}); }

template <int... Axis, class S, class T> constexpr auto product(var<S, T> x, source_line at = {}) {
  return detail::reduction<false, Axis...>(x, "product", at, detail::reduce_product{});
}
template <int... Axis, class S, class T> constexpr auto product(var<S, T> x, keep_dims_t, source_line at = {}) {
  return detail::reduction<true, Axis...>(x, "product", at, detail::reduce_product{});
}

}  // namespace tfx
