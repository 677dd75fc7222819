// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/core/bundle.hpp>
#include <tfx/geometry/gather.hpp>
#include <tfx/ops/arithmetic.hpp>

// Loops and branches of traced code. What is carried is one handle, or several in a `bundle` (or in anything else that
// structured bindings take apart by number, such as std::tuple). Bodies may read every handle around them and write states.
namespace tfx {

/// `Steps` values of shape S, one after the other: what `scan` takes apart and puts together where the batch is bounded. (A
/// tensor's batch is its leading axis, so [steps, batch, ...] with a bounded batch is no tensor. See `time_first`.)
template <int Steps, class S, class Type = real> struct sequence {
  handle h;
};

namespace detail {

template <class X> inline constexpr bool is_sequence = false;
template <int Steps, class S, class T> inline constexpr bool is_sequence<sequence<Steps, S, T>> = true;

/// One value, or a sequence of them.
template <class X> concept single = typed_handle<X> || is_sequence<std::remove_cvref_t<X>>;
template <class X> concept several = !single<X> && requires { std::tuple_size<X>::value; };
/// Without <tuple>, so through what the type itself offers.
template <std::size_t I, class X> constexpr auto part_of(const X& x) {
  if constexpr (requires { x.template get<I>(); }) return x.template get<I>();
  else return get<I>(x);
}
template <class X> inline constexpr bool is_carried = single<X>;
template <several X> inline constexpr bool all_single = []<std::size_t... I>(std::index_sequence<I...>) {
  return (true && ... && single<decltype(part_of<I>(std::declval<const X&>()))>);
}(std::make_index_sequence<std::tuple_size<X>::value>{});
template <several X> inline constexpr bool is_carried<X> = std::tuple_size<X>::value > 0 && all_single<X>;

template <class X> constexpr std::size_t parts_in() {
  if constexpr (single<X>) return 1;
  else return std::tuple_size<X>::value;
}
template <std::size_t I, class X> constexpr auto part(const X& x) {
  if constexpr (single<X>) return x;
  else return part_of<I>(x);
}
template <std::size_t I, class X> using part_type = decltype(part<I>(std::declval<const X&>()));

/// What holds parts of other types: std::tuple and the like stay what they are, anything else becomes a bundle.
template <class X, class... Part> struct rebound {
  using type = bundle<Part...>;
};
template <template <class...> class Holder, class... Old, class... Part> requires(sizeof...(Old) == sizeof...(Part))
struct rebound<Holder<Old...>, Part...> {
  using type = Holder<Part...>;
};

/// f of every part: in the same type where the parts keep theirs.
template <class X, class F> constexpr auto each(const X& x, F f) {
  if constexpr (single<X>) {
    return f(x);
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      if constexpr ((std::is_same_v<decltype(f(part<I>(x))), part_type<I, X>> && ...)) return X{f(part<I>(x))...};
      else return typename rebound<X, decltype(f(part<I>(x)))...>::type{f(part<I>(x))...};
    }(std::make_index_sequence<parts_in<X>()>{});
  }
}

template <class S> struct row_of {
  static constexpr dims value = unstacked(S::value);
};
template <int Steps, class S> struct rows_of {
  static constexpr dims value = stacked(Steps, S::value);
};
template <class X> inline constexpr int steps_of = X::dim.rank && !X::dim.bounded ? X::dim.extent[0] : 0;
template <int Steps, class S, class T> inline constexpr int steps_of<sequence<Steps, S, T>> = Steps;

/// What one iteration sees of the values that a scan takes apart.
template <class S, class T> constexpr auto row_at(builder& g, int region, var<S, T> x) {
  const handle all = same_extents(x.h.shape(), S::value) ? x.h : expand(x.h, S::value);
  return var<to_shape<row_of<S>>, T>{slice_at(g, region, adopt(g, all.id), row_of<S>::value, false)};
}
template <int Steps, class S, class T> constexpr auto row_at(builder& g, int region, sequence<Steps, S, T> x) {
  return var<S, T>{slice_at(g, region, adopt(g, x.h.id), S::value, false)};
}
/// The values of all iterations.
template <int Steps, class S, class T> constexpr auto all_rows(builder& g, var<S, T> pinned) {
  const handle all = stack_of(g, pinned.h.id);
  if constexpr (S::value.bounded) return sequence<Steps, S, T>{all};
  else if constexpr (S::value.rank == max_rank) {
    g.complain("scan", at_path{}, ": ", S::value, " is kept of every iteration, and the iterations would be the seventh axis");
    return pinned;
  } else return var<to_shape<rows_of<Steps, S>>, T>{all};
}

/// The checks of one loop or branch, and the sentences about it.
struct control_checks {
  builder& g;
  std::string_view called;
  int line;

