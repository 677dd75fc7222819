// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <tfx/core/tensor.hpp>
#include <tfx/train/folded.hpp>
#include <tfx/train/network_memory.hpp>

namespace tfx {

namespace detail {

template <class Output> struct one_output {
  static constexpr dims value = Output::value.rank > 1 ? unstacked(Output::value) : dims{};
};

/// The weights of a folded prediction, from a model's.
template <class Model> auto fold_weights(const buffer<typename Model::value_type>& parameters, const buffer<typename Model::value_type>& state) {
  using T = typename Model::value_type;
  using plan = tfx::plan<folded_weights<typename Model::predict_plan::step>>;
  using program = executable<plan, typename Model::backend_type, T>;
  buffer<T> made(std::size_t(plan::space_size(slot_space)));
  network_memory<T> memory;
  bindings<T> b = memory.template bind<plan, program>(parameters.data(), state.data(), {0, 0, Model::batch}, Model::batch);
  b.base[slot_space] = made.data();
  program::run(b);
  return made;
}

}  // namespace detail

/// Option of `model::freeze`: batch normalisation goes into the weights of the layers before it.
struct fold_batch_norm_t {};
inline constexpr fold_batch_norm_t fold_batch_norm{};

/// A network that only predicts, with the weights that a model had when `model::freeze` made it.
///
///     auto server = classifier.freeze();                  // or freeze(fold_batch_norm)
///     server.predict(x, out, rows);
///
/// Weights that products and convolutions read in another order than they lie in are copied into that order here and not in
/// every call. So it has those twice, `prepared_bytes` more than a model; and the results have the same bits, unless batch
/// normalisation was folded: see `fold_scales`.
template <class Model, class Plan = typename Model::predict_plan> class frozen {
  using T = typename Model::value_type;
  using plan = Plan;
  using program = executable<plan, typename Model::backend_type, T, true>;

public:
  using input_shape = typename Model::input_shape;
  using output_shape = typename Model::output_shape;
  static constexpr int batch = Model::batch, input_size = Model::input_size, output_size = Model::output_size;
  /// Weights in another order, and the arena of one prediction, in bytes; parameters come on top.
  static constexpr std::size_t prepared_bytes = program::prepared_elements * sizeof(T);
  static constexpr std::size_t inference_bytes = program::arena_elements * sizeof(T);

  frozen(detail::buffer<T> parameters, detail::buffer<T> state)
      : parameters_(std::move(parameters)), state_(std::move(state)), prepared_(program::prepared_elements) {
    program::prepare(bind(batch));
  }

  /// Outputs of `rows` rows at x, written to out: rows * output_size elements.
  void predict(const T* x, T* out, int rows) {
    bindings<T> b = bind(rows);
    b.base[first_io_space] = const_cast<T*>(x);
    b.base[first_io_space + 1] = out;
    program::run(b);
  }
  /// The output for one example, as `model::predict`.
  template <class Example> auto predict(const Example& one) {
    tensor<T, to_shape<detail::one_output<output_shape>>> out;
    input_.grow(std::size_t(input_size));
    detail::copy_example<input_size>(one, input_.data());
    predict(input_.data(), out.data(), 1);
    return out;
  }

private:
  bindings<T> bind(int rows) {
    bindings<T> b = memory_.template bind<plan, program>(parameters_.data(), state_.data(), {0, 0, rows}, batch);
    b.prepared = prepared_.data();
    return b;
  }

  detail::buffer<T> parameters_, state_, prepared_, input_;
  detail::network_memory<T> memory_;
};

}  // namespace tfx
