// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/loss/regression.hpp>

namespace tfx::loss {

namespace detail {
/// How far an output is on the wrong side of 1, for labels -1 and 1, or 0 and 1.
constexpr handle hinge_of(handle y, handle t) { return maximum(1 - where(t == 0, -1, t) * y, 0); }
}  // namespace detail

/// mean(max(1 - t y, 0)) over everything, for labels -1 and 1; 0 stands for -1.
struct hinge {
  static constexpr std::string_view name = "hinge";
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const { return detail::each_of(name, y, t, detail::hinge_of); }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// mean(max(1 - t y, 0)^2) over everything, for labels -1 and 1; 0 stands for -1.
struct squared_hinge {
  static constexpr std::string_view name = "squared_hinge";
  template <class L, class T, class U> constexpr var<L> each(var<L, T> y, var<L, U> t) const {
    return detail::each_of(name, y, t, [](handle a, handle b) {
      const handle d = detail::hinge_of(a, b);
      return d * d;
    });
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};
/// How far the largest other output is above that of the label less 1, mean over the rows.
///
///     max(1 + max_c (1 - t_c) y_c - sum_c t_c y_c, 0)
///
/// Shape      y: [batch, ..., C], t: the same, one-hot  ->  []
/// Source     Keras: the label's own 0 is among those of which the largest is taken
struct categorical_hinge {
  static constexpr std::string_view name = "categorical_hinge";
  template <class L, class T, class U> constexpr handle each(var<L, T> y, var<L, U> t) const {
    constexpr unsigned last = 1u << (L::value.rank - 1);
    const call_mark here(*y.h.graph, name, {y.h, t.h});
    return here.gives(maximum(1 + max_axes((1 - t.h) * y.h, last) - sum_axes(t.h * y.h, last), 0));
  }
  constexpr auto operator()(auto y, auto t, auto... weight) const { return mean_loss(*this, y, t, weight...); }
};

}  // namespace tfx::loss
