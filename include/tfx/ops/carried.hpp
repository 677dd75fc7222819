// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/core/bundle.hpp>
#include <tfx/ops/arithmetic.hpp>

// What loops and branches carry, and the sentences about it.
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

}  // namespace tfx
