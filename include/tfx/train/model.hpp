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
#include <tfx/train/network_memory.hpp>
#include <tfx/train/verdict.hpp>

namespace tfx {

/// What one epoch of training gave.
template <int Metrics> struct epoch_record {
  double loss = 0, metrics[Metrics ? Metrics : 1] = {};
  double validation_loss = 0, validation_metrics[Metrics ? Metrics : 1] = {};
  bool validated = false;
  double seconds = 0;
};
/// Loss and metrics over a data set, each weighted by the rows of its batch.
template <int Metrics> struct evaluation {
  double loss = 0, metrics[Metrics ? Metrics : 1] = {};
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
  using in = typename Input::shape_type;
  using layout = detail::layout<Net, in>;
  template <class Recipe, class Data> using data_check = detail::data_verdict<Net, in, std::remove_cvref_t<Recipe>, Data>;
  template <const auto& Recipe, bool Train> using recipe_plan = detail::recipe_plan<Net, in, Recipe, Train>;

public:
  using value_type = T;
  using backend_type = Backend;
  using input_shape = in;
  using output_shape = typename layout::output::shape_type;
  using predict_plan = plan<std::conditional_t<layout::right, detail::predict_step<Net, in>, empty_step>>;
  template <const auto& Recipe> using training_plan = typename recipe_plan<Recipe, true>::type;
  template <const auto& Recipe> using evaluation_plan = typename recipe_plan<Recipe, false>::type;

  static constexpr int batch = in::value.extent[0];
  static constexpr int input_size = in::value.size() / batch, output_size = output_shape::value.size() / batch;
  static constexpr auto parameter_count = detail::fact<layout::right>(layout::parameters);
  static constexpr auto trainable_parameter_count = detail::fact<layout::right>(layout::trainable_parameters);
  /// Elements that are kept between runs and not trained: running statistics.
  static constexpr auto state_count = detail::fact<layout::right>(layout::elements(state_space));
  /// Arena of one prediction, and of one training step, in bytes; parameters and the optimizer's memory come on top.
  static constexpr auto inference_bytes = detail::fact<layout::right>(executable<predict_plan, Backend, T>::arena_elements * sizeof(T));
  template <const auto& Recipe> static constexpr auto training_bytes =
      detail::fact<recipe_plan<Recipe, true>::right>(executable<training_plan<Recipe>, Backend, T>::arena_elements * sizeof(T));
  /// Of that, intermediate values; the rest is scratch memory of the kernels.
  static constexpr std::size_t arena_bytes = std::size_t(predict_plan::arena_elements) * sizeof(T);
  /// Floating-point operations of one prediction at the full batch; a multiply-add is two.
  static constexpr auto flops = detail::fact<layout::right>(predict_plan::kernels.flops);
  /// `static_assert(m::fits<64_KiB>)`: one prediction needs no more bytes than that, or an error says what is largest.
  template <std::size_t Bytes> static constexpr bool fits =
      detail::memory_check<predict_plan, arena_bytes, std::size_t(inference_bytes) - arena_bytes, Bytes>::said;

  explicit model(seed s = {})
      : seed_(s.value), parameters_(std::size_t(layout::space_size(parameter_space))), state_(std::size_t(layout::space_size(state_space))) {
    detail::initialize<layout>(parameter_space, parameters_.data(), seed_);
    detail::initialize<layout>(state_space, state_.data(), seed_);
  }

  // ---- training

  template <const auto& Recipe> using evaluation_of = evaluation<std::remove_cvref_t<decltype(Recipe)>::n_metrics>;

  /// What a recipe learns from: class numbers are `std::int32_t`, all else is of the model's element type.
  template <const auto& Recipe> using target_type =
      std::conditional_t<is_whole(dtype_of<detail::traced_target<Recipe, output_shape>>), detail::traced_target<Recipe, output_shape>, T>;

  /// One update from `rows` rows at x and their targets.
  template <const auto& Recipe> evaluation_of<Recipe> train_batch(const T* x, const target_type<Recipe>* target, int rows) {
    using P = training_plan<Recipe>;
    detail::buffer<T>& slots = slots_of<Recipe>();
    slots.grow(std::size_t(P::space_size(slot_space)));
    ++step_;
    return run_recipe<P, Recipe>(x, target, rows, slots.data());
  }
  template <const auto& Recipe> evaluation_of<Recipe> evaluate_batch(const T* x, const target_type<Recipe>* target, int rows) {
    return run_recipe<evaluation_plan<Recipe>, Recipe>(x, target, rows, nullptr);
  }

  /// Trains on a data set, batch by batch, in an order shuffled anew in each epoch. Returns one record per epoch.
  ///
  ///     classifier.fit<training>(data.train, {.epochs = 5, .validation = &data.test});
  ///
  /// A last batch with fewer rows is trained on as it is. After the first step nothing is allocated.
  template <const auto& Recipe, class Data> auto fit(const Data& data, std::type_identity_t<fit_options<Data>> options = {}) {
    using R = std::remove_cvref_t<decltype(Recipe)>;
    using check = data_check<R, Data>;
    [[maybe_unused]] tell<check::right, check> told;
    std::vector<epoch_record<R::n_metrics>> history;
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
        epoch_record<R::n_metrics> record;
        bar.begin_epoch(e, options.first_epoch + options.epochs, std::int64_t(data.size()), batch);
        const auto total = each_batch<true, Recipe>(data, rows, [&](std::size_t done, const auto& mean) { bar.update(std::int64_t(done), mean.loss, metric_names<R>(), metric_values<R>(mean.metrics)); });
        record.loss = total.loss;
        for (int k = 0; k < R::n_metrics; ++k) record.metrics[k] = total.metrics[k];
        if (options.validation) {
          const auto v = each_batch<false, Recipe>(*options.validation, {}, [](std::size_t, const auto&) {});
          record.validated = true;
          record.validation_loss = v.loss;
          for (int k = 0; k < R::n_metrics; ++k) record.validation_metrics[k] = v.metrics[k];
        }
        record.seconds = summary::seconds_now() - start;
        finish_line(bar, record, metric_names<R>());
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

  /// Outputs of `rows` rows at x, written to out: rows * output_size elements.
  void predict(const T* x, T* out, int rows) {
    if constexpr (layout::right) {
      bindings<T> b = bind<predict_plan>(rows);
      b.base[first_io_space] = const_cast<T*>(x);
      b.base[first_io_space + 1] = out;
      executable<predict_plan, Backend, T>::run(b);
    }
  }
  /// The output for one example: anything that can be copied to numbers (a data set's image) or is a range of them.
  template <class Example> auto predict(const Example& one) {
    tensor<T, to_shape<detail::one_output<output_shape>>> out;
    reserve_inputs(1);
    detail::copy_example<input_size>(one, inputs_.data());
    predict(inputs_.data(), out.data(), 1);
    return out;
  }

  /// The network with these weights, for predictions alone: faster where weights are read in another order than they lie in.
  auto freeze() const { return frozen<model>(parameters_, state_); }
  /// The same with batch normalisation in the weights of the layers before it, and all that follows from weights computed once:
  /// fewer operations, and results that differ in their last digits (`fold_scales` says by how much).
  auto freeze(fold_batch_norm_t) const {
    return frozen<model, plan<detail::folded_prediction<typename predict_plan::step>>>(detail::fold_weights<model>(parameters_, state_), {});
  }

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
  template <class F> void for_each_variable(F f) {
    detail::each_variable<parameter_space, layout>(parameters_.data(), f);
    detail::each_variable<state_space, layout>(state_.data(), f);
  }
  template <class F> void for_each_variable(F f) const {
    detail::each_variable<parameter_space, layout>(static_cast<const T*>(parameters_.data()), f);
    detail::each_variable<state_space, layout>(static_cast<const T*>(state_.data()), f);
  }
  /// The same for everything that training with a recipe goes on from: the optimizer's memory, the number of steps and the
  /// seed as well. `checkpoint` makes a file's worth of it.
  template <const auto& Recipe, class F> void for_each_training_variable(F f) {
    for_each_variable(f);
    using P = training_plan<Recipe>;
    detail::buffer<T>& slots = slots_of<Recipe>();
    slots.grow(std::size_t(P::space_size(slot_space)));
    detail::each_variable<slot_space, P>(slots.data(), f);
    detail::each_counter(seed_, step_, f);
  }
  std::uint64_t steps_trained() const { return step_; }

private:
  template <class R> static std::span<const std::string_view> metric_names() { return {R::metric_names, std::size_t(R::n_metrics)}; }
  template <class R> static std::span<const double> metric_values(const double* v) { return {v, std::size_t(R::n_metrics)}; }

  template <class Record> static void finish_line(summary::progress& bar, const Record& r, std::span<const std::string_view> names) {
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
      values[n++] = r.validation_loss;
      for (std::size_t k = 0; k < names.size() && k < 8; ++k) {
        const int size = std::snprintf(validation[k], sizeof validation[k], "val_%.*s", int(names[k].size()), names[k].data());
        shown[n] = {validation[k], std::size_t(size)};
        values[n++] = r.validation_metrics[k];
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
    if constexpr (std::remove_cvref_t<decltype(Recipe.loss)>::class_numbers) {
      for (std::size_t i = 0; i < data.size(); ++i) {
        const auto label = data.labels[i];
        if (label >= 0 && label < output_shape::value.cols()) continue;
        std::snprintf(text, sizeof text, "%s: label %lld of example %zu lies outside 0 .. %d, the classes of the model's output", who,
                      static_cast<long long>(label), i, output_shape::value.cols() - 1);
        detail::fail(text);
      }
    }
  }
  void reserve_inputs(int rows) { inputs_.grow(std::size_t(rows) * input_size); }
  template <const auto& Recipe> void reserve_batch() {
    using Target = typename std::remove_cvref_t<decltype(Recipe.loss)>::template target<output_shape>;
    reserve_inputs(batch);
    targets_.grow(2 * std::size_t(Target::dim.size()));   // as the program reads them, and as they are given
    as_they_lie_.resize(std::size_t(batch));
  }

  /// Runs over the data in the order given (empty: as they lie) and returns the means so far to `report` after each batch.
  template <bool Train, const auto& Recipe, class Data, class Report>
  evaluation_of<Recipe> each_batch(const Data& data, std::span<const std::uint32_t> order, Report report) {
    constexpr int metrics = std::remove_cvref_t<decltype(Recipe)>::n_metrics;
    evaluation_of<Recipe> sum, mean;
    for (std::size_t first = 0; first < data.size(); first += std::size_t(batch)) {
      const int rows = int(data.size() - first < std::size_t(batch) ? data.size() - first : std::size_t(batch));
      const std::uint32_t* index = as_they_lie_.data();
      if (!order.empty()) index = order.data() + first;
      else std::iota(as_they_lie_.begin(), as_they_lie_.begin() + rows, std::uint32_t(first));
      data.gather(index, rows, inputs_.data());
      const auto targets = reinterpret_cast<target_type<Recipe>*>(targets_.data() + targets_.size() / 2);
      data.gather_labels(index, rows, targets);
      const auto r = [&] {   // evaluating does not ask whether it can be trained
        if constexpr (Train) return train_batch<Recipe>(inputs_.data(), targets, rows);
        else return evaluate_batch<Recipe>(inputs_.data(), targets, rows);
      }();
      const std::size_t done = first + std::size_t(rows);
      sum.loss += r.loss * rows;
      mean.loss = sum.loss / double(done);
      for (int k = 0; k < metrics; ++k) {
        sum.metrics[k] += r.metrics[k] * rows;
        mean.metrics[k] = sum.metrics[k] / double(done);
      }
      report(done, mean);
    }
    return mean;
  }

  template <class Plan, const auto& Recipe>
  evaluation_of<Recipe> run_recipe(const T* x, const target_type<Recipe>* target, int rows, T* slots) {
    constexpr int metrics = std::remove_cvref_t<decltype(Recipe)>::n_metrics;
    evaluation_of<Recipe> result;
    if constexpr (layout::right && Plan::n_launches > 0) {
      bindings<T> b = bind<Plan>(rows);
      T out[metrics + 1] = {};
      b.base[slot_space] = slots;
      b.base[first_io_space] = const_cast<T*>(x);
      b.base[first_io_space + 1] = as_read<Recipe>(target, rows);
      for (int k = 0; k <= metrics; ++k) b.base[first_io_space + 2 + k] = out + k;
      executable<Plan, Backend, T>::run(b);
      result.loss = double(out[0]);
      for (int k = 0; k < metrics; ++k) result.metrics[k] = double(out[k + 1]);
    }
    return result;
  }

  /// Targets as the program reads them.
  template <const auto& Recipe> T* as_read(const target_type<Recipe>* target, int rows) {
    using Target = typename std::remove_cvref_t<decltype(Recipe.loss)>::template target<output_shape>;
    using traced = typename Target::value_type;
    if constexpr (detail::same_in_memory<target_type<Recipe>, typename held_as<T, traced>::element>) {
      return reinterpret_cast<T*>(const_cast<target_type<Recipe>*>(target));
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
  template <class Plan> bindings<T> bind(int rows) {
    return memory_.template bind<Plan, executable<Plan, Backend, T>>(parameters_.data(), state_.data(), {seed_, step_, rows}, batch);
  }

  std::uint64_t seed_, step_ = 0;
  struct recipe_memory {
    const void* key;
    detail::buffer<T> memory;
  };
  detail::buffer<T> parameters_, state_, inputs_, targets_;
  std::vector<std::uint32_t> as_they_lie_;   ///< of a batch of a data set that is not shuffled
  detail::network_memory<T> memory_;
  std::vector<recipe_memory> slots_;
};

}  // namespace tfx
