// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tfx/train/prediction.hpp>
#include <tfx/train/weights.hpp>

namespace tfx {

namespace detail {

/// Sums of what runs give, in double: means weigh with the rows of their batch, counts add up.
[[gnu::noinline]] inline void add_up(double* sum, std::span<const value_info> values, const double* given, int rows) {
  for (const value_info& v : values)
    for (int i = v.first; i < v.first + v.size; ++i) sum[i] += v.finish ? given[i] : given[i] * rows;
}
/// What a value is after so many rows.
inline double value_of(const value_info& v, const double* sum, double rows) { return v.finish ? v.finish(sum + v.first) : sum[v.first] / rows; }

[[noreturn]] TFX_COLD inline void fail_name(const char* who, std::string_view name, std::span<const std::string_view> known) {
  std::string text = std::string(who) + ": nothing is called '" + std::string(name) + "'; known:";
  for (const std::string_view one : known) (text += ' ') += one;
  fail(text.c_str());
}

}  // namespace detail

/// Loss and metrics over data, by name: `result.loss`, `result["accuracy"]`, `result["price_loss"]` where there are several
/// outputs.
template <class Names> class evaluation {
  using values = typename Names::values;
  static constexpr int n_metrics = values::count - values::first_metric;
  double sum_[values::all.elements] = {};

public:
  double loss = 0;
  double metrics[n_metrics ? n_metrics : 1] = {};                        ///< in the recipe's order
  double losses[std::size_t(values::n_losses)] = {};                     ///< of each output, without its factor

  evaluation() = default;
  evaluation(const double* sum, double rows) {
    for (int i = 0; i < values::all.elements; ++i) sum_[i] = sum[i];
    for (int i = 0; i < values::count; ++i) value(i) = detail::value_of(values::all.row[i], sum, rows);
    if (values::n_losses == 1) losses[0] = loss;
  }

  static constexpr std::span<const std::string_view> names() { return Names::names; }
  double operator[](std::string_view name) const { return const_cast<evaluation&>(*this).value(place_of(name)); }
  /// What a metric has counted: of a confusion matrix the matrix, row by row.
  std::span<const double> counts(std::string_view name) const {
    const detail::value_info& v = values::all.row[place_of(name)];
    return {sum_ + v.first, std::size_t(v.size)};
  }

private:
  double& value(int i) { return i == 0 ? loss : i < values::first_metric ? losses[i - 1] : metrics[i - values::first_metric]; }
  static int place_of(std::string_view name) {
    for (int i = 0; i < values::count; ++i)
      if (Names::names[std::size_t(i)] == name) return i;
    detail::fail_name("evaluation", name, names());
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
  using values = detail::recipe_values<Recipe>;
  using names = detail::value_names<network::object, typename Weights::inputs_type, Recipe>;
  template <bool Train, bool Weighted = false> using checked_plan = detail::recipe_plan<network::object, typename Weights::inputs_type, Recipe, Train, Weighted>;
  template <bool Train, bool Weighted = false> using plan_of = typename checked_plan<Train, Weighted>::type;
  /// Elements of the targets of output K, in a trace and in memory.
  template <int K> using target = detail::target_of_output<network, recipe_type, K>;
  template <int K> using target_element = typename held_as<T, typename target<K>::value_type>::element;

  trainer(Weights& w, detail::buffer<T>& slots, detail::network_memory<T>& memory, std::uint64_t& seed, std::uint64_t& steps_made)
      : weights_(w), slots_(slots), memory_(memory), seed_(seed), step_(steps_made) {}

  Weights& weights() const { return weights_; }
  std::uint64_t seed() const { return seed_; }

  /// One update, or an evaluation, from `rows` rows of each column: inputs, targets, weights of the examples. What the recipe shows
  /// goes to `given`, an element each.
  template <bool Train, bool Weighted = false> void run(const void* const* column, int rows, double* given) {
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
      program::run(b);
      for (int i = 0; i < values::all.elements; ++i) given[i] = double(out[i]);
    }
  }
  template <bool Weighted = false> void reserve_slots() { slots_.grow(std::size_t(plan_of<true, Weighted>::space_size(slot_space))); }
  T* slots() const { return slots_.data(); }

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
  detail::buffer<T>& slots_;
  detail::network_memory<T>& memory_;
  std::uint64_t &seed_, &step_;
};

}  // namespace tfx
