// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory, terminal

#include <cstdint>
#include <cstdio>
#include <list>
#include <type_traits>
#include <vector>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/core/bytes.hpp>
#include <tfx/core/tensor.hpp>
#include <tfx/summary/model_summary.hpp>
#include <tfx/train/fit.hpp>
#include <tfx/train/frozen.hpp>
#include <tfx/train/prediction.hpp>
#include <tfx/train/session.hpp>

namespace tfx {

/// A network with its parameters: built, checked and planned while compiling, ready at the first call.
///
///     inline constexpr auto net = nn::sequential(nn::flatten{}, nn::dense<128>{}, nn::relu{}, nn::dense<10>{});
///     model<net, input<64, 28, 28>> classifier{seed{42}};
///
/// The input's first extent is the largest batch; fewer rows may come. `Backend` is where it runs, `T` its element type.
template <const auto& Net, class Input, class Backend = backend::simd<>, class T = float> class model {
public:
  using weights_type = tfx::weights<Net, Input, Backend, T>;
  using network = typename weights_type::network;
  using predictor = detail::prediction<weights_type>;
  using value_type = T;
  using backend_type = Backend;
  using predict_plan = typename weights_type::predict_plan;
  template <const auto& Recipe> using trainer_type = tfx::trainer<weights_type, Recipe>;
  template <const auto& Recipe> using training_plan = typename trainer_type<Recipe>::template plan_of<true>;
  template <const auto& Recipe> using evaluation_plan = typename trainer_type<Recipe>::template plan_of<false>;

private:
  using layout = typename weights_type::layout;
  using inputs_type = typename weights_type::inputs_type;
  using columns = detail::columns_of<network, T>;
  using input_element = typename columns::template input_element<0>;
  using output_element = typename columns::template output_element<0>;

public:
  static constexpr int batch = network::batch;
  /// Elements of one example, of the first input and the first output.
  static constexpr int input_size = columns::template input_size<0>, output_size = columns::template output_size<0>;
  static constexpr auto parameter_count = detail::fact<layout::right>(layout::parameters);
  static constexpr auto trainable_parameter_count = detail::fact<layout::right>(layout::trainable_parameters);
  /// Elements that are kept between runs and not trained: running statistics.
  static constexpr auto state_count = detail::fact<layout::right>(layout::elements(state_space));
  /// Arena of one prediction, and of one training step, in bytes; parameters and the optimizer's memory come on top.
  static constexpr auto inference_bytes = detail::fact<layout::right>(executable<predict_plan, Backend, T>::arena_elements * sizeof(T));
  template <const auto& Recipe> static constexpr auto training_bytes =
      detail::fact<trainer_type<Recipe>::template checked_plan<true>::right>(executable<training_plan<Recipe>, Backend, T>::arena_elements * sizeof(T));
  /// Of that, intermediate values; the rest is scratch memory of the kernels.
  static constexpr std::size_t arena_bytes = std::size_t(predict_plan::arena_elements) * sizeof(T);
  /// Floating-point operations of one prediction at the full batch; a multiply-add is two.
  static constexpr auto flops = detail::fact<layout::right>(predict_plan::kernels.flops);
  /// `static_assert(m::fits<64_KiB>)`: one prediction needs no more bytes than that, or an error says what is largest.
  template <std::size_t Bytes> static constexpr bool fits =
      detail::memory_check<predict_plan, arena_bytes, std::size_t(inference_bytes) - arena_bytes, Bytes>::said;

  explicit model(seed s = {}) : seed_(s.value), weights_(s) {}

  // ---- training

  template <const auto& Recipe> using evaluation_of = evaluation<typename trainer_type<Recipe>::names>;

  /// What a recipe learns from: class numbers are `std::int32_t`, all else is of the model's element type.
  template <const auto& Recipe> using target_type =
      std::conditional_t<is_whole(dtype_of<typename trainer_type<Recipe>::template target<0>::value_type>), typename trainer_type<Recipe>::template target<0>::value_type, T>;

  /// One update from `rows` rows at x and their targets.
  template <const auto& Recipe> evaluation_of<Recipe> train_batch(const input_element* x, const target_type<Recipe>* target, int rows) {
    return run_batch<true, Recipe>(x, target, rows);
  }
  template <const auto& Recipe> evaluation_of<Recipe> evaluate_batch(const input_element* x, const target_type<Recipe>* target, int rows) {
    return run_batch<false, Recipe>(x, target, rows);
  }
  template <const auto& Recipe> auto trainer() { return trainer_type<Recipe>(weights_, memory_of<Recipe>(), run_.memory(), batch_, seed_, step_); }

  /// Trains on data, and tells observers; `tfx::fit` says how.
  ///
  ///     classifier.fit<training>(data.train, {.epochs = 5, .validation = data.test});
  template <const auto& Recipe, class Data, class... Observer>
  history fit(Data&& data, fit_options_for<trainer_type<Recipe>, Data> options = {}, Observer&&... observer) {
    auto t = trainer<Recipe>();
    return tfx::fit(t, data, options, observer...);
  }
  /// Loss and metrics over data, without training.
  template <const auto& Recipe, class Data> evaluation_of<Recipe> evaluate(Data&& data) {
    auto t = trainer<Recipe>();
    return tfx::evaluate(t, data);
  }
  /// For `fit(training, data)`, where `fit<training>(data)` is meant: one sentence.
  template <class Recipe, class Data, class... Observer> requires detail::is_recipe<Recipe>
  history fit(const Recipe&, Data&&, fit_options<trainer_type<detail::any_recipe<Recipe>>> = {}, Observer&&...) {
    [[maybe_unused]] tell<false, detail::recipe_in_parentheses<Recipe>> told;
    return {};
  }
  template <class Recipe, class Data> requires detail::is_recipe<Recipe> evaluation_of<detail::any_recipe<Recipe>> evaluate(const Recipe&, Data&&) {
    [[maybe_unused]] tell<false, detail::recipe_in_parentheses<Recipe>> told;
    return {};
  }

  // ---- use

  /// Outputs of `rows` rows at x, written to out: rows * output_size elements. More than the batch go in pieces.
  template <class X, class Y> void predict(const X* x, Y* out, int rows) { run_.predict(weights_, x, out, rows); }
  /// The output for one example, an argument for each input: anything that can be copied to numbers (a data set's image) or has
  /// data() and size(). Of tensors of N examples, [N, ...], the outputs, [N, ...]. Of data whose first columns are the inputs, a range,
  /// a source, or an array of examples for each input, a vector of tensors, one for each example.
  ///
  ///     auto [price, kind] = m.predict(one_row, one_picture);
  ///     auto prices = m.predict(data.test)[7];
  ///     m.predict(into(numbers), data::columns(table));      // into memory of one's own; gives the number of examples
  ///
  /// Errors     arguments and columns that are not the network's inputs; when run: sizes that are none of whole examples, or of as
  ///            many as there is room for
  template <class... X> requires(!detail::addresses_and_rows<std::remove_cvref_t<X>...>) auto predict(X&&... x) { return run_.ask_any(weights_, x...); }
  /// Rows of numbers, one after the other, as many as there are; the results likewise.
  template <class X> std::vector<T> predict_rows(const X& x) { return run_.predict_rows(weights_, x); }

  /// What is trained. Sessions of other threads predict with it while nothing trains.
  weights_type& weights() { return weights_; }
  const weights_type& weights() const { return weights_; }
  /// A copy for predictions alone: faster where weights are read in another order than they lie in.
  auto freeze() const { return frozen(weights_); }
  /// The same with batch normalisation in the weights of the layers before it, and all that follows from weights computed once:
  /// fewer operations, and results that differ in their last digits (`fold_scales` says by how much).
  auto freeze(fold_batch_norm_t) const { return frozen(weights_, fold_batch_norm); }

  // ---- what is inside

  /// The table that `summary` prints: layers, their results and parameters; then totals, with a recipe also of training.
  template <const auto&... Recipe> static constexpr std::string_view summary_text() {
    if constexpr (layout::right) return constant_text<detail::summary_text<Net, model, Recipe...>>::value;
    else return {};
  }
  /// Prints it.
  ///
  ///     classifier.summary();
  ///     classifier.summary<training>();
  template <const auto&... Recipe> void summary() const { std::fwrite(summary_text<Recipe...>().data(), 1, summary_text<Recipe...>().size(), stdout); }

  /// Calls f(path, shape, address) for every parameter and every state.
  template <class F> void for_each_variable(F f) { weights_.for_each_variable(f); }
  template <class F> void for_each_variable(F f) const { weights_.for_each_variable(f); }
  /// The same for everything that training with a recipe goes on from: the optimizer's memory, the number of steps, the seed, and
  /// how far `fit` has come as well. `checkpoint` makes a file's worth of it.
  template <const auto& Recipe, class F> void for_each_training_variable(F f) {
    trainer<Recipe>().for_each_variable(f);
  }
  std::uint64_t steps_trained() const { return step_; }

private:
  template <bool Train, const auto& Recipe> evaluation_of<Recipe> run_batch(const input_element* x, const target_type<Recipe>* target, int rows) {
    using values = typename trainer_type<Recipe>::values;
    if constexpr (layout::right) {
      double given[values::all.elements] = {}, sum[values::all.elements] = {};
      const void* column[] = {x, as_read<Recipe>(target, rows)};
      trainer<Recipe>().template run<Train>(column, rows, given);
      detail::add_up(sum, values::all.row, given, rows);
      return {sum, double(rows)};
    } else {
      return {};
    }
  }

  /// Targets as the program reads them.
  template <const auto& Recipe> const void* as_read(const target_type<Recipe>* target, int rows) {
    using Target = typename trainer_type<Recipe>::template target<0>;
    using traced = typename Target::value_type;
    if constexpr (detail::same_in_memory<target_type<Recipe>, typename held_as<T, traced>::element>) {
      return target;
    } else {
      const int n = Target::dim.size() / batch * rows;
      targets_.grow(std::size_t(Target::dim.size()));
      for (int i = 0; i < n; ++i) put_element<traced>(targets_.data(), i, target[i]);
      return targets_.data();
    }
  }

  /// An optimizer's memory belongs to the recipe it came from.
  template <const auto& Recipe> detail::recipe_memory<T>& memory_of() {
    const void* const key = &Recipe;
    for (auto& one : recipes_)
      if (one.key == key) return one;
    return recipes_.emplace_back(detail::recipe_memory<T>{key});
  }
  std::uint64_t seed_, step_ = 0;
  weights_type weights_;
  detail::prediction<weights_type> run_;
  detail::batch_memory<T> batch_;
  detail::buffer<T> targets_;   ///< of single steps
  std::list<detail::recipe_memory<T>> recipes_;   ///< trainers refer to them
};

}  // namespace tfx