  /// What is recorded now was written where the loop was called.
  constexpr void here() const { g.line = line; }
  template <class... Piece> constexpr void complain(const Piece&... piece) const {
    here();
    g.complain(called, at_path{}, piece...);
  }
  template <class V> constexpr void say_value() const {
    if (dtype_of<typename V::value_type> != dtype::real_type) {
      g.say(name_of(dtype_of<typename V::value_type>));
      g.say(" ");
    }
    g.say(V::dim);
  }
  /// `who` returns one thing where another was expected: both are shapes, or counts of values.
  template <class Given, class Returned> constexpr void compare(std::string_view who, std::string_view what, std::string_view expected) const {
    constexpr std::size_t n = parts_in<Given>();
    if constexpr (!is_carried<Returned>) {
      complain(": ", who, " returns something other than traced values as ", what);
    } else if constexpr (parts_in<Returned>() != n) {
      complain(": ", who, " returns ", int(parts_in<Returned>()), " values as ", what, ", ", expected, " ", int(n));
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (compare_part<part_type<I, Given>, part_type<I, Returned>>(who, what, expected, int(I), n > 1), ...);
      }(std::make_index_sequence<n>{});
    }
  }

 private:
  template <class Given, class Returned>
  constexpr void compare_part(std::string_view who, std::string_view what, std::string_view expected, int index, bool numbered) const {
    if constexpr (!std::is_same_v<Given, Returned> && typed_handle<Given> && typed_handle<Returned>) {
      if (!g.right()) return;
      if (numbered) complain(": ", who, " returns value ", index, " of ", what, " as ");
      else complain(": ", who, " returns ", what, " as ");
      say_value<Returned>();
      g.say(", ");
      g.say(expected);
      g.say(" ");
      say_value<Given>();
      if (same_extents(Given::dim, Returned::dim) && Given::dim.bounded != Returned::dim.bounded) g.say("; only one of them follows the batch");
    } else if constexpr (!std::is_same_v<Given, Returned>) {
      complain(": ", who, " returns a sequence as ", what);
    }
  }
};
/// Are the values what was expected?
template <class Given, class Returned> inline constexpr bool agree = [] {
  if constexpr (!is_carried<Returned>) return false;
  else if constexpr (parts_in<Given>() != parts_in<Returned>()) return false;
  else return []<std::size_t... I>(std::index_sequence<I...>) {
    return (std::is_same_v<part_type<I, Given>, part_type<I, Returned>> && ...);
  }(std::make_index_sequence<parts_in<Given>()>{});
}();

template <class X> constexpr builder& graph_in(const X& x) { return *part<0>(x).h.graph; }
template <class C> constexpr C carries_for(const C& init) {
  return each(init, []<class V>(V v) { return V{new_carry(v.h, V::dim)}; });
}
template <class C, class Next> constexpr void close_carries(const control_checks& check, const C& carry, const Next& next) {
  check.here();
  check.compare<C, Next>("the body", "the carry", "it was given as");
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    if constexpr (agree<C, Next>) (set_next(part<I>(carry).h, part<I>(next).h), ...);
    else (set_next(part<I>(carry).h, part<I>(carry).h), ...);
  }(std::make_index_sequence<parts_in<C>()>{});
}
template <class C> constexpr C finals_of(const C& carry, int loop) {
  return each(carry, [loop](auto v) { return decltype(v){final_of(v.h, loop)}; });
}
template <class Y> constexpr Y pinned(const Y& y) {
  return each(y, []<class V>(V v) { return V{pin(v.h, V::dim)}; });
}

template <class X> inline constexpr bool is_pair = false;
template <several X> requires(std::tuple_size<X>::value == 2) inline constexpr bool is_pair<X> = true;

}  // namespace detail

/// Traced values that a loop can carry.
template <class X> concept carried = detail::is_carried<std::remove_cvref_t<X>>;

