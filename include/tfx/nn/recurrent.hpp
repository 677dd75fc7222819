// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/graph/step_mask.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/control_flow.hpp>
#include <tfx/ops/matmul.hpp>

// What recurrent layers share: all but the step from one state to the next.
namespace tfx {

/// An option of recurrent layers: the state after every step, not only after the last.
struct return_sequences_t {};
inline constexpr return_sequences_t return_sequences{};

/// An option of recurrent layers: behind the result come the parts of the state after the last step, `auto [y, h, c] = ...`.
struct return_state_t {};
inline constexpr return_state_t return_state{};

/// The parts of the state that a recurrent layer begins with, [batch, units] each; else they are zeros.
///
///     auto y = nn::lstm<64>{}(x, initial_state(h, c));
template <typed_handle... Part> struct initial_state_t {
  bundle<Part...> parts;
};
template <typed_handle... Part> constexpr initial_state_t<Part...> initial_state(Part... part) { return {bundle<Part...>(part...)}; }

namespace detail {

template <class X> inline constexpr bool is_initial_state = false;
template <class... Part> inline constexpr bool is_initial_state<initial_state_t<Part...>> = true;
template <class Wanted, auto... Option> inline constexpr bool has_option = (false || ... || std::is_same_v<std::remove_cvref_t<decltype(Option)>, Wanted>);

/// Several of the same.
template <class V, std::size_t> using same_type = V;
template <class V, class Count> struct bundle_of_same;
template <class V, std::size_t... I> struct bundle_of_same<V, std::index_sequence<I...>> {
  using type = bundle<same_type<V, I>...>;
  static constexpr type all(V v) { return type((static_cast<void>(I), v)...); }
};

/// The call of a recurrent layer on [batch, steps, features], perhaps with a mask [batch, steps] and an initial state.
template <class Layer, class S> struct recurrent_call {
  static constexpr int units = Layer::units;
  struct mask_shape {
    static constexpr dims value{2, {S::value.rank ? S::value.extent[0] : 1, S::value.rank > 1 ? S::value.extent[1] : 1}, S::value.bounded};
  };
  struct state_shape {
    static constexpr dims value{2, {mask_shape::value.extent[0], units}, S::value.bounded};
  };
  using part = var<to_shape<state_shape>>;
  using parts = bundle_of_same<part, std::make_index_sequence<Layer::states>>;
  using state = typename parts::type;

  template <class X> static constexpr bool fits_one() {
    if constexpr (is_var<X>) return X::dim == mask_shape::value;
    else if constexpr (is_initial_state<X>) return std::is_same_v<decltype(X::parts), state>;
    else return false;
  }
  template <class... More> static constexpr bool fits =
      S::value.rank == 3 && (true && ... && fits_one<More>()) && (0 + ... + int(is_var<More>)) < 2 && (0 + ... + int(is_initial_state<More>)) < 2;

  /// The given mask, else that which x has.
  template <class X> static constexpr handle mask_of(X x) { return step_mask(x.h); }
  template <class X, class First, class... More> static constexpr handle mask_of(X x, First first, More... more) {
    if constexpr (is_var<First>) return first.h;
    else return mask_of(x, more...);
  }
  static constexpr state first(builder& g) { return parts::all(part{expand(g.constant(0), part::dim)}); }
  template <class First, class... More> static constexpr state first(builder& g, First first_of, More... more) {
    if constexpr (is_initial_state<First>) return first_of.parts;
    else return first(g, more...);
  }

  /// The sentence where something doesn't fit.
  template <class X, class... More> static constexpr X complain(X x, More... more) {
    builder& g = *x.h.graph;
    g.complain(Layer::name, "<", units, ">", at_path{}, " expects [batch, steps, features]");
    if constexpr ((false || ... || is_var<More>)) g.say(" and a mask [batch, steps]");
    if constexpr ((false || ... || is_initial_state<More>)) g.say(Layer::states == 1 ? " and an initial state [batch, units]" : " and an initial state of two parts [batch, units]");
    g.say(", got ");
    g.say(S::value);
    (say(g, more), ...);
    return x;
  }
  template <class M, class T> static constexpr void say(builder& g, var<M, T>) {
    g.say(" and ");
    g.say(M::value);
  }
  template <class... P> static constexpr void say(builder& g, initial_state_t<P...>) { (say(g, P{}), ...); }
  template <class X> static constexpr void say(builder& g, X) { g.say(" and something else"); }
};

/// The columns of one gate of what all gates have side by side.
template <int Units, int Gate, class Gates> constexpr auto gate_of(Gates gates) { return slice<1, Gate * Units, (Gate + 1) * Units>(gates); }

/// In a step's body: `next`, but `before` in the rows that the mask, [steps, batch, 1], leaves out.
template <class V> constexpr V unless_masked(handle steps, V next, V before) {
  builder& g = *next.h.graph;
  const handle here = slice_at(g, g.region, adopt(g, steps.id), dims{2, {V::dim.extent[0], 1}, V::dim.bounded}, false);
  return V{where(here, next.h, before.h)};
}
/// [steps, batch, 1] of a mask [batch, steps].
template <class Mask> constexpr handle steps_of_mask(handle mask) {
  return mask.empty() ? mask : time_first(expand_dims<2>(var<to_shape<Mask>>{as_number(mask)})).h;
}

/// A recurrent layer: `next(now, own, state)` is the state after a step, of which the first part is the result. `now` is what the
/// step makes of x for all gates, `own` the same of that first part.
///
/// The bias has a row for each of the two where Layer::biases is 2.
template <auto... Option, class Layer, class S, class T, class... More>
constexpr auto recur(const Layer& layer, var<S, T> x, More... more) {
  using call = recurrent_call<Layer, S>;
  constexpr bool sequences = has_option<return_sequences_t, Option...>, states = has_option<return_state_t, Option...>;
  const nn::layer_scope here(x, layer, {{"units", Layer::units}, {"return_sequences", sequences}, {"bias", layer.bias}});
  if constexpr (!call::template fits<More...>) {
    return call::complain(x, more...);
  } else {
    constexpr int features = S::value.extent[2], units = Layer::units, columns = Layer::gates * units;
    using offsets = std::conditional_t<Layer::biases == 2, shape<2, columns>, shape<columns>>;
    const auto kernel = param<shape<features, columns>>(x, "kernel", layer.kernel_init, features, columns);
    const auto recurrent = param<shape<units, columns>>(x, "recurrent_kernel", layer.recurrent_init, units, columns);
    var<offsets> offset{};
    if (layer.bias) offset = param<offsets>(x, "bias", layer.bias_init);
    const auto with_bias = [&]<int Row>(auto y, std::integral_constant<int, Row>) {
      if (!layer.bias) return y;
      if constexpr (Layer::biases == 2) return y + reshape<columns>(slice<0, Row, Row + 1>(offset));
      else if constexpr (Row == 0) return y + offset;
      else return y;
    };
    const handle present = call::mask_of(x, more...), mask = steps_of_mask<typename call::mask_shape>(present);

    using state = typename call::state;
    const auto body = [&](state before, auto now) {
      const auto own = with_bias(matmul(before.template get<0>(), recurrent), std::integral_constant<int, 1>{});
      state next = Layer::next(now, own, before);
      if (!mask.empty())
        [&]<std::size_t... I>(std::index_sequence<I...>) {
          next = state{unless_masked(mask, next.template get<I>(), before.template get<I>())...};
        }(std::make_index_sequence<Layer::states>{});
      return bundle(next, next.template get<0>());
    };
    const auto inputs = with_bias(matmul(x, kernel), std::integral_constant<int, 0>{});
    const auto result = scan(body, call::first(*x.h.graph, more...), time_first(inputs), layer.line);
    const auto y = [&] {
      if constexpr (sequences) return batch_first(result.second);
      else return result.first.template get<0>();
    }();
    if (sequences) set_step_mask(y.h, present);
    if constexpr (!states) return here.gives(y);
    else return here.gives([&]<std::size_t... I>(std::index_sequence<I...>) { return bundle(y, result.first.template get<I>()...); }(std::make_index_sequence<Layer::states>{}));
  }
}

}  // namespace detail
}  // namespace tfx
