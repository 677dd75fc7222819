// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/nn/layer.hpp>
#include <tfx/ops/arithmetic.hpp>
#include <tfx/ops/reshape.hpp>

namespace tfx::nn {

struct flatten {
  static constexpr bool transparent = true;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::flatten(x); }
};
/// [batch, ...] -> [batch, Extent...].
template <int... Extent> struct reshape {
  static constexpr bool transparent = true;
  int line = __builtin_LINE();
  template <class S, class T> constexpr auto operator()(var<S, T> x) const { return tfx::reshape<S::value.extent[0], Extent...>(x, line); }
};

namespace detail {
template <int I, class L> struct slot {
  [[no_unique_address]] L layer;
};
/// A fold, not a recursion: how deep an error's context is does not depend on the layer's position.
template <class X> struct link {
  X x;
  template <class L> constexpr auto operator>>(const L& layer) const { return link<decltype(call_layer(layer, x))>{call_layer(layer, x)}; }
};
template <class Sequence, class... L> struct sequence;
template <std::size_t... I, class... L> struct sequence<std::index_sequence<I...>, L...> : slot<int(I), L>... {
  static constexpr bool transparent = true;
  constexpr explicit sequence(L... layer) : slot<int(I), L>{layer}... {}
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    return (link<var<S, T>>{x} >> ... >> static_cast<const slot<int(I), L>&>(*this).layer).x;
  }
};
}  // namespace detail

/// Layers one after the other.
template <class... L> constexpr auto sequential(L... layer) { return detail::sequence<std::index_sequence_for<L...>, L...>(layer...); }

template <int Count, class F> struct repeated {
  static constexpr bool transparent = true;
  F f;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    builder& g = *x.h.graph;
    scope all(g, "repeat");
    for (int i = 0; i < Count; ++i) {
      scope one(g, i);
      using Y = decltype(call_layer(f, x));
      if constexpr (std::is_same_v<Y, var<S, T>>) {
        x = call_layer(f, x);
      } else {
        (void)call_layer(f, x);
        g.complain("repeat", at_path{}, ": the body changes the shape from ", S::value, " to ", Y::dim);
      }
    }
    return x;
  }
};
/// The same structure `Count` times, each with its own parameters.
template <int Count, class F> constexpr auto repeat(F f) { return repeated<Count, F>{f}; }

template <class F> struct residual_layer {
  static constexpr bool transparent = true;
  F f;
  int line;
  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    builder& g = *x.h.graph;
    scope here(g, "residual");
    const auto y = call_layer(f, x);
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(y)>, var<S, T>>) {
      return x + y;
    } else {
      g.line = line;
      g.complain("residual", at_path{}, ": the branch changes the shape from ", S::value, " to ", std::remove_cvref_t<decltype(y)>::dim);
      return x;
    }
  }
};
/// x + f(x).
template <class F> constexpr auto residual(F f, int line = __builtin_LINE()) { return residual_layer<F>{f, line}; }

template <class F> struct named_layer {
  static constexpr bool transparent = true;
  std::string_view label;
  F f;
  template <class S, class T, class... X> constexpr auto operator()(var<S, T> x, X... more) const {
    builder& g = *x.h.graph;
    scope here(g, label);
    g.pending = label_of<F>;
    return f(x, more...);
  }
};
/// A layer under a name of one's choice instead of its own.
template <class F> constexpr auto named(std::string_view label, F f) { return named_layer<F>{label, f}; }

template <class F> struct shared_layer {
  static constexpr bool transparent = true;
  std::string_view label;
  F f;
  template <class S, class T, class... X> constexpr auto operator()(var<S, T> x, X... more) const {
    builder& g = *x.h.graph;
    scope here(g, label, scope::root_t{});
    g.pending = label_of<F>;
    return f(x, more...);
  }
};
/// A layer whose parameters are the same wherever it is called; its path starts at the root.
template <class F> constexpr auto shared(std::string_view label, F f) { return shared_layer<F>{label, f}; }

template <class F> struct frozen_layer {
  static constexpr bool transparent = true;
  F f;
  template <class S, class T, class... X> constexpr auto operator()(var<S, T> x, X... more) const {
    builder& g = *x.h.graph;
    g.frozen++;
    const auto y = call_layer(f, x, more...);
    g.frozen--;
    return y;
  }
};
template <bool Training, class F> struct mode_layer {
  static constexpr bool transparent = true;
  F f;
  template <class S, class T, class... X> constexpr auto operator()(var<S, T> x, X... more) const {
    builder& g = *x.h.graph;
    const bool around = g.training;
    g.training = Training;
    ++g.modes_given;
    const auto y = call_layer(f, x, more...);
    --g.modes_given;
    g.training = around;
    return y;
  }
};
template <class Format, class F> struct precision_layer {
  static constexpr bool transparent = true;
  F f;
  template <class S, class T, class... X> constexpr auto operator()(var<S, T> x, X... more) const {
    builder& g = *x.h.graph;
    const dtype around = g.precision;
    g.precision = is_narrow_float(dtype_of<Format>) ? dtype_of<Format> : dtype::real_type;
    const auto y = call_layer(f, x, more...);
    g.precision = around;
    return y;
  }
};
/// A layer whose products and convolutions round their operands and results to `Format`, bfloat16 or float16; `real` switches
/// that off for a layer inside. Everything else computes as it does, on the rounded values; parameters, the optimizer's memory
/// and the end of the network stay as they are, and gradients are rounded where values are.
///
///     inline constexpr auto net = nn::in_precision<bfloat16>(nn::sequential(nn::dense<128>{}, nn::relu{}, nn::dense<10>{}));
///
/// Source     Micikevicius et al. 2018
template <class Format, class F> constexpr auto in_precision(F f) { return precision_layer<Format, F>{f}; }

/// A layer whose parameters are not trained; gradients still flow through it.
template <class F> constexpr auto frozen(F f) { return frozen_layer<F>{f}; }

/// A layer as it is used: nothing drops out, and batch normalisation takes its running statistics, whatever is around it.
///
///     auto target = nn::evaluating(nn::frozen(teacher))(x);
template <class F> constexpr auto evaluating(F f) { return mode_layer<false, F>{f}; }
/// A layer as it is trained: also in a program that minimises nothing, such as one that only moves running statistics.
template <class F> constexpr auto training(F f) { return mode_layer<true, F>{f}; }

}  // namespace tfx::nn
