// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/control_flow.hpp>
#include <tfx/ops/matmul.hpp>

// What recurrent layers share.
namespace tfx {

/// An option of recurrent layers: the state after every step, not only after the last.
struct return_sequences_t {};
inline constexpr return_sequences_t return_sequences{};

namespace detail {

template <auto... Option> inline constexpr bool returns_sequences = (false || ... || std::is_same_v<std::remove_cvref_t<decltype(Option)>, return_sequences_t>);

/// [batch, steps, features] -> [batch, units].
template <class S, int Units> struct recurrent_state {
  static constexpr dims value{2, {S::value.rank ? S::value.extent[0] : 1, Units}, S::value.bounded};
};
template <class S, int Units> constexpr auto zero_state(builder& g) {
  using R = recurrent_state<S, Units>;
  return var<to_shape<R>>{expand(g.constant(0), R::value)};
}
/// The columns of one gate of what all gates have side by side.
template <int Units, int Gate, class Gates> constexpr auto gate_of(Gates gates) { return slice<1, Gate * Units, (Gate + 1) * Units>(gates); }

/// Does a recurrent layer fit [batch, steps, features], and perhaps a mask [batch, steps]?
template <class S, class... Mask> inline constexpr bool recurs_over = [] {
  if (S::value.rank != 3) return false;
  return (true && ... && (Mask::dim == dims{2, {S::value.extent[0], S::value.extent[1]}, S::value.bounded}));
}();
/// The sentence where it doesn't. `called` is the layer's name.
template <class S, class T, class... Mask> constexpr void complain_recurrent(var<S, T> x, std::string_view called, int units, Mask... mask) {
  builder& g = *x.h.graph;
  g.complain(called, "<", units, ">", at_path{}, " expects [batch, steps, features]");
  if constexpr (sizeof...(Mask) > 0) g.say(" and a mask [batch, steps]");
  g.say(", got ");
  g.say(S::value);
  (..., (g.say(" and "), g.say(Mask::dim)));
  ((void)mask, ...);
}

/// [steps, batch, 1] of a mask [batch, steps].
template <class M, class T> constexpr handle steps_of_mask(var<M, T> mask) {
  return time_first(expand_dims<2>(var<M>{as_number(mask.h)})).h;
}
constexpr handle steps_of_mask() { return {}; }
/// In a step's body: `next`, but `before` in the rows that the mask leaves out.
template <class V> constexpr V unless_masked(handle steps, V next, V before) {
  builder& g = *next.h.graph;
  const handle here = slice_at(g, g.region, adopt(g, steps.id), dims{2, {V::dim.extent[0], 1}, V::dim.bounded}, false);
  return V{where(here, next.h, before.h)};
}

/// step(state, now) -> state along the second axis of `inputs`. A state is a bundle, of which the first part is the result: after
/// the last step, or after every one, with the batch in front.
template <bool Sequences, class State, class Inputs, class Step>
constexpr auto over_steps(State first, Inputs inputs, handle mask, Step step, int line) {
  const auto body = [&](State state, auto now) {
    State next = step(state, now);
    if (!mask.empty())
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        next = State{unless_masked(mask, next.template get<I>(), state.template get<I>())...};
      }(std::make_index_sequence<std::tuple_size<State>::value>{});
    return bundle(next, next.template get<0>());
  };
  const auto result = scan(body, first, time_first(inputs), line);
  if constexpr (Sequences) return batch_first(result.second);
  else return result.first.template get<0>();
}

}  // namespace detail
}  // namespace tfx
