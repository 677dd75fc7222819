// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: models own heap memory

#include <tfx/train/model.hpp>
#include <tfx/train/program.hpp>

namespace tfx {

namespace detail {

template <class Model, const auto& Recipe> struct model_checkpoint {
  Model& model;
  template <class F> void for_each_variable(F f) const { model.template for_each_training_variable<Recipe>(f); }
};
template <class Program> struct program_checkpoint {
  Program& program;
  template <class F> void for_each_variable(F f) const { program.for_each_training_variable(f); }
};

}  // namespace detail

/// All that training goes on from, as named arrays to be saved and loaded: parameters, states, the optimizer's memory, the
/// number of steps and the seed. A model that loads it goes on bit by bit as the one that saved it would have.
///
///     save(checkpoint<training>(classifier), "epoch_5.safetensors");
///     auto at = checkpoint<training>(other);
///     load(at, "epoch_5.safetensors");
template <const auto& Recipe, class Model> auto checkpoint(Model& model) { return detail::model_checkpoint<Model, Recipe>{model}; }
/// The same of a program.
template <class Backend, const auto& Step, class... Input> auto checkpoint(program_on<Backend, Step, Input...>& step) {
  return detail::program_checkpoint<program_on<Backend, Step, Input...>>{step};
}

}  // namespace tfx