namespace detail {
template <class X> inline constexpr int first_steps = steps_of<part_type<0, X>>;
template <class X> inline constexpr bool equal_steps = []<std::size_t... I>(std::index_sequence<I...>) {
  return ((steps_of<part_type<I, X>> == first_steps<X>) && ...);
}(std::make_index_sequence<parts_in<X>()>{});

template <class X> constexpr void complain_steps(const control_checks& check) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    auto one = [&]<class V>(std::type_identity<V>) {
      if constexpr (typed_handle<V>) {
        if (V::dim.rank == 0) check.complain(" takes its values apart along the leading axis, got one number");
        else if (V::dim.bounded) check.complain(" takes its values apart along the leading axis, which is the batch in ", V::dim, "; use time_first");
      }
      if (steps_of<V> != first_steps<X>) check.complain(": the values to take apart have ", first_steps<X>, " and ", steps_of<V>, " rows");
    };
    (one(std::type_identity<part_type<I, X>>{}), ...);
  }(std::make_index_sequence<parts_in<X>()>{});
}
}  // namespace detail

/// A loop over the rows of `xs`, carrying values from one iteration to the next.
///
///     auto [last, all] = scan([&](auto h, auto x) { auto n = tanh(matmul(x, w) + matmul(h, u)); return std::pair{n, n}; }, h0, xs);
///
/// The body is traced once, however many rows there are; it returns the next carry and what to keep of this iteration.
///
/// Shape      body: (C, row of X) -> pair{C, Y};  init: C, xs: [steps, X...]  ->  pair{C, [steps, Y...]}
/// Errors     the body returns the carry in another shape; values with different numbers of rows; a batch as leading axis
/// Gradient   the body's, iterations in the opposite order; what it needs of the forward pass is kept, or made again if cheap
template <class Body, carried Carry, carried Rows> constexpr auto scan(Body body, Carry init, Rows xs, source_line at = {}) {
  constexpr int steps = detail::first_steps<Rows>;
  builder& g = detail::graph_in(init);
  const detail::control_checks check{g, "scan", at.value};
  check.here();
  if constexpr (steps == 0 || !detail::equal_steps<Rows>) {
    detail::complain_steps<Rows>(check);
    return std::pair{init, xs};
  } else {
    region_info r;
    r.bound = steps;
    const int region = open_region(g, r);
    const Carry carry = detail::carries_for(init);
    const auto row = detail::each(xs, [&](auto x) { return detail::row_at(g, region, x); });
    if constexpr (!requires { body(carry, row); }) {
      check.complain(": the body can't be called with the carry and a row of each value");
      close_region(g);
      return std::pair{init, xs};
    } else if constexpr (!detail::is_pair<decltype(body(carry, row))>) {
      check.complain(": the body returns a pair: the next carry, and what to keep of the iteration");
      close_region(g);
      return std::pair{init, xs};
    } else {
      const auto result = body(carry, row);
      const auto kept = detail::part_of<1>(result);
      detail::close_carries(check, carry, detail::part_of<0>(result));
      if constexpr (!detail::is_carried<std::remove_cv_t<decltype(kept)>>) {
        check.complain(": the body keeps something other than traced values");
        const int loop = close_region(g);
        return std::pair{detail::finals_of(carry, loop), xs};
      } else {
        const auto pinned = detail::pinned(kept);
        const int loop = close_region(g);
        return std::pair{detail::finals_of(carry, loop), detail::each(pinned, [&](auto y) { return detail::all_rows<steps>(g, y); })};
      }
    }
  }
}

/// A loop of N iterations: body(i, carry) -> carry, with i = 0, 1, ..., N - 1.
///
/// Errors     the body returns the carry in another shape
/// Gradient   as `scan`
template <int N, class Body, carried Carry> constexpr Carry fori_loop(Body body, Carry init, source_line at = {}) {
  static_assert(N > 0, "tfx::fori_loop: at least one iteration");
  builder& g = detail::graph_in(init);
  const detail::control_checks check{g, "fori_loop", at.value};
  check.here();
  region_info r;
  r.bound = N;
  const int region = open_region(g, r);
  const Carry carry = detail::carries_for(init);
  const var<shape<>> i{iteration_of(g, region)};
  if constexpr (requires { body(i, carry); }) {
    detail::close_carries(check, carry, body(i, carry));
  } else {
    check.complain(": the body can't be called with the number of the iteration and the carry");
    detail::close_carries(check, carry, carry);
  }
  return detail::finals_of(carry, close_region(g));
}

namespace detail {
template <class P> constexpr bool check_condition(const control_checks& check, std::string_view who) {
  if constexpr (!typed_handle<P>) check.complain(": ", who, " is not a traced value");
  else if constexpr (P::dim.size() != 1) check.complain(": ", who, " is one number, got ", P::dim);
  else return true;
  return false;
}
/// The condition as one number that no gradient flows through.
template <class P> constexpr handle condition_of(builder& g, P p) {
  if constexpr (typed_handle<P>) {
    if constexpr (P::dim.size() == 1) return reshape(stop_gradient(p.h), dims{});
  }
  return g.constant(0);
}
}  // namespace detail

