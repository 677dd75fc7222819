// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory, terminal

#include <cstdint>
#include <cstdio>
#include <numeric>
#include <span>
#include <type_traits>
#include <vector>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/core/bytes.hpp>
#include <tfx/core/tensor.hpp>
#include <tfx/data/shuffle.hpp>
#include <tfx/summary/model_summary.hpp>
#include <tfx/summary/progress.hpp>
#include <tfx/train/frozen.hpp>
#include <tfx/train/prediction.hpp>
#include <tfx/train/session.hpp>
#include <tfx/train/trainer.hpp>

namespace tfx {

/// What one epoch of training gave.
template <class Evaluation> struct epoch_record : Evaluation {
  Evaluation validation;
  bool validated = false;
  double seconds = 0;
};

/// What `fit` can be told.
template <class Data> struct fit_options {
  int epochs = 1;
  const Data* validation = nullptr;
  bool shuffle = true;
  bool quiet = false;             ///< nothing is printed
  int first_epoch = 0;            ///< continues a run: the order of the data and its numbering go on
};

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
  template <class Recipe, class Data> using data_check = detail::data_verdict<Net, inputs_type, std::remove_cvref_t<Recipe>, Data>;

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
  template <const auto& Recipe> auto trainer() { return trainer_type<Recipe>(weights_, slots_of<Recipe>(), run_.memory(), seed_, step_); }

  /// Trains on a data set, batch by batch, in an order shuffled anew in each epoch. Returns one record per epoch.
  ///
  ///     classifier.fit<training>(data.train, {.epochs = 5, .validation = &data.test});
  ///
  /// A last batch with fewer rows is trained on as it is. After the first step nothing is allocated.
  template <const auto& Recipe, class Data> auto fit(const Data& data, std::type_identity_t<fit_options<Data>> options = {}) {
    using check = data_check<decltype(Recipe), Data>;
    [[maybe_unused]] tell<check::right, check> told;
    std::vector<epoch_record<evaluation_of<Recipe>>> history;
    if constexpr (check::right && layout::right) {
      if (options.epochs < 1) detail::fail("fit: epochs must be at least 1");
      check_data<Recipe>(data, "fit");
      if (options.validation) check_data<Recipe>(*options.validation, "fit: validation");
      reserve_batch<Recipe>();
      history.reserve(std::size_t(options.epochs));
      data::shuffle order(data.size(), seed_);
      summary::progress bar({.quiet = options.quiet, .unit = "samples"});
      for (int e = options.first_epoch; e < options.first_epoch + options.epochs; ++e) {
        const double start = summary::seconds_now();
        const auto rows = options.shuffle ? order.epoch(std::uint64_t(e)) : order.unshuffled();
        bar.begin_epoch(e, options.first_epoch + options.epochs, std::int64_t(data.size()), batch);
        epoch_record<evaluation_of<Recipe>> record;
        static_cast<evaluation_of<Recipe>&>(record) = each_batch<true, Recipe>(
            data, rows, [&](std::size_t done, const auto& mean) { bar.update(std::int64_t(done), mean.loss, mean.names().subspan(1), mean.metrics); });
        if (options.validation) {
          record.validated = true;
          record.validation = each_batch<false, Recipe>(*options.validation, {}, [](std::size_t, const auto&) {});
        }
        record.seconds = summary::seconds_now() - start;
        finish_line(bar, record);
        history.push_back(record);
      }
    }
    return history;
  }
  /// Loss and metrics over a data set, without training.
  template <const auto& Recipe, class Data> evaluation_of<Recipe> evaluate(const Data& data) {
    using check = data_check<decltype(Recipe), Data>;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (check::right && layout::right) {
      check_data<Recipe>(data, "evaluate");
      reserve_batch<Recipe>();
      return each_batch<false, Recipe>(data, {}, [](std::size_t, const auto&) {});
    } else {
      return {};
    }
  }

  // ---- use

