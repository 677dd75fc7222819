// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory, terminal

#include <tfx/train/batch_columns.hpp>
#include <tfx/train/progress_bar.hpp>
#include <tfx/train/record_verdict.hpp>

namespace tfx {

namespace detail {

/// Data that a trainer is given: does it suit the network, and does it have weights?
template <class Trainer, class Data> struct data_check {
  using source = data::detail::source_of<Data>;
  using verdict = record_verdict<Trainer::network::object, typename Trainer::weights_type::inputs_type, typename Trainer::recipe_type, decltype(data::detail::record_in<source>())>;
  static constexpr bool weighted = verdict::weighted;
  using columns = batch_columns<Trainer, weighted>;
};

/// Is all in order? Nothing is planned for data that does not suit the network, so that one mistake is all that is said.
template <class Trainer, bool Train, class Check, class... Other> constexpr bool can_run() {
  if constexpr (Check::right && (Other::right && ...)) return Trainer::template checked_plan<Train, Check::weighted>::right;
  else return false;
}

template <class Trainer, bool Train, bool Weighted> void run_step(void* trainer, const void* const* column, const int* length, int rows, double* given) {
  static_cast<Trainer*>(trainer)->template run_at<Train, Weighted>(column, rows, given, length);
}

/// Of `size` examples, how many are left to train on?
TFX_COLD inline std::size_t examples_left(double share, bool in_memory, std::size_t size, bool other_data) {
  if (!in_memory) fail("fit: validation_split holds back the last examples of data in memory, and this is read as it comes; give a source of its own as validation");
  if (other_data) fail("fit: validation and validation_split are both given");
  const double left = double(size) * (1 - share);
  if (!(share > 0 && left >= 1 && left < double(size))) {
    char text[120];
    std::snprintf(text, sizeof text, "fit: validation_split = %g of %zu examples leaves none on one side", share, size);
    fail(text);
  }
  return std::size_t(left);
}
inline std::int64_t evaluate_held_back(const void* given, void*, double*) {
  pass& p = *static_cast<pass*>(const_cast<void*>(given));
  evaluate_all(p);
  return p.rows;
}

/// Loss and metrics over data: their sums go to `sum`; gives the number of examples.
template <class Trainer, class Data> std::int64_t evaluate_on(const void* given, void* trainer, double* sum) {
  using check = data_check<Trainer, Data>;
  using columns = typename check::columns;
  using values = typename Trainer::values;
  Trainer& t = *static_cast<Trainer*>(trainer);
  decltype(auto) source = data::detail::as_source(*const_cast<Data*>(static_cast<const Data*>(given)));
  decltype(auto) shaped = columns::shaped(source);
  void* column[columns::count];
  t.batch().template addresses<Trainer, check::weighted>(column);
  data::detail::reader<std::remove_reference_t<decltype(shaped)>, typename columns::elements> r(shaped, columns::layout.each, nullptr, t.batch().index.data(), t.batch().sizes());
  double of_batch[values::all.elements];
  pass p{{"evaluate", r.view(), column, columns::sequences(t.batch().sizes())}, columns::batch, columns::classes(), &t, run_step<Trainer, false, check::weighted>, values::all.row, of_batch, sum};
  evaluate_all(p);
  return p.rows;
}

/// Lets an observer look at what is trained, and by which recipe, if it asks for it: `observer.attach<Weighted>(trainer)`. One that
/// keeps training is also told whether to resume it.
template <bool Weighted, class Observer, class Trainer> void attach_to(Observer& observer, Trainer& t, [[maybe_unused]] bool resume) {
  if constexpr (keeps_training<Observer>) observer.template attach<Weighted>(t, resume);
  else if constexpr (requires { observer.template attach<Weighted>(t); }) observer.template attach<Weighted>(t);
}

}  // namespace detail

/// What `fit` validates with: anything that it can be given to train with.
template <class Trainer> class validation_data {
public:
  validation_data() = default;
  template <class Data> requires(!std::same_as<std::remove_cvref_t<Data>, validation_data>) validation_data(Data&& data) {
    using Given = std::remove_reference_t<Data>;
    using check = typename detail::data_check<Trainer, Given>::verdict;
    [[maybe_unused]] tell<check::right, check> told;
    if constexpr (detail::can_run<Trainer, false, check>()) {
      data_ = &data;
      run_ = detail::evaluate_on<Trainer, Given>;
    }
  }
  detail::validation_view view(double* sum) const { return {run_, data_, sum}; }
  bool given() const { return run_ != nullptr; }

private:
  const void* data_ = nullptr;
  std::int64_t (*run_)(const void*, void*, double*) = nullptr;
};

/// A share of data in memory, the last of its examples, that `fit` does not train on, but validates with.
template <class Trainer, bool Weighted> class validation_share {
public:
  validation_share() = default;
  template <class Number> requires std::is_arithmetic_v<Number> validation_share(Number share) : share_(double(share)) {
    if (share_ != 0) step_ = detail::run_step<Trainer, false, Weighted>;
  }
  /// So many of a source's examples are trained on.
  template <class Source> std::size_t learned(std::size_t size, const validation_data<Trainer>& other) const {
    return step_ ? detail::examples_left(share_, data::in_memory<Source>, size, other.given()) : size;
  }
  auto step() const { return step_; }

private:
  double share_ = 0;
  void (*step_)(void*, const void* const*, const int*, int, double*) = nullptr;
};

/// What `fit` can be told.
template <class Trainer, bool Weighted = false> struct fit_options {
  int epochs = 1;
  validation_data<Trainer> validation{};
  validation_share<Trainer, Weighted> validation_split{};   ///< of data in memory, the last of its examples, are not trained on
  int validate_every = 1;         ///< epochs
  int steps_per_epoch = 0;        ///< so many batches are an epoch, and the data goes on where it stood; 0: all data
  bool shuffle = true;            ///< data in memory
  bool quiet = false;             ///< nothing is printed
  int first_epoch = 0;            ///< continues a run: the order of the data and its numbering go on
  bool resume = false;            ///< the same call as before, stopped or kept in a checkpoint, goes on where it stood, in the middle of an epoch too
};

/// Those of training on some data.
template <class Trainer, class Data> using fit_options_for = fit_options<Trainer, detail::data_check<Trainer, std::remove_reference_t<Data>>::weighted>;

/// Trains on data, epoch by epoch, and tells observers. Data in memory come in an order that is shuffled anew in each epoch.
///
///     auto t = m.trainer<training>();
///     auto history = fit(t, data::columns(x, y), {.epochs = 20, .validation = test}, early_stopping{.patience = 3});
///
/// A last batch with fewer rows is trained on as it is. After the first step nothing is allocated.
/// Errors     data that does not suit the network and its losses; an observer that hears nothing. When run: no data, labels that
///            name no class
template <class Weights, const auto& Recipe, class Data, class... Observer>
history fit(trainer<Weights, Recipe>& t, Data&& data, fit_options_for<trainer<Weights, Recipe>, Data> options = {}, Observer&&... observer) {
  using Trainer = trainer<Weights, Recipe>;
  using Given = std::remove_reference_t<Data>;
  using data_check = detail::data_check<Trainer, Given>;
  using check = typename data_check::verdict;
  using heard = detail::observers_verdict<std::remove_reference_t<Observer>...>;
  [[maybe_unused]] tell<check::right, check> told;
  [[maybe_unused]] tell<heard::right, heard> told_too;
  detail::loop_state loop;
  if constexpr (detail::can_run<Trainer, true, check, heard>()) {
    using columns = typename data_check::columns;
    using values = typename Trainer::values;
    decltype(auto) source = data::detail::as_source(data);
    decltype(auto) shaped = columns::shaped(source);
    using Source = std::remove_reference_t<decltype(shaped)>;
    t.template describe<check::weighted>(loop);
    (detail::attach_to<check::weighted>(observer, t, options.resume), ...);
    void* column[columns::count];
    t.batch().template addresses<Trainer, check::weighted>(column);
    const std::size_t size = data::detail::size_of(shaped), learned = options.validation_split.template learned<Source>(size, options.validation);
    auto order = data::detail::order_of<Source>(learned, t.seed());
    data::detail::reader<Source, typename columns::elements> r(shaped, columns::layout.each, data::detail::address_of(order), t.batch().index.data(), t.batch().sizes()), rest = r;
    if constexpr (data::in_memory<Source>) {
      r.w.size = learned;
      rest.w = {size - learned, nullptr, r.w.as_they_lie, learned};
    }
    double of_batch[values::all.elements], of_validation[values::all.elements];
    detail::pass p{{"fit", r.view(), column, columns::sequences(t.batch().sizes())}, columns::batch, columns::classes(), &t, detail::run_step<Trainer, true, check::weighted>, values::all.row, of_batch, t.sums()};
    detail::pass held_back = p;
    held_back.from = rest.view();
    held_back.step = options.validation_split.step();
    held_back.sum = of_validation;

    loop.values = values::all.row;
    loop.names = Trainer::names::names;
    constexpr bool kept = (detail::keeps_training<Observer> || ... || false);
    progress_bar bar;
    const detail::observer_view all[] = {detail::view_of<kept>(bar, detail::all_moments{}), detail::view_of<kept>(observer, detail::all_moments{})...};
    loop.observers = std::span(all).subspan(options.quiet ? 1 : 0);
    detail::train_all(loop, p, t.place(), held_back.step ? detail::validation_view{detail::evaluate_held_back, &held_back, of_validation} : options.validation.view(of_validation), {options.epochs, options.validate_every, options.steps_per_epoch, options.first_epoch, options.shuffle, options.resume});
  }
  return std::move(loop.past);
}

/// Loss and metrics over data, without training: what drops out does not, and running statistics are used.
///
///     auto result = evaluate(t, test);
///     result.loss;  result["accuracy"];
template <class Weights, const auto& Recipe, class Data> auto evaluate(trainer<Weights, Recipe>& t, Data&& data) {
  using Trainer = trainer<Weights, Recipe>;
  using Given = std::remove_reference_t<Data>;
  using check = typename detail::data_check<Trainer, Given>::verdict;
  [[maybe_unused]] tell<check::right, check> told;
  if constexpr (detail::can_run<Trainer, false, check>()) {
    double sum[Trainer::values::all.elements];
    const std::int64_t rows = detail::evaluate_on<Trainer, Given>(&data, &t, sum);
    return evaluation<typename Trainer::names>(sum, double(rows));
  } else {
    return evaluation<typename Trainer::names>();
  }
}

}  // namespace tfx