/// A loop for as long as test(carry) is not 0, at most `Bound` times: body(carry) -> carry.
///
/// Without a bound it can't be differentiated: what the backward pass needs would have no size.
///
/// Errors     the body returns the carry in another shape; the test is not one number
/// Gradient   as `scan`, through the iterations that ran; none through the test
template <int Bound = 0, class Test, class Body, carried Carry>
constexpr Carry while_loop(Test test, Body body, Carry init, source_line at = {}) {
  static_assert(Bound >= 0, "tfx::while_loop: the bound is a number of iterations");
  builder& g = detail::graph_in(init);
  const detail::control_checks check{g, "while_loop", at.value};
  check.here();
  if constexpr (!requires { test(init); body(init); }) {
    check.complain(": test and body can't be called with the carry");
    return init;
  } else {
    const auto first = test(init);
    if (!detail::check_condition<std::remove_cv_t<decltype(first)>>(check, "the test's result")) return init;
    const handle starts = detail::condition_of(g, first);
    region_info r;
    r.bound = Bound ? Bound : unbounded;
    r.dynamic = true;
    const int region = open_region(g, r);
    const Carry carry = detail::carries_for(init);
    const handle goes_on = new_carry(starts, dims{});
    if constexpr (Bound > 0) {
      const handle count = new_carry(g.constant(0), dims{});
      g.regions[region].counter = count.id;
      set_next(count, count + 1.0);
    }
    const auto next = body(carry);
    detail::close_carries(check, carry, next);
    if constexpr (detail::agree<Carry, std::remove_cv_t<decltype(next)>>) set_next(goes_on, detail::condition_of(g, test(next)));
    else set_next(goes_on, goes_on);
    return detail::finals_of(carry, close_region(g, goes_on.id));
  }
}

namespace detail {
template <class A, class B> constexpr A joined_branches(builder& g, int loop, const A& yes, const B& no) {
  auto one = [&](auto a, auto b) { return decltype(a){{&g, g.emit_at<join_op>(g.region, a.h.shape(), a.h.type(), 0, a.h.id, loop, b.h.id)}}; };
  if constexpr (single<A>) return one(yes, no);
  else return [&]<std::size_t... I>(std::index_sequence<I...>) { return A{one(part<I>(yes), part<I>(no))...}; }(std::make_index_sequence<parts_in<A>()>{});
}
}  // namespace detail

/// f(args...) where the condition is not 0, else g(args...). Only one of them runs; `where` computes both.
///
/// Shape      condition: one number; both functions return the same shapes
/// Errors     the condition is not one number; the functions return different shapes
/// Gradient   of the function that ran; none through the condition
template <typed_handle Condition, class F, class G, class... A>
constexpr auto cond(Condition condition, F f, G otherwise, A... args) requires(!number<G>) {
  builder& g = *condition.h.graph;
  const detail::control_checks check{g, "cond", g.line};
  if constexpr (!requires { f(args...); otherwise(args...); }) {
    check.complain(": the functions can't be called with the arguments");
    return condition;
  } else {
    detail::check_condition<Condition>(check, "the condition");
    const handle taken = detail::condition_of(g, condition);
    const int chosen = expand(taken, dims{}).id;
    region_info r;
    r.branch = true;
    r.hoist = false;
    r.sense = true;
    open_region(g, r);
    const auto yes = f(args...);
    using Yes = std::remove_cv_t<decltype(yes)>;
    using No = std::remove_cv_t<decltype(otherwise(args...))>;
    check.compare<Yes, No>("the second function", "its result", "the first");
    if constexpr (!detail::agree<Yes, No>) {
      close_region(g, chosen);
      return yes;
    } else {
      const Yes kept = detail::pinned(yes);
      close_region(g, chosen);
      r.sense = false;
      open_region(g, r);
      const No other = detail::pinned(otherwise(args...));
      const int loop = close_region(g, chosen);
      return detail::joined_branches(g, loop, kept, other);
    }
  }
}

// ---- sequences with the time axis in front

