// SPDX-License-Identifier: Apache-2.0
// The approved texts of what can be wrong with loops and branches, and what they give.
#include <tuple>

#include <tfx/lower/trace.hpp>
#include <tfx/ops.hpp>
#include <tfx/ops/control_flow.hpp>

namespace {

using namespace tfx;

template <class S, class T = real> constexpr var<S, T> input(builder& b) { return {b.add_input(S::value, dtype_of<T>, "x")}; }

/// The first mistake of a traced function.
template <class Function> constexpr message mistake_of(Function f) {
  builder b;
  scope top(b);
  scope layer(b, "lstm", true);
  b.line = 12;
  f(b);
  if (b.right()) b.finish();
  return measure(b).wrong;
}
/// Is that the mistake? A lambda without captures, so that it may be written in place.
template <class Function> constexpr bool says(std::string_view text, Function f) { return std::string_view(mistake_of(f)) == text; }

static_assert(says("scan at lstm (line 31): the body returns the carry as [4, 8], it was given as [4, 16]", [](builder& b) {
  scan([](auto, auto x) { return std::pair{x, x}; }, input<shape<4, 16>>(b), input<shape<10, 4, 8>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body returns value 1 of the carry as [3], it was given as [4]", [](builder& b) {
  auto a = input<shape<4>>(b);
  scan([](auto c, auto x) { return std::pair{bundle(c.template get<0>(), x), x}; }, bundle(a, a), input<shape<10, 3>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body returns 1 values as the carry, it was given as 2", [](builder& b) {
  auto a = input<shape<4>>(b);
  scan([](auto, auto x) { return std::pair{x, x}; }, std::pair{a, a}, input<shape<10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body returns the carry as bool [4], it was given as [4]", [](builder& b) {
  scan([](auto c, auto x) { return std::pair{c > x, x}; }, input<shape<4>>(b), input<shape<10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body returns the carry as [4, 8], it was given as [4, 8]; only one of them follows the batch", [](builder& b) {
  scan([](auto, auto x) { return std::pair{x, x}; }, input<shape<-4, 8>>(b), input<shape<10, 4, 8>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body returns a pair: the next carry, and what to keep of the iteration", [](builder& b) {
  scan([](auto c, auto) { return c; }, input<shape<4>>(b), input<shape<10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body returns something other than traced values as the carry", [](builder& b) {
  scan([](auto c, auto) { return std::pair{1.0, c}; }, input<shape<4>>(b), input<shape<10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body keeps something other than traced values", [](builder& b) {
  scan([](auto c, auto) { return std::pair{c, 1.0}; }, input<shape<4>>(b), input<shape<10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the body can't be called with the carry and a row of each value", [](builder& b) {
  scan([](auto c) { return std::pair{c, c}; }, input<shape<4>>(b), input<shape<10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31): the values to take apart have 10 and 11 rows", [](builder& b) {
  auto xs = bundle(input<shape<10, 4>>(b), input<shape<11, 4>>(b));
  scan([](auto c, auto) { return std::pair{c, c}; }, input<shape<4>>(b), xs, source_line(31));
}));
static_assert(says("scan at lstm (line 31) takes its values apart along the leading axis, which is the batch in [10, 4]; use time_first", [](builder& b) {
  scan([](auto c, auto) { return std::pair{c, c}; }, input<shape<4>>(b), input<shape<-10, 4>>(b), source_line(31));
}));
static_assert(says("scan at lstm (line 31) takes its values apart along the leading axis, got one number", [](builder& b) {
  scan([](auto c, auto) { return std::pair{c, c}; }, input<shape<4>>(b), input<shape<>>(b), source_line(31));
}));
static_assert(says("fori_loop at lstm (line 31): the body returns the carry as [], it was given as [4]", [](builder& b) {
  fori_loop<3>([](auto i, auto) { return i; }, input<shape<4>>(b), source_line(31));
}));
static_assert(says("fori_loop at lstm (line 31): the body can't be called with the number of the iteration and the carry", [](builder& b) {
  fori_loop<3>([](auto c) { return c; }, input<shape<4>>(b), source_line(31));
}));
static_assert(says("while_loop at lstm (line 31): the test's result is one number, got [4]", [](builder& b) {
  while_loop([](auto c) { return c > 0; }, [](auto c) { return c; }, input<shape<4>>(b), source_line(31));
}));
static_assert(says("while_loop at lstm (line 31): the body returns the carry as [], it was given as [4]", [](builder& b) {
  while_loop([](auto c) { return sum(c) > 0; }, [](auto c) { return sum(c); }, input<shape<4>>(b), source_line(31));
}));
static_assert(says("cond at lstm (line 12): the second function returns its result as [5], the first [4]", [](builder& b) {
  cond(input<shape<>>(b), [](auto a, auto) { return a; }, [](auto, auto c) { return c; }, input<shape<4>>(b), input<shape<5>>(b));
}));
static_assert(says("cond at lstm (line 12): the condition is one number, got [3]", [](builder& b) {
  cond(input<shape<3>>(b), [](auto a) { return a; }, [](auto a) { return a; }, input<shape<4>>(b));
}));
static_assert(says("tanh at lstm (line 31): a value of a loop's or branch's body is used outside it; return it from the body", [](builder& b) {
  auto leak = input<shape<3>>(b);
  scan([&](auto h, auto x) {
    leak = h + x;
    return std::pair{h, h};
  }, input<shape<3>>(b), input<shape<5, 3>>(b), source_line(31));
  tanh(leak);
}));
static_assert(says("time_first at lstm (line 31) expects [batch, steps, ...], got [4]", [](builder& b) { time_first(input<shape<4>>(b), source_line(31)); }));
static_assert(says("while_loop (line 31) without a bound has no derivative; give it the most iterations, while_loop<N>, or stop_gradient", [](builder& b) {
  auto x = input<shape<>>(b);
  auto y = while_loop([](auto c) { return c < 10; }, [](auto c) { return c * c; }, x, source_line(31));
  list<int> wanted, names;
  wanted.push_back(x.h.id);
  names.push_back(-1);
  gradients(y.h, b.constant(1), wanted, names);
}));
// A mistake inside a body is the one that is said.
static_assert(says("matmul at lstm (line 40): inner extents differ, [4, 8] times [9, 8]", [](builder& b) {
  auto w = input<shape<9, 8>>(b);
  scan([&](auto c, auto x) { return std::pair{matmul(x, w, source_line(40)), c}; }, input<shape<4, 8>>(b), input<shape<10, 4, 8>>(b), source_line(31));
}));

template <int Depth> constexpr auto nested = [](auto, auto c) { return fori_loop<2>(nested<Depth - 1>, c, source_line(31)); };
template <> constexpr auto nested<0> = [](auto, auto c) { return tanh(c); };
static_assert(says("more than 6 loops inside one another (line 31)", [](builder& b) { nested<7>(0, input<shape<4>>(b)); }));
static_assert(says("", [](builder& b) { nested<6>(0, input<shape<4>>(b)); }));
static_assert(says("scan at lstm (line 31): [1, 1, 1, 1, 1, 2] is kept of every iteration, and the iterations would be the seventh axis", [](builder& b) {
  scan([](auto c, auto) { return std::pair{c, c}; }, input<shape<1, 1, 1, 1, 1, 2>>(b), input<shape<3>>(b), source_line(31));
}));

// What comes back.
template <class Function> constexpr bool gives(Function f) {
  builder b;
  scope top(b);
  return f(b) && b.right();
}
static_assert(gives([](builder& b) {
  auto r = scan([](auto c, auto x) { return std::pair{c, bundle(x, c)}; }, input<shape<2, 3>>(b), input<shape<5, 7>>(b));
  using R = std::pair<var<shape<2, 3>>, bundle<var<shape<5, 7>>, var<shape<5, 2, 3>>>>;
  return std::is_same_v<decltype(r), R>;
}));
static_assert(gives([](builder& b) {
  auto r = scan([](auto c, auto x) { return std::tuple{std::tuple{std::get<1>(c), std::get<0>(c)}, std::get<0>(x)}; },
                std::tuple{input<shape<3>>(b), input<shape<3>>(b)}, std::tuple{input<shape<5, 7>>(b), input<shape<5>>(b)});
  return std::is_same_v<decltype(r), std::pair<std::tuple<var<shape<3>>, var<shape<3>>>, var<shape<5, 7>>>>;
}));
static_assert(gives([](builder& b) {
  auto r = scan([](auto c, auto x) { return std::pair{c, x}; }, input<shape<-4, 3>>(b), time_first(input<shape<-4, 6, 5>>(b))).second;
  return std::is_same_v<decltype(r), sequence<6, shape<-4, 5>>> && std::is_same_v<decltype(batch_first(r)), var<shape<-4, 6, 5>>>;
}));
static_assert(gives([](builder& b) {
  auto x = input<shape<4, 6, 5>>(b);
  return std::is_same_v<decltype(time_first(x)), var<shape<6, 4, 5>>> && std::is_same_v<decltype(batch_first(time_first(x))), decltype(x)> &&
         batch_first(time_first(x)).h.id == x.h.id;
}));

// Work that does not depend on the iteration is outside the body.
static_assert(gives([](builder& b) {
  auto w = input<shape<3>>(b);
  int inside = -1;
  scan([&](auto c, auto x) {
    auto invariant = tanh(w) * 2;
    inside = b.nodes[invariant.h.id].region;
    return std::pair{c + x * invariant, c};
  }, w, input<shape<5, 3>>(b));
  return inside == 0;
}));

}  // namespace
