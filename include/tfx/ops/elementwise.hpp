// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <type_traits>

#include <tfx/graph/gradient_scope.hpp>
#include <tfx/graph/var.hpp>
#include <tfx/graph/control.hpp>
#include <tfx/graph/axes.hpp>
#include <tfx/lanes/lane.hpp>

namespace tfx {

/// Several derivatives, one per input; an empty handle is no contribution.
template <int Count> struct parts_of {
  handle part[Count];
};
template <class... H> constexpr parts_of<int(sizeof...(H))> parts(H... h) { return {{untyped(h)...}}; }

namespace detail {

template <class F> constexpr bool has_derivative() {
  if constexpr (F::arity == 1) return requires(handle h) { F::derivative(h, h, h); };
  else if constexpr (F::arity == 2) return requires(handle h) { F::derivative(h, h, h, h); };
  else if constexpr (F::arity == 3) return requires(handle h) { F::derivative(h, h, h, h, h); };
  else return false;
}
template <class F> constexpr void call_derivative(gradient_scope& s) {
  if constexpr (has_derivative<F>()) {
    if constexpr (F::arity == 1) {
      s.add(0, untyped(F::derivative(s.input(0), s.output(), s.dy)));
    } else if constexpr (F::arity == 2) {
      const auto d = F::derivative(s.input(0), s.input(1), s.output(), s.dy);
      for (int k = 0; k < 2; ++k)
        if (!d.part[k].empty()) s.add(k, d.part[k]);
    } else {
      const auto d = F::derivative(s.input(0), s.input(1), s.input(2), s.output(), s.dy);
      for (int k = 0; k < 3; ++k)
        if (!d.part[k].empty()) s.add(k, d.part[k]);
    }
  }
}
}  // namespace detail

/// Base of one-result-per-element operations. `Self` has `apply` over lanes, and if it can be differentiated `derivative`:
///
///     static constexpr auto apply(auto x);                          // lanes: scalar, SIMD, constexpr
///     static constexpr auto derivative(auto x, auto y, auto dy);    // traced code; y is the result
///
/// With two or three inputs `derivative` returns `parts(da, db, ...)`. Leaving it out and differentiating is a mistake that
/// names the operation. `static constexpr dtype result` fixes the element type; otherwise the inputs' types are promoted.
template <class Self> struct elementwise {
  static constexpr op_kind kind = op_kind::map;
  static constexpr int arity = lanes_applied<Self>;
  static constexpr bool differentiable = detail::has_derivative<Self>();
  static constexpr void backward(gradient_scope& s) { detail::call_derivative<Self>(s); }
};

}  // namespace tfx
