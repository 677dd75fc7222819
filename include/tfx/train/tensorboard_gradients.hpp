// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: files, threads

#include <tfx/train/batch_columns.hpp>
#include <tfx/train/tensorboard.hpp>

namespace tfx {

namespace detail {

/// An optimizer that leaves parameters as they are, and keeps their gradients.
struct kept_gradients {
  static constexpr std::string_view name = "kept", slot = "gradient", ending = "/kept/gradient";
  double clip_norm = 0, clip_value = 0;
  constexpr handle operator()(const optim::update_scope& u, handle p, handle gradient) const {
    u.write(u.slot(slot, p.shape()), gradient);
    return p;
  }
};
template <const auto& Recipe> constexpr auto make_gradient_recipe() {
  using losses = std::remove_cvref_t<decltype(Recipe.loss)>;
  using metrics = decltype(metrics_by_output<losses::count>());
  return recipe_of<losses, kept_gradients, metrics>{Recipe.loss, {}, metrics_by_output<losses::count>(), Recipe.arena_limit};
}
template <const auto& Recipe> inline constexpr auto gradient_recipe = make_gradient_recipe<Recipe>();

/// Gradients of a batch that a trainer has read.
struct gradient_run {
  virtual ~gradient_run() = default;
  virtual void write(summary::event_writer& log, int rows, std::int64_t epoch) = 0;
};
template <class Trainer, const auto& Recipe, bool Weighted> struct gradient_run_of final : gradient_run {
  using weights_type = typename Trainer::weights_type;
  using T = typename Trainer::T;
  using other = trainer<weights_type, gradient_recipe<Recipe>>;

  Trainer of;
  recipe_memory<T> own;
  network_memory<T> memory;
  explicit gradient_run_of(const Trainer& t) : of(t) {}

  void write(summary::event_writer& log, int rows, std::int64_t epoch) override {
    std::uint64_t seed = of.seed(), step = of.steps() - 1;   // what is drawn at random is that of the update
    other t(of.weights(), own, memory, of.batch(), seed, step);
    void* column[batch_columns<other, Weighted>::count];
    of.batch().template addresses<other, Weighted>(column);
    double given[other::values::all.elements];
    const std::vector<T> states(of.weights().states(), of.weights().states() + weights_type::state_elements);
    t.template run<true, Weighted>(column, rows, given);
    for (std::size_t i = 0; i < states.size(); ++i) of.weights().states()[i] = states[i];
    each_variable<slot_space, typename other::template plan_of<true, Weighted>>(own.slots.data(), [&](std::string_view path, const dims& shape, const auto* data) {
      if (!path.ends_with(kept_gradients::ending)) return;
      path.remove_suffix(kept_gradients::ending.size());
      summary::histogram(log, std::string(path) + "/gradient", std::span(data, std::size_t(shape.size())), epoch);
    });
  }
};

}  // namespace detail

/// `tensorboard` that shows gradients too, as histograms `<parameter>/gradient` after every `histogram_freq` epochs: those of the epoch's first batch,
/// at the weights after its update, before they are clipped.
///
///     m.fit<training>(train, {.epochs = 20}, tensorboard_gradients("logs/run1", {.histogram_freq = 1}));
///
/// Cost       compiling and, in those epochs, running one more step; memory for gradients and another arena
class tensorboard_gradients : public tensorboard {
public:
  using tensorboard::operator();
  using tensorboard::tensorboard;

  template <bool Weighted, class Weights, const auto& Recipe> TFX_COLD void attach(trainer<Weights, Recipe>& t) {
    tensorboard::attach<Weighted>(t);
    run_ = std::make_unique<detail::gradient_run_of<trainer<Weights, Recipe>, Recipe, Weighted>>(t);
  }
  void operator()(const batch_end& b) {
    if (b.batches() == 1 && due(options_.histogram_freq, b.epoch() - 1)) careful([&] { run_->write(*train_, int(b.rows()), b.epoch() - 1); });
    tensorboard::operator()(b);
  }

private:
  std::unique_ptr<detail::gradient_run> run_;
};

}  // namespace tfx
