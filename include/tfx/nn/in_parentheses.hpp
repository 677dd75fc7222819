// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/nn/layer.hpp>

namespace tfx::nn::detail {

/// A size that cannot be meant.
inline constexpr int no_size = -2147483647 - 1;

/// What `nn::dense(8)` makes, where `nn::dense<8>{}` is meant: a layer that says so when it is called. It is the specialisation of
/// the layer for `no_size`, which a deduction guide chooses.
template <class Layer> struct in_parentheses {
  int first, second, line;
  constexpr in_parentheses(int a, int b = 0, int at = __builtin_LINE()) : first(a), second(b), line(at) {}

  template <class S, class T> constexpr auto operator()(var<S, T> x) const {
    builder& g = *x.h.graph;
    const scope s(g, Layer::name, true);
    const auto numbers = [&](const char* open, const char* close) {
      g.say(open);
      g.say(first);
      if (second != 0) {
        g.say(", ");
        g.say(second);
      }
      g.say(close);
    };
    if (!g.right()) return x;
    g.complain(Layer::name);
    numbers("(", ")");
    g.say(" (line ");
    g.say(line);
    g.say("): what decides a shape is a template argument; write nn::");
    g.say(Layer::name);
    numbers("<", ">{}");
    return x;
  }
};

}  // namespace tfx::nn::detail
