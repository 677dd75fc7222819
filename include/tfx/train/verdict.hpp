// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <tfx/compile/buffers.hpp>
#include <tfx/train/steps.hpp>

/// What can be wrong with a model and its uses. Each verdict has `right` and the sentence `value()`; the class that
/// uses it holds a `tell`, and goes on with an empty step or an `any_fact`, so that one mistake gives one error.
namespace tfx::detail {

/// A fact of a model that has a mistake: it agrees with everything, since the sentence has said what is wrong.
struct any_fact {
  template <class X> constexpr operator X() const { return X{}; }
  template <class X> friend constexpr bool operator==(any_fact, const X&) { return true; }
  template <class X> friend constexpr bool operator<(any_fact, const X&) { return true; }
  template <class X> friend constexpr bool operator<=(any_fact, const X&) { return true; }
  template <class X> friend constexpr bool operator>(any_fact, const X&) { return true; }
  template <class X> friend constexpr bool operator>=(any_fact, const X&) { return true; }
};
/// A fact where it exists.
template <bool Right, class T> constexpr auto fact(T value) {
  if constexpr (Right) return value;
  else return any_fact{};
}

/// A network for an input.
template <const auto& Net, class List> using network_verdict = verdict<collecting_step<Net, List>>;

/// A network under a recipe. What is wrong with evaluating it is said once, not again by training; a network that is
/// wrong has said so already.
template <const auto& Net, class List, const auto& Recipe, bool Train, bool Weighted = false> struct recipe_verdict {
  static constexpr message value() {
    if constexpr (network_verdict<Net, List>::right) return verdict<recipe_step<Net, List, Recipe, Train, Weighted>>::value();
    else return {};
  }
  static constexpr bool right = value().size == 0;
  static constexpr auto source() {
    if constexpr (!right && Train) {
      using evaluated = recipe_verdict<Net, List, Recipe, false, Weighted>;
      return std::conditional_t<evaluated::right, recipe_verdict, evaluated>{};
    } else {
      return recipe_verdict{};
    }
  }
};

/// The plan of a network under a recipe. It says what is wrong, and then is empty.
template <const auto& Net, class List, const auto& Recipe, bool Train, bool Weighted = false> struct recipe_plan {
  using check = recipe_verdict<Net, List, Recipe, Train, Weighted>;
  static constexpr bool right = network_verdict<Net, List>::right && check::right;
  using type = plan<std::conditional_t<right, recipe_step<Net, List, Recipe, Train, Weighted>, empty_step>>;
  [[no_unique_address]] tell<check::right, decltype(check::source())> told;
};

/// Does predicting stay within a limit? All numbers are bytes.
template <class Plan, std::size_t Arena, std::size_t Scratch, std::size_t Limit> struct memory_verdict {
  static constexpr bool right = Arena + Scratch <= Limit;
  static constexpr message value() {
    builder b;
    if (right) return b.wrong;
    b.complain("predict needs ", static_cast<long long>(Arena), " bytes of arena");
    if (Scratch) {
      b.say(" and ");
      b.say(static_cast<long long>(Scratch));
      b.say(" of scratch");
    }
    b.say(", the limit is ");
    b.say(static_cast<long long>(Limit));
    const list<buffer_info> buffers = buffers_of<Plan>();
    buffer_info largest;
    for (int i = 0; i < buffers.size(); ++i)
      if (buffers[i].size > largest.size) largest = buffers[i];
    if (largest.node < 0) return b.wrong;
    const graph_view g = Plan::traced::view();
    const node& n = g[largest.node];
    const std::string_view path = g.path(n);
    b.say("; the largest buffer is ");
    b.say(g.operation_name(largest.node));
    b.say(" ");
    b.say(n.shape);
    if (path.size()) {
      b.say(" at ");
      b.say(path);
    }
    if (n.line) {
      b.say(" from line ");
      b.say(n.line);
    }
    return b.wrong;
  }
};
/// True, or an error.
template <class Plan, std::size_t Arena, std::size_t Scratch, std::size_t Limit> struct memory_check {
  using check = memory_verdict<Plan, Arena, Scratch, Limit>;
  [[no_unique_address]] tell<check::right, check> told;
  static constexpr bool said = true;
};

}  // namespace tfx::detail
