// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include <tfx/train/moments.hpp>
#include <tfx/train/prediction.hpp>
#include <tfx/train/weights.hpp>

namespace tfx {

namespace detail {

/// Memory of a batch, of the numbers of its examples, and of the sizes of its sequences.
template <class T> struct batch_memory {
  buffer<T> columns;
  std::vector<std::uint32_t> index;
  std::vector<int> numbers;       ///< of each sequence
  std::vector<int*> numbers_of;   ///< by column; null where examples have one size
  int* const* sizes() const { return numbers_of.empty() ? nullptr : numbers_of.data(); }
  template <class Trainer, bool Weighted> void addresses(void** column);
};

/// What training with one recipe goes on from, besides the weights.
template <class T> struct recipe_memory {
  const void* key = nullptr;   ///< the recipe's address
  buffer<T> slots{};           ///< the optimizer's memory
  training_place place{};
  buffer<double> sums{};       ///< over the epoch so far
};

}  // namespace detail

/// Loss and metrics over data, by name: `result.loss`, `result["accuracy"]`, `result["price_loss"]` where there are several
/// outputs.
template <class Names> class evaluation {
  using values = typename Names::values;
  static constexpr int n_metrics = values::count - values::first_metric;
  double sum_[values::all.elements] = {}, rows_ = 1;

public:
  double loss = 0;
  double metrics[n_metrics ? n_metrics : 1] = {};                        ///< in the recipe's order
  double losses[std::size_t(values::n_losses)] = {};                     ///< of each output, without its factor

  evaluation() = default;
  evaluation(const double* sum, double rows) : rows_(rows) {
    for (int i = 0; i < values::all.elements; ++i) sum_[i] = sum[i];
    loss = losses[0] = shown(0);
    for (int k = 0; values::n_losses > 1 && k < values::n_losses; ++k) losses[k] = shown(1 + k);
    for (int k = 0; k < n_metrics; ++k) metrics[k] = shown(values::first_metric + k);
  }

  static constexpr std::span<const std::string_view> names() { return Names::names; }
  double operator[](std::string_view name) const { return shown(place_of(name)); }
  /// What a metric has counted: of a confusion matrix the matrix, row by row.
  std::span<const double> counts(std::string_view name) const {
    const detail::value_info& v = values::all.row[place_of(name)];
    return {sum_ + v.first, std::size_t(v.size)};
  }

private:
  double shown(int place) const { return detail::value_of(values::all.row[place], sum_, rows_); }
  static int place_of(std::string_view name) {
    for (int i = 0; i < values::count; ++i)
      if (Names::names[std::size_t(i)] == name) return i;
    detail::fail_unknown_name("evaluation", name, names());
  }
};

/// Weights in training: with the optimizer's memory, the memory that runs write to, and the number of steps, all of which
/// others own.
template <class Weights, const auto& Recipe> class trainer {
public:
  using weights_type = Weights;
  using network = typename Weights::network;
  using T = typename Weights::value_type;
  using recipe_type = std::remove_cvref_t<decltype(Recipe)>;
  static constexpr const auto& recipe = Recipe;
  using values = detail::recipe_values<Recipe>;
  using names = detail::value_names<network::object, typename Weights::inputs_type, Recipe>;
  template <bool Train, bool Weighted = false> using checked_plan = detail::recipe_plan<network::object, typename Weights::inputs_type, Recipe, Train, Weighted>;
  template <bool Train, bool Weighted = false> using plan_of = typename checked_plan<Train, Weighted>::type;
  /// Elements of the targets of output K, in a trace and in memory.
  template <int K> using target = detail::target_of_output<network, recipe_type, K>;
  template <int K> using target_element = typename held_as<T, typename target<K>::value_type>::element;

  trainer(Weights& w, detail::recipe_memory<T>& own, detail::network_memory<T>& memory, detail::batch_memory<T>& batch, std::uint64_t& seed, std::uint64_t& steps_made)
      : weights_(w), own_(own), slots_(own.slots), memory_(memory), batch_(batch), seed_(seed), step_(steps_made) {
    own.sums.grow(std::size_t(values::all.elements));
  }

  Weights& weights() const { return weights_; }
  std::uint64_t seed() const { return seed_; }
  /// Updates that were made.
  std::uint64_t steps() const { return step_; }
  detail::batch_memory<T>& batch() const { return batch_; }
  /// How far `fit` has come, and its sums over the epoch so far.
  detail::training_place& place() const { return own_.place; }
  double* sums() const { return own_.sums.data(); }

  /// One update, or an evaluation, from `rows` rows of each column: inputs, targets, weights of the examples. What the recipe shows
  /// goes to `given`, an element each.
  template <bool Train, bool Weighted = false> void run(const void* const* column, int rows, double* given) {
    static_assert(plan_of<Train, Weighted>::n_lengths == 0, "tfx::trainer: the network's inputs have lengths; give them first, run<true>(lengths{17}, columns, rows, given)");
    run_at<Train, Weighted>(column, rows, given, nullptr);
  }
  /// The same of rows that have these lengths, in the network's inputs and what follows them.
  template <bool Train, bool Weighted = false> void run(const lengths& present, const void* const* column, int rows, double* given) {
    using plan = plan_of<Train, Weighted>;
    static_assert(plan::n_lengths > 0 || plan::n_launches == 0, "tfx::trainer: lengths are given, but the network's inputs have none");
    detail::check_lengths<plan>("trainer", present);
    run_at<Train, Weighted>(column, rows, given, present.value);
  }
  /// The same of as many lengths as there are, which are right.
  template <bool Train, bool Weighted> void run_at(const void* const* column, int rows, double* given, [[maybe_unused]] const int* length) {
    using plan = plan_of<Train, Weighted>;
    using program = executable<plan, typename Weights::backend_type, T>;
    if constexpr (plan::n_launches > 0) {
      constexpr int columns = network::n_inputs + network::n_outputs + (Weighted ? 1 : 0);
      if constexpr (Train) {
        reserve_slots<Weighted>();
        ++step_;
      }
      bindings<T> b = memory_.template bind<plan, program>(weights_.parameters(), weights_.states(), {seed_, step_, rows}, network::batch);
      b.base[slot_space] = slots_.data();
      for (int k = 0; k < columns; ++k) b.base[first_io_space + k] = static_cast<T*>(const_cast<void*>(column[k]));
      T out[std::size_t(values::all.elements)] = {};
      for (std::size_t k = 0; k < output_at<plan, columns>.size(); ++k) b.base[first_io_space + columns + int(k)] = out + output_at<plan, columns>[k];
      if constexpr (plan::n_lengths > 0) memory_.template bind_lengths<plan>(b, length);
      program::run(b);
      for (int i = 0; i < values::all.elements; ++i) given[i] = double(out[i]);
    }
  }
  template <bool Weighted = false> void reserve_slots() {
    using plan = plan_of<true, Weighted>;
    if (slots_.size() >= std::size_t(plan::space_size(slot_space))) return;
    slots_.grow(std::size_t(plan::space_size(slot_space)));
    *rate_factor<Weighted>() = 1;
  }
  T* slots() const { return slots_.data(); }
  /// Calls f(path, shape, address) for everything that training goes on from: parameters, states, the optimizer's memory, the seed and the
  /// number of steps, and how far `fit` has come.
  template <class F> void for_each_variable(F f) {
    weights_.for_each_variable(f);
    reserve_slots();
    detail::each_variable<slot_space, plan_of<true>>(slots_.data(), f);
    detail::each_counter(seed_, step_, f);
    f(std::string_view("training/place"), dims{1, {6}, false}, &own_.place.epoch);
    f(std::string_view("training/sums"), dims{1, {values::all.elements}, false}, sums());
  }
  /// What every learning rate is multiplied by; null where nothing is trained.
  template <bool Weighted = false> T* rate_factor() const {
    using plan = plan_of<true, Weighted>;
    for (int i = 0; i < plan::n_leaves; ++i)
      if (plan::leaves[std::size_t(i)].space == slot_space && plan::name(plan::leaves[std::size_t(i)]) == detail::rate_factor_name) return slots_.data() + plan::leaves[std::size_t(i)].offset;
    return nullptr;
  }
  /// What observers may read and write.
  template <bool Weighted> void describe(detail::loop_state& loop) {
    reserve_slots<Weighted>();
    loop.rate_factor = {rate_factor<Weighted>(), sizeof(T) == 8};
    loop.weights[0] = {weights_.parameters(), Weights::parameter_elements * sizeof(T)};
    loop.weights[1] = {weights_.states(), Weights::state_elements * sizeof(T)};
  }

private:
  /// Where each output of a plan lies among all that it shows.
  template <class Plan, int Columns> static constexpr auto make_output_at() {
    std::array<int, std::size_t(Plan::spaces - first_io_space - Columns)> at{};
    int elements = 0;
    for (std::size_t k = 0; k < at.size(); ++k) {
      at[k] = elements;
      for (int i = 0; i < Plan::n_leaves; ++i)
        if (Plan::leaves[std::size_t(i)].space == first_io_space + Columns + int(k)) elements += Plan::leaves[std::size_t(i)].size;
    }
    return at;
  }
  template <class Plan, int Columns> static constexpr auto output_at = make_output_at<Plan, Columns>();

  Weights& weights_;
  detail::recipe_memory<T>& own_;
  detail::buffer<T>& slots_;
  detail::network_memory<T>& memory_;
  detail::batch_memory<T>& batch_;
  std::uint64_t &seed_, &step_;
};

}  // namespace tfx
