// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/autodiff/transform.hpp>

namespace tfx {

namespace detail {

/// Shows its first input, the value; the others are the arguments, which only the rule reads. The reverse sweep stops
/// here and asks `Rule` instead of walking through what made the value.
template <class Rule, class Y, class... X> struct custom_gradient_op {
  static constexpr std::string_view name = "custom_gradient";
  static constexpr op_kind kind = op_kind::view;
  static constexpr int arity = -1;
  static constexpr bool differentiable = true;

  static constexpr void backward(gradient_scope& s) { apply(s, std::index_sequence_for<X...>{}); }

 private:
  template <std::size_t... I> static constexpr void apply(gradient_scope& s, std::index_sequence<I...>) {
    const auto given = as_bundle(Rule{}(X{s.input(int(I) + 1)}..., Y{s.output()}, Y{s.dy}));
    using given_type = std::remove_cvref_t<decltype(given)>;
    static_assert(std::tuple_size<given_type>::value == sizeof...(X),
                  "tfx::custom_gradient: the rule gives one derivative per argument");
    (add<X>(s, int(I) + 1, given.template get<I>()), ...);
  }
  template <class Argument, class D> static constexpr void add(gradient_scope& s, int k, D d) {
    using Given = typename D::shape_type;
    using Wanted = typename Argument::shape_type;
    if constexpr (broadcasts_to<Given, Wanted> || broadcasts_to<Wanted, Given>)
      s.add(k, d.h);  // sums where it was broadcast
    else
      s.graph.complain("custom_gradient: the derivative of argument ", k - 1, " is ", D::dim, ", the argument ",
                       Argument::dim);
  }
};

template <class F, class Rule> struct custom_gradient_of : traced_callable<custom_gradient_of<F, Rule>> {
  static_assert(
      std::is_empty_v<F> && std::is_empty_v<Rule>,
      "tfx::custom_gradient: the function and the rule capture nothing; fixed<object> makes captures part of a type");

  template <class... X> constexpr auto traced(X... x) const {
    const auto value = F{}(x...);
    using Y = std::remove_const_t<decltype(value)>;
    using op = custom_gradient_op<Rule, Y, X...>;
    return Y{{value.h.graph,
              value.h.graph->template emit<op>(Y::dim, value.h.type(), 0, spread(value.h, Y::dim).id, x.h.id...)}};
  }
};

}  // namespace detail

/// A function with a derivative of one's own: f's value, and in a gradient what `rule(x..., y, dy)` says instead of
/// what would follow from f. Several arguments: the rule returns a `bundle`, one derivative for each.
///
///     constexpr auto straight_through = custom_gradient([](auto x) { return round(x); },
///                                                       [](auto x, auto y, auto dy) { return dy; });
///
/// The rule is traced code, so it may be differentiated in turn. The value is stored where the rule takes over; nothing
/// is added to it, so its bits are f's.
template <class F, class Rule> constexpr auto custom_gradient(const F&, const Rule&) {
  return detail::custom_gradient_of<F, Rule>{};
}

}  // namespace tfx
