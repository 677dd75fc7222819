// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/matmul.hpp>
#include <tfx/ops/rearrange.hpp>
#include <tfx/ops/reduce.hpp>

// Several values made one: layers that are called with all of them, nn::add{}(a, b, c). In a network written as a function the
// operations of their names do the same.
namespace tfx::nn {

namespace detail {
/// together(...(together(x, y), ...), z)
template <class F, class X> constexpr auto folded(F, X x) { return x; }
template <class F, class X, class Y, class... More> constexpr auto folded(F together, X x, Y y, More... more) {
  return folded(together, together(x, y), more...);
}
}  // namespace detail

struct add {
  static constexpr bool transparent = true;
  template <typed_handle... X> requires(sizeof...(X) > 0) constexpr auto operator()(X... x) const { return (x + ...); }
};
struct subtract {
  static constexpr bool transparent = true;
  template <typed_handle X, typed_handle Y> constexpr auto operator()(X x, Y y) const { return x - y; }
};
struct multiply {
  static constexpr bool transparent = true;
  template <typed_handle... X> requires(sizeof...(X) > 0) constexpr auto operator()(X... x) const { return (x * ...); }
};
struct average {
  static constexpr bool transparent = true;
  template <typed_handle... X> requires(sizeof...(X) > 0) constexpr auto operator()(X... x) const { return (x + ...) / int(sizeof...(X)); }
};
/// The largest, and the smallest, of each element.
struct maximum {
  static constexpr bool transparent = true;
  template <typed_handle... X> requires(sizeof...(X) > 0) constexpr auto operator()(X... x) const {
    return detail::folded([](auto a, auto b) { return tfx::maximum(a, b); }, x...);
  }
};
struct minimum {
  static constexpr bool transparent = true;
  template <typed_handle... X> requires(sizeof...(X) > 0) constexpr auto operator()(X... x) const {
    return detail::folded([](auto a, auto b) { return tfx::minimum(a, b); }, x...);
  }
};
/// Side by side along an axis, by default the last.
template <int Axis = -1> struct concatenate {
  static constexpr std::string_view name = "concatenate";
  static constexpr bool transparent = true;
  template <typed_handle X, typed_handle... More> constexpr auto operator()(X x, More... more) const {
    return tfx::concatenate<Axis < 0 ? Axis + X::dim.rank : Axis>(x, more...);
  }
};
/// Products of rows, summed: [batch, C] twice -> [batch, 1], [batch, T, C] and [batch, S, C] -> [batch, T, S].
///
///     nn::dot{.normalize = true}(a, b)      of rows brought to length 1: the cosine of the angle between them
struct dot {
  static constexpr std::string_view name = "dot";
  static constexpr bool transparent = true;
  bool normalize = false;
  template <class A, class T, class B, class U> constexpr auto operator()(var<A, T> a, var<B, U> b) const {
    constexpr bool fits = A::value.rank == B::value.rank && (A::value.rank == 2 || A::value.rank == 3) && A::value.extent[0] == B::value.extent[0] &&
                          A::value.cols() == B::value.cols() && A::value.bounded == B::value.bounded;
    if constexpr (!fits) {
      a.h.graph->complain(name, at_path{}, " expects [batch, features] or [batch, steps, features] twice, got ", A::value, " and ", B::value);
      return a;
    } else {
      const auto unit = [&](auto x) { return normalize ? decltype(x){x.h / sqrt(tfx::maximum(sum_axes(x.h * x.h, 1u << (A::value.rank - 1)), 1e-14))} : x; };
      if constexpr (A::value.rank == 2) return sum<1>(unit(a) * unit(b), keep_dims);
      else return matmul(unit(a), transpose(unit(b)));
    }
  }
};

}  // namespace tfx::nn
