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

/// [batch, steps, features] -> [batch, units], and the shape of a layer's result.
template <class S, int Units> struct recurrent_state {
  static constexpr dims value{2, {S::value.rank ? S::value.extent[0] : 1, Units}, S::value.bounded};
};
template <class S, int Units> struct recurrent_sequence {
  static constexpr dims value{3, {S::value.rank ? S::value.extent[0] : 1, S::value.rank > 1 ? S::value.extent[1] : 1, Units}, S::value.bounded};
};
template <class S, int Units> constexpr auto zero_state(builder& g) {
  using R = recurrent_state<S, Units>;
  return var<to_shape<R>>{expand(g.constant(0), R::value)};
}

/// The last state or all states, with the batch in front.
template <bool Sequences, class Last, class All> constexpr auto recurrent_result(Last last, All all) {
  if constexpr (Sequences) return batch_first(all);
  else return last;
}

/// Does a recurrent layer fit its input? `called` is the layer's name.
template <class S, class T> constexpr bool fits_recurrent(var<S, T> x, std::string_view called, int units) {
  if (S::value.rank == 3) return true;
  x.h.graph->complain(called, "<", units, ">", at_path{}, " expects [batch, steps, features], got ", S::value);
  return false;
}

}  // namespace detail
}  // namespace tfx
