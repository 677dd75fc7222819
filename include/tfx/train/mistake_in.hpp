// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/train/record_verdict.hpp>

/// The sentence that the compiler would print, as a constant: empty where nothing is wrong. So the text of a mistake
/// can be tested without a compilation that fails, and a program can ask whether a network is right for an input.
///
///     static_assert(mistake_in<net, input<64, 28, 28>> == "");
namespace tfx {

namespace detail {

template <class Verdict> inline constexpr message sentence_of = Verdict::value();

template <const auto& Net, class List, const auto&... Recipe> struct first_mistake;
template <const auto& Net, class List> struct first_mistake<Net, List> {
  static constexpr std::string_view value() { return sentence_of<network_verdict<Net, List>>; }
};
template <const auto& Net, class List, const auto& Recipe> struct first_mistake<Net, List, Recipe> {
  static constexpr std::string_view value() {
    using recipe = recipe_verdict<Net, List, Recipe, true>;
    if constexpr (!network_verdict<Net, List>::right) return first_mistake<Net, List>::value();
    else if constexpr (!recipe::right) return sentence_of<decltype(recipe::source())>;
    else return sentence_of<arena_verdict<recipe_step<Net, List, Recipe, true>>>;
  }
};

}  // namespace detail

/// What is wrong with a network for an input; with a recipe, also with training it.
template <const auto& Net, class Input, const auto&... Recipe>
inline constexpr std::string_view mistake_in =
    detail::first_mistake<Net, detail::list_of_inputs<Input>, Recipe...>::value();

/// What is wrong with a step of one's own.
template <const auto& Step, class... Input>
inline constexpr std::string_view mistake_in_step = [] {
  using step = detail::user_step<Step, Input...>;
  if constexpr (verdict<step>::right) return std::string_view(detail::sentence_of<arena_verdict<step>>);
  else return std::string_view(detail::sentence_of<verdict<step>>);
}();

/// What is wrong with training a network on data.
template <const auto& Net, class Input, const auto& Recipe, class Data>
inline constexpr std::string_view mistake_in_data = detail::sentence_of<
    detail::record_verdict<Net, detail::list_of_inputs<Input>, std::remove_cvref_t<decltype(Recipe)>, typename Data::record>>;

/// Why predicting with a model needs more than so many bytes.
template <class Model, std::size_t Bytes>
inline constexpr std::string_view mistake_in_memory = detail::sentence_of<detail::memory_verdict<
    typename Model::predict_plan, Model::arena_bytes, std::size_t(Model::inference_bytes) - Model::arena_bytes, Bytes>>;

}  // namespace tfx
