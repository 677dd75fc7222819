// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include <tfx/train/moments.hpp>
#include <tfx/train/trainer.hpp>

namespace tfx {

/// An observer that keeps a moving average of the parameters, validates with it, and leaves it in the model when training ends.
///
///     a_1 = w_1,   a_t = a_(t-1) + (1 - momentum) (w_t - a_(t-1))   after update t
///
///     m.fit<training>(train, {.epochs = 20, .validation = test}, average_weights{.momentum = 0.999});
///
/// With `swap_on_epoch` the averages are in the model also at `epoch_end`, for the observers that follow: early stopping then keeps
/// them. Training goes on with the parameters that are trained. States, such as means of batch normalisation, are not averaged. Where
/// training is resumed, the same object goes on from what it has seen, and so does one whose `checkpoints` are resumed from; another
/// one begins anew.
///
/// Cost       a copy of the parameters, and a pass over them after each update
/// Source     Polyak and Juditsky 1992; options and moments of Keras's SwapEMAWeights with use_ema
struct average_weights {
  double momentum = 0.99;
  bool swap_on_epoch = false;

  /// What `fit` tells before training.
  template <bool Weighted, class Weights, const auto& Recipe> TFX_COLD void attach(trainer<Weights, Recipe>& t) {
    using T = typename Weights::value_type;
    parameters = t.weights().parameters();
    count = Weights::parameter_elements;
    bytes = count * sizeof(T);
    add = [](void* to, const void* now, std::size_t n, double share) {
      T* const a = static_cast<T*>(to);
      const T* const w = static_cast<const T*>(now);
      for (std::size_t i = 0; i < n; ++i) a[i] += T(share) * (w[i] - a[i]);
    };
  }

  TFX_COLD void operator()(const training_begin& t) {
    if (!(momentum >= 0 && momentum < 1)) detail::fail("average_weights: the momentum must be at least 0 and less than 1");
    if (t.resumed()) return put(false);
    average.clear();
    inside = false;
  }
  void operator()(const epoch_begin&) { put(false); }
  void operator()(const batch_end&) {
    if (average.empty()) {
      average.resize(bytes);
      std::memcpy(average.data(), parameters, bytes);
    }
    add(average.data(), parameters, count, 1 - momentum);
  }
  void operator()(const evaluation_begin&) { put(true); }
  void operator()(const evaluation_end&) { put(false); }
  void operator()(const epoch_end&) {
    if (swap_on_epoch) put(true);
  }
  void operator()(const training_end&) { put(true); }
  template <class State> void archive(State& s) {
    s(average);
    s(inside);
  }

  // what it has seen
  std::vector<char> average{};   ///< or, while the averages are in the model, what is trained
  bool inside = false;           ///< are they?
  void* parameters = nullptr;
  std::size_t count = 0, bytes = 0;
  void (*add)(void* to, const void* now, std::size_t n, double share) = nullptr;

  TFX_COLD void put(bool averages) {
    if (average.empty() || averages == inside) return;
    std::swap_ranges(average.begin(), average.end(), static_cast<char*>(parameters));
    inside = averages;
  }
};

}  // namespace tfx