  /// Outputs of `rows` rows at x, written to out: rows * output_size elements. More than the batch go in pieces.
  void predict(const input_element* x, output_element* out, int rows) { run_.predict(weights_, x, out, rows); }
  /// The output for one example, an argument for each input: anything that can be copied to numbers (a data set's image) or has
  /// data() and size(). Of tensors of N examples, [N, ...], the outputs, [N, ...].
  ///
  ///     auto [price, kind] = m.predict(one_row, one_picture);
  template <class... X> requires(!detail::addresses_and_rows<X...>) auto predict(const X&... x) { return run_.predict(weights_, x...); }
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
  /// The same for everything that training with a recipe goes on from: the optimizer's memory, the number of steps and the
  /// seed as well. `checkpoint` makes a file's worth of it.
  template <const auto& Recipe, class F> void for_each_training_variable(F f) {
    for_each_variable(f);
    auto t = trainer<Recipe>();
    t.reserve_slots();
    detail::each_variable<slot_space, training_plan<Recipe>>(t.slots(), f);
    detail::each_counter(seed_, step_, f);
  }
  std::uint64_t steps_trained() const { return step_; }

private:
  template <class Record> static void finish_line(summary::progress& bar, const Record& r) {
    const auto names = r.names().subspan(1);
    std::string_view shown[17] = {};
    char validation[16][40] = {};
    double values[17] = {};
    std::size_t n = 0;
    for (std::size_t k = 0; k < names.size() && k < 8; ++k) {
      shown[n] = names[k];
      values[n++] = r.metrics[k];
    }
    if (r.validated) {
      shown[n] = "val_loss";
      values[n++] = r.validation.loss;
      for (std::size_t k = 0; k < names.size() && k < 8; ++k) {
        const int size = std::snprintf(validation[k], sizeof validation[k], "val_%.*s", int(names[k].size()), names[k].data());
        shown[n] = {validation[k], std::size_t(size)};
        values[n++] = r.validation.metrics[k];
      }
    }
    bar.end_epoch(r.loss, {shown, n}, {values, n});
  }

  template <const auto& Recipe, class Data> void check_data(const Data& data, const char* who) const {
    char text[160];
    if (data.size() == 0) {
      std::snprintf(text, sizeof text, "%s: the data set is empty", who);
      detail::fail(text);
    }
    if constexpr (detail::takes_classes<detail::loss_of<std::remove_cvref_t<decltype(Recipe)>, 0>>()) {
      constexpr int classes = network::template output<0>::dim.cols();
      for (std::size_t i = 0; i < data.size(); ++i) {
        const auto label = data.labels[i];
        if (label >= 0 && label < classes) continue;
        std::snprintf(text, sizeof text, "%s: label %lld of example %zu lies outside 0 .. %d, the classes of the model's output", who,
                      static_cast<long long>(label), i, classes - 1);
        detail::fail(text);
      }
    }
  }
  template <const auto& Recipe> void reserve_batch() {
    inputs_.grow(std::size_t(batch) * std::size_t(input_size));
    targets_.grow(2 * std::size_t(trainer_type<Recipe>::template target<0>::dim.size()));   // as the program reads them, and as they are given
    as_they_lie_.resize(std::size_t(batch));
  }

  /// Runs over the data in the order given (empty: as they lie) and returns the means so far to `report` after each batch.
  template <bool Train, const auto& Recipe, class Data, class Report>
  evaluation_of<Recipe> each_batch(const Data& data, std::span<const std::uint32_t> order, Report report) {
    using values = typename trainer_type<Recipe>::values;
    double sum[values::all.elements] = {}, given[values::all.elements] = {};
    evaluation_of<Recipe> mean;
    auto t = trainer<Recipe>();
    for (std::size_t first = 0; first < data.size(); first += std::size_t(batch)) {
      const int rows = int(data.size() - first < std::size_t(batch) ? data.size() - first : std::size_t(batch));
      const std::uint32_t* index = as_they_lie_.data();
      if (!order.empty()) index = order.data() + first;
      else std::iota(as_they_lie_.begin(), as_they_lie_.begin() + rows, std::uint32_t(first));
      data.gather(index, rows, inputs_.data());
      const auto targets = reinterpret_cast<target_type<Recipe>*>(targets_.data() + targets_.size() / 2);
      data.gather_labels(index, rows, targets);
      const void* column[] = {inputs_.data(), as_read<Recipe>(targets, rows)};
      t.template run<Train>(column, rows, given);   // evaluating does not ask whether it can be trained
      detail::add_up(sum, values::all.row, given, rows);
      const std::size_t done = first + std::size_t(rows);
      mean = evaluation_of<Recipe>(sum, double(done));
      report(done, mean);
    }
    return mean;
  }
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
      targets_.grow(2 * std::size_t(Target::dim.size()));
      for (int i = 0; i < n; ++i) put_element<traced>(targets_.data(), i, target[i]);
      return targets_.data();
    }
  }

  /// An optimizer's memory belongs to the recipe it came from.
  template <const auto& Recipe> detail::buffer<T>& slots_of() {
    const void* const key = &Recipe;
    for (auto& s : slots_)
      if (s.key == key) return s.memory;
    slots_.push_back({key, {}});
    return slots_.back().memory;
  }
  std::uint64_t seed_, step_ = 0;
  struct recipe_memory {
    const void* key;
    detail::buffer<T> memory;
  };
  weights_type weights_;
  detail::prediction<weights_type> run_;
  detail::buffer<T> inputs_, targets_;
  std::vector<std::uint32_t> as_they_lie_;   ///< of a batch of a data set that is not shuffled
  std::vector<recipe_memory> slots_;
};

}  // namespace tfx
