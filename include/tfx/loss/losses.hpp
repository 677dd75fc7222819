// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/bundle.hpp>
#include <tfx/loss/loss.hpp>
#include <tfx/loss/penalty.hpp>

/// Losses of several outputs, weighted, and penalties, as a recipe takes them:
///
///     losses(loss::mean_squared_error{}, 0.5 * loss::softmax_cross_entropy{}) + penalty::l2{1e-5, "*/weight"}
namespace tfx {

namespace loss {

/// factor * loss.
template <class Loss> struct scaled {
  double factor;
  Loss of;
};
/// One loss for each output, in their order, and penalties; the sum is minimised.
template <class Losses, class Penalties> struct sum;
template <class... Loss, class... Penalty> struct sum<bundle<Loss...>, bundle<Penalty...>> {
  bundle<Loss...> losses;
  bundle<Penalty...> penalties;
  static constexpr int count = int(sizeof...(Loss));
  template <int K> using loss_type = std::tuple_element_t<std::size_t(K), bundle<Loss...>>;
};

}  // namespace loss

namespace detail {

template <class X> inline constexpr bool is_scaled_loss = false;
template <class L> inline constexpr bool is_scaled_loss<loss::scaled<L>> = true;
template <class X> inline constexpr bool is_loss_sum = false;
template <class L, class P> inline constexpr bool is_loss_sum<loss::sum<L, P>> = true;

template <class L> constexpr auto as_sum(L one) {
  if constexpr (is_loss_sum<L>) return one;
  else return loss::sum<bundle<L>, bundle<>>{bundle<L>(one), {}};
}
template <class Loss> constexpr double factor_of(const Loss& l) {
  if constexpr (is_scaled_loss<Loss>) return l.factor;
  else return 1;
}
/// The loss itself, of one that is scaled.
template <class Loss> constexpr const auto& unscaled(const Loss& l) {
  if constexpr (is_scaled_loss<Loss>) return l.of;
  else return l;
}
template <class Loss> using unscaled_loss = std::remove_cvref_t<decltype(unscaled(std::declval<const Loss&>()))>;

template <class... L, class... Old, class P, std::size_t... I>
constexpr auto with_penalty(const loss::sum<bundle<L...>, bundle<Old...>>& s, const P& p, std::index_sequence<I...>) {
  return loss::sum<bundle<L...>, bundle<Old..., P>>{s.losses, {s.penalties.template get<I>()..., p}};
}

}  // namespace detail

/// Losses of several outputs, in their order.
template <class... Loss> constexpr auto losses(Loss... l) { return loss::sum<bundle<Loss...>, bundle<>>{bundle<Loss...>(l...), {}}; }

namespace loss {   // beside the losses, where they are found

template <class L> requires(std::is_class_v<L> && !tfx::detail::is_loss_sum<L> && !tfx::traced<L>)
constexpr scaled<L> operator*(double factor, L l) { return {factor, l}; }
template <class L, penalty_function P> requires(std::is_class_v<L> && !penalty_function<L> && !tfx::traced<L>)
constexpr auto operator+(L l, P p) {
  const auto s = tfx::detail::as_sum(l);
  return tfx::detail::with_penalty(s, p, std::make_index_sequence<std::tuple_size<std::remove_cvref_t<decltype(s.penalties)>>::value>{});
}

}  // namespace loss

namespace penalty { using loss::operator+; }

}  // namespace tfx