namespace detail {

/// [batch, steps, ...] as [steps, batch, ...], for a bounded batch: rows that are not present become 0.
struct time_first_op {
  static constexpr std::string_view name = "time_first";
  using attributes = sequence_geometry;
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const sequence_geometry& g, const T* const* in, int row, int col, int cols, int present) {
    const int within = row % g.rows, batch = row / g.rows % g.batch, step = row / g.rows / g.batch;
    return batch < present ? in[0][((batch * g.steps + step) * g.rows + within) * cols + col] : T(0);
  }
};
/// The way back.
struct batch_first_op {
  static constexpr std::string_view name = "batch_first";
  using attributes = sequence_geometry;
  static constexpr op_kind kind = op_kind::window;
  static constexpr int arity = 1;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope& s);
  template <class T> static TFX_INLINE constexpr T element(const sequence_geometry& g, const T* const* in, int row, int col, int cols, int) {
    const int within = row % g.rows, step = row / g.rows % g.steps, batch = row / g.rows / g.steps;
    return in[0][((step * g.batch + batch) * g.rows + within) * cols + col];
  }
};
constexpr dims exchanged(const dims& s, bool bounded) {
  dims d = s;
  d.extent[0] = s.extent[1];
  d.extent[1] = s.extent[0];
  d.bounded = bounded;
  return d;
}
/// One number per step and row: a column of its own, so that the matrix has a row for it.
constexpr handle with_columns(handle x) {
  const dims s = x.shape();
  return s.rank > 2 ? x : reshape(x, dims{3, {s.extent[0], s.extent[1], 1}, s.bounded});
}
constexpr handle bounded_time_first(handle x) {
  if (x.shape().extent[0] == 1) return reshape(x, exchanged(x.shape(), false));   // nothing moves, and the one row is present
  const handle from = with_columns(x);
  const dims s = from.shape();
  geometry g = geometry::of(sequence_geometry{s.extent[1], s.extent[0], s.rows() / (s.extent[0] * s.extent[1])});
  g.contracted = s.extent[0];
  g.contracts_batch = 1;
  const handle y{x.graph, x.graph->emit<time_first_op>(exchanged(s, false), x.type(), g, from.id)};
  return reshape(y, exchanged(x.shape(), false));
}
constexpr handle bounded_batch_first(handle x) {
  if (x.shape().extent[1] == 1) return reshape(x, exchanged(x.shape(), true));
  const handle from = with_columns(x);
  const dims s = from.shape();
  const sequence_geometry g{s.extent[0], s.extent[1], s.rows() / (s.extent[0] * s.extent[1])};
  const handle y{x.graph, x.graph->emit<batch_first_op>(exchanged(s, true), x.type(), g, from.id)};
  return reshape(y, exchanged(x.shape(), true));
}
constexpr void time_first_op::backward(gradient_scope& s) { s.add(0, bounded_batch_first(s.dy)); }
constexpr void batch_first_op::backward(gradient_scope& s) { s.add(0, bounded_time_first(s.dy)); }

template <class S> struct first_two_exchanged {
  static constexpr dims value = exchanged(S::value, false);
};
/// [batch, steps, ...]: one step of all rows.
template <class S> struct step_of_batch {
  static constexpr dims value = [] {
    dims d = unstacked(exchanged(S::value, false));
    d.bounded = S::value.bounded;
    return d;
  }();
};
template <int Steps, class S> struct batch_of_steps {
  static constexpr dims value = exchanged(stacked(Steps, S::value), true);
};

}  // namespace detail

/// [batch, steps, ...] for `scan`, which goes along the leading axis: [steps, batch, ...], as a `sequence` if the batch is bounded.
template <class S, class T> constexpr auto time_first(var<S, T> x, source_line at = {}) {
  if constexpr (S::value.rank < 2) {
    x.h.graph->line = at.value;
    x.h.graph->complain("time_first", at_path{}, " expects [batch, steps, ...], got ", S::value);
    return x;
  } else if constexpr (S::value.bounded) {
    return sequence<S::value.extent[1], to_shape<detail::step_of_batch<S>>, T>{detail::bounded_time_first(x.h)};
  } else {
    detail::axis_order order;
    for (int k = 0; k < S::value.rank; ++k) order.axis[k] = k < 2 ? 1 - k : k;
    return var<to_shape<detail::first_two_exchanged<S>>, T>{permute(x.h, order)};
  }
}
/// The way back, of what `scan` has put together.
template <class S, class T> constexpr auto batch_first(var<S, T> x, source_line at = {}) { return time_first(x, at); }
template <int Steps, class S, class T> constexpr auto batch_first(sequence<Steps, S, T> x, source_line at = {}) {
  if constexpr (S::value.rank == max_rank) {
    x.h.graph->line = at.value;
    x.h.graph->complain("batch_first", at_path{}, ": ", S::value, " of every step would have seven axes");
    return var<S, T>{x.h};
  } else return var<to_shape<detail::batch_of_steps<Steps, S>>, T>{detail::bounded_batch_first(x.h)};
}

}  // namespace tfx
