// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <tfx/train/folded.hpp>
#include <tfx/train/weights.hpp>

namespace tfx {

/// Option of `frozen`: batch normalisation goes into the weights of the layers before it.
struct fold_batch_norm_t {};
inline constexpr fold_batch_norm_t fold_batch_norm{};

/// Weights that no longer change: a copy, and beside it, in the order in which they are read, those that products and
/// convolutions read in another order than they lie in. Sessions of any number of threads share both.
///
///     const auto server = frozen(w);                  // or frozen(w, fold_batch_norm), classifier.freeze()
///     session s{server};
///
/// The results have the same bits as those of the weights, unless batch normalisation was folded: see `fold_scales`.
template <class Weights, class Plan = typename Weights::predict_plan> class frozen {
  using T = typename Weights::value_type;

public:
  using network = typename Weights::network;
  using layout = typename Weights::layout;
  using value_type = T;
  using backend_type = typename Weights::backend_type;
  using predict_plan = Plan;
  using executable_type = executable<Plan, backend_type, T, true>;
  static constexpr bool folded = !std::is_same_v<Plan, typename Weights::predict_plan>;

  /// Of weights in another order, and of all.
  static constexpr std::size_t prepared_bytes = executable_type::prepared_elements * sizeof(T);
  static constexpr std::size_t bytes = std::size_t(Plan::space_size(parameter_space) + Plan::space_size(state_space)) * sizeof(T) + prepared_bytes;

  explicit frozen(const Weights& w) requires(!folded)
      : parameters_(Weights::parameter_elements), states_(Weights::state_elements), prepared_(executable_type::prepared_elements) {
    for (std::size_t i = 0; i < Weights::parameter_elements; ++i) parameters_.data()[i] = w.parameters()[i];
    for (std::size_t i = 0; i < Weights::state_elements; ++i) states_.data()[i] = w.states()[i];
    prepare();
  }
  frozen(const Weights& w, fold_batch_norm_t) requires folded
      : parameters_(std::size_t(Plan::space_size(parameter_space))), prepared_(executable_type::prepared_elements) {
    using fold = plan<detail::folded_weights<typename Weights::predict_plan::step>>;
    using program = executable<fold, backend_type, T>;
    detail::network_memory<T> memory;
    bindings<T> b = memory.template bind<fold, program>(w.parameters(), w.states(), {0, 0, network::batch}, network::batch);
    b.base[slot_space] = parameters_.data();
    constexpr int none[max_lengths] = {1, 1, 1, 1};   // weights follow no length
    if constexpr (fold::n_lengths > 0) memory.template bind_lengths<fold>(b, none);
    program::run(b);
    prepare();
  }

  const T* parameters() const { return parameters_.data(); }
  const T* states() const { return states_.data(); }
  const T* prepared() const { return prepared_.data(); }

private:
  void prepare() {
    detail::network_memory<T> memory;
    bindings<T> b = memory.template bind<Plan, executable_type>(parameters(), states(), {0, 0, network::batch}, network::batch);
    b.prepared = prepared_.data();
    executable_type::prepare(b);
  }

  detail::buffer<T> parameters_, states_, prepared_;
};
template <class Weights> frozen(const Weights&) -> frozen<Weights>;
template <class Weights> frozen(const Weights&, fold_batch_norm_t) -> frozen<Weights, plan<detail::folded_prediction<typename Weights::predict_plan::step>>>;

}  // namespace tfx
