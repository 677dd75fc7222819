// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: models own heap memory

#include <tfx/train/model.hpp>
#include <tfx/train/program.hpp>

namespace tfx {

namespace detail {

template <class Model, const auto* Recipe> struct checkpoint_of {
  Model& model;
  template <class F> void for_each_variable(F f) const {
    if constexpr (Recipe == nullptr) model.for_each_training_variable(f);
    else model.template for_each_training_variable<*Recipe>(f);
  }
};
inline constexpr int* no_recipe = nullptr;

}  // namespace detail

/// All that training goes on from, as named arrays to be saved and loaded: parameters, states, the optimizer's memory, the
/// number of steps and the seed. A model that loads it goes on bit by bit as the one that saved it would have.
///
///     save(checkpoint<training>(classifier), "epoch_5.safetensors");
///     auto at = checkpoint<training>(other);
///     load(at, "epoch_5.safetensors");
template <const auto& Recipe, class Model> auto checkpoint(Model& model) { return detail::checkpoint_of<Model, &Recipe>{model}; }
/// The same of a program.
template <const auto& Step, class... Input> auto checkpoint(program<Step, Input...>& step) {
  return detail::checkpoint_of<program<Step, Input...>, detail::no_recipe>{step};
}

}  // namespace tfx
