// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>

#include <tfx/backend/debug/debug.hpp>
#include <tfx/train/batch_columns.hpp>
#include <tfx/train/moments.hpp>
#include <tfx/train/trainer.hpp>

namespace tfx {

namespace detail {

/// The numbers that a step begins with, kept to make it again.
struct kept_step {
  virtual ~kept_step() = default;
  virtual void keep() = 0;
  /// Are the parameters and states that the step has left numbers?
  virtual bool finite() const = 0;
  /// Makes the step again, node by node, and then sets what it began with.
  virtual void make_again(int rows) = 0;
};

template <class Trainer, bool Weighted> class kept_step_of : public kept_step {
  using weights = typename Trainer::weights_type;
  using T = typename weights::value_type;
  using plan = typename Trainer::template plan_of<true, Weighted>;
  using columns = batch_columns<Trainer, Weighted>;
  static constexpr std::size_t elements[] = {weights::parameter_elements, weights::state_elements, std::size_t(plan::space_size(slot_space))};

  Trainer trainer_;
  buffer<T> before_[3], used_[3];
  T* now(int k) const { return k == 0 ? trainer_.weights().parameters() : k == 1 ? trainer_.weights().states() : trainer_.slots(); }
  static void copy(const T* from, T* to, int k) {
    if (elements[k]) std::memcpy(to, from, elements[k] * sizeof(T));
  }

public:
  explicit kept_step_of(const Trainer& t) : trainer_(t) {
    for (int k = 0; k < 3; ++k) before_[k].grow(elements[k]), used_[k].grow(elements[k]);
  }
  void keep() override {
    for (int k = 0; k < 3; ++k) copy(now(k), before_[k].data(), k);
  }
  bool finite() const override {
    for (int k = 0; k < 2; ++k)
      for (std::size_t i = 0; i < elements[k]; ++i)
        if (!std::isfinite(now(k)[i])) return false;
    return true;
  }
  void make_again(int rows) override {
    using program = executable<plan, backend::debug, T>;
    for (int k = 0; k < 3; ++k) copy(before_[k].data(), used_[k].data(), k);
    network_memory<T> memory;
    bindings<T> b = memory.template bind<plan, program>(used_[0].data(), used_[1].data(), {trainer_.seed(), trainer_.steps(), rows}, Trainer::network::batch);
    void* column[columns::count];
    trainer_.batch().template addresses<Trainer, Weighted>(column);
    T out[std::size_t(Trainer::values::all.elements)] = {};
    b.base[slot_space] = used_[2].data();
    for (int k = 0; k < columns::count; ++k) b.base[first_io_space + k] = static_cast<T*>(column[k]);
    for (int k = first_io_space + columns::count, shown = 0; k < plan::spaces; ++k) {
      b.base[k] = out + shown;
      for (int i = 0; i < plan::n_leaves; ++i)
        if (plan::leaves[std::size_t(i)].space == k) shown += plan::leaves[std::size_t(i)].size;
    }
    int length[max_lengths] = {};
    if constexpr (plan::n_lengths > 0) {
      for (int& l : length) l = 1;
      for (const sequence_column& c : columns::sequences_in)
        for (int r = 0; r < rows; ++r) length[c.which] = std::max(length[c.which], trainer_.batch().sizes()[c.column][r] / c.step);
      memory.template bind_lengths<plan>(b, length);
    }
    program::run(b);
    for (int k = 0; k < 3; ++k) copy(before_[k].data(), now(k), k);
  }
};

}  // namespace detail

/// An observer that ends training after a batch whose loss is not finite, or that leaves parameters which are not, and says which layer made
/// the first of these numbers: `backend::debug` makes the batch again, node by node, and tells `backend::debug::on_bad_value`, which
/// prints a line unless it is set.
///
///     m.fit<training>(train, {.epochs = 20}, find_nan{});
///
///     tfx: log at scores (line 17) makes nan at element 5 of [32, 4]; its inputs were finite
///
/// The weights that are left are those from before that batch. `terminate_on_nan` ends training without looking.
///
/// Cost       copies of the weights and the optimizer's memory before each batch, a pass over the weights after it
class find_nan {
public:
  bool found = false;

  /// What `fit` tells before training.
  template <bool Weighted, class Weights, const auto& Recipe> TFX_COLD void attach(trainer<Weights, Recipe>& t) {
    step_ = std::make_unique<detail::kept_step_of<trainer<Weights, Recipe>, Weighted>>(t);
  }
  void operator()(const training_begin&) { found = false; }
  void operator()(const batch_begin& b) {
    rows_before_ = b.rows();
    step_->keep();
  }
  void operator()(const batch_end& b) {
    if (std::isfinite(b["loss"]) && step_->finite()) return;
    found = true;
    step_->make_again(int(b.rows() - rows_before_));
    b.stop();
  }
  void operator()(const training_end&) { step_.reset(); }

private:
  std::unique_ptr<detail::kept_step> step_;
  std::int64_t rows_before_ = 0;
};

}  // namespace tfx
