// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/carried.hpp>
#include <tfx/ops/time_first.hpp>

// Loops and branches of traced code. What is carried is one handle, or several in a `bundle` (or in anything else that
// structured bindings take apart by number, such as std::tuple). Bodies may read every handle around them and write states.
namespace tfx {

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

}  // namespace tfx
