// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/bundle.hpp>
#include <tfx/graph/calls.hpp>
#include <tfx/graph/named_parameters.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/ops/reduce.hpp>
#include <tfx/optim/minimize.hpp>

namespace tfx {

/// What parameters are held to after each update, on those that a pattern of paths names.
///
///     recipe(loss::softmax_cross_entropy{}, optim::constrained(optim::adam{}, constraint::max_norm{.most = 2, .on = "*/weight"}))
///
/// A norm is Euclidean, of the weights of one output: along all axes but the last, of a vector along its one. `axes` are others.
///
/// Source     Keras, with its epsilon: norms are 1e-7 larger where they are divided by
namespace constraint {

namespace detail {
constexpr handle norms(handle p, axis_set axes) {
  const int rank = p.shape().rank;
  const unsigned along = axes.bits ? axes.bits : rank > 1 ? (1u << (rank - 1)) - 1 : 1u;
  return sqrt(sum_axes(p * p, along));
}
}  // namespace detail

/// Not below 0.
struct non_neg {
  static constexpr std::string_view name = "non_neg";
  std::string_view on = "*";
  constexpr handle of(handle p) const { return maximum(p, 0); }
};
/// Of norm 1.
struct unit_norm {
  static constexpr std::string_view name = "unit_norm";
  std::string_view on = "*";
  axis_set axes{};
  constexpr handle of(handle p) const { return p / (1e-7 + detail::norms(p, axes)); }
};
/// Of norm `most` if they are longer.
struct max_norm {
  static constexpr std::string_view name = "max_norm";
  double most = 2;
  std::string_view on = "*";
  axis_set axes{};
  constexpr handle of(handle p) const {
    const handle norm = detail::norms(p, axes);
    return p * (minimum(norm, most) / (1e-7 + norm));
  }
};
/// Of a norm between two bounds; only `share` of the way there, if that is less than 1.
struct min_max_norm {
  static constexpr std::string_view name = "min_max_norm";
  double least = 0, most = 1, share = 1;
  std::string_view on = "*";
  axis_set axes{};
  constexpr handle of(handle p) const {
    const handle norm = detail::norms(p, axes);
    return p * ((share * clip(norm, least, most) + (1 - share) * norm) / (1e-7 + norm));
  }
};

}  // namespace constraint

/// What a constraint is: the parameters that it is on, and what becomes of one.
template <class C> concept constraint_function = requires(const C& c, handle parameter) {
  { c.on } -> std::convertible_to<std::string_view>;
  { c.of(parameter) } -> std::same_as<handle>;
};

namespace detail {
/// What an optimizer that goes into a wrapper of single updates may not be: one that changes what all updates are.
template <class Optimizer> concept changes_all_updates = requires(const Optimizer& o, builder& g) { o.count(g); } || requires(const Optimizer& o, builder& g) { o.seed(g); };
}  // namespace detail

namespace optim {

/// An optimizer after whose updates parameters are held to constraints, in their order.
template <class Optimizer, constraint_function... Constraint> struct constrained_updates {
  static_assert(!tfx::detail::changes_all_updates<Optimizer>, "tfx::optim: constrained(...) goes inside of accumulate(...) and loss_scaled(...)");
  static constexpr std::string_view name = Optimizer::name;
  Optimizer inner;
  bundle<Constraint...> constraints;
  rate learning_rate = inner.learning_rate;
  double clip_norm = inner.clip_norm, clip_value = inner.clip_value;

  constexpr explicit constrained_updates(Optimizer o, Constraint... c) : inner(o), constraints(c...) {}

  constexpr shared_numbers prepare(builder& g) const {
    each([&](const auto& c) { tfx::detail::check_names_parameter(g, label_of<std::remove_cvref_t<decltype(c)>>, c.on); });
    return detail::prepared_by(inner, g);
  }
  constexpr void update(builder& g, int leaf, handle gradient, const shared_numbers& shared) const {
    tfx::detail::apply_update(inner, g, leaf, gradient, shared);
    each([&](const auto& c) {
      if (names(only{c.on}, g.name(g.leaves[leaf]))) g.write(leaf, c.of(g.read(leaf)));
    });
  }

private:
  template <class F> constexpr void each(F f) const {
    [&]<std::size_t... I>(std::index_sequence<I...>) { (f(constraints.template get<I>()), ...); }(std::index_sequence_for<Constraint...>{});
  }
};
template <class Optimizer, constraint_function... Constraint> constexpr auto constrained(Optimizer inner, Constraint... c) {
  return constrained_updates<Optimizer, Constraint...>(inner, c...);
}

/// An optimizer with decoupled weight decay: before an update, parameters that a pattern names shrink by rate * factor.
///
///     optim::decayed(optim::lion{}, 1e-2, "*/weight")
///
/// Source     Loshchilov and Hutter 2019; Keras's option `weight_decay` of every optimizer, and `exclude_from_weight_decay`
template <class Optimizer> struct decayed_updates {
  static_assert(!tfx::detail::changes_all_updates<Optimizer>, "tfx::optim: decayed(...) goes inside of accumulate(...) and loss_scaled(...)");
  static constexpr std::string_view name = Optimizer::name;
  Optimizer inner;
  double factor;
  std::string_view on;
  rate learning_rate = inner.learning_rate;
  double clip_norm = inner.clip_norm, clip_value = inner.clip_value;

  constexpr decayed_updates(Optimizer o, double by, std::string_view pattern) : inner(o), factor(by), on(pattern) {}

  constexpr shared_numbers prepare(builder& g) const {
    tfx::detail::check_names_parameter(g, "decayed", on);
    return detail::prepared_by(inner, g);
  }
  constexpr void update(builder& g, int leaf, handle gradient, const shared_numbers& shared) const {
    if (names(only{on}, g.name(g.leaves[leaf]))) {
      const handle p = g.read(leaf);
      g.write(leaf, p - p * (learning_rate.at(g, update_count(g)) * factor));
    }
    tfx::detail::apply_update(inner, g, leaf, gradient, shared);
  }
};
template <class Optimizer> constexpr auto decayed(Optimizer inner, double factor, std::string_view on = "*") {
  return decayed_updates<Optimizer>(inner, factor, on);
}

}  // namespace optim

}  // namespace tfx
