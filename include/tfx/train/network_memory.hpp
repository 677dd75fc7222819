// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstddef>
#include <cstdio>

#include <tfx/run/executable.hpp>
#include <tfx/train/present_lengths.hpp>
#include <tfx/train/storage.hpp>

namespace tfx::detail {

/// A plan's constants in an element type.
template <class Plan, class T> T* constants_of() {
  static const auto table = [] {
    struct {
      alignas(64) T value[Plan::constants.size()];
    } t;
    for (std::size_t i = 0; i < Plan::constants.size(); ++i) t.value[i] = Plan::constants[i].template word<T>();
    return t;
  }();
  return const_cast<T*>(table.value);
}

[[noreturn]] TFX_COLD inline void fail_rows(int rows, int most) {
  char text[120];
  std::snprintf(text, sizeof text, "model: %d rows; it was compiled for a batch of 1 to %d", rows, most);
  fail(text);
}

/// What runs of one network's plans write to besides parameters, state and outputs. It grows at the first run of a plan.
template <class T> class network_memory {
public:
  /// For a run of an executable's plan on `run.batch` rows of at most `most`; inputs and outputs are left open.
  template <class Plan, class Executable> bindings<T> bind(const T* parameters, const T* state, run_state run, int most) {
    if (run.batch < 1 || run.batch > most) fail_rows(run.batch, most);
    arena_.grow(Executable::arena_elements);
    batch_scalars_[0] = T(run.batch);
    batch_scalars_[1] = T(1) / T(run.batch);
    bindings<T> b;
    b.base[arena_space] = arena_.data();
    b.base[parameter_space] = const_cast<T*>(parameters);   // which only training writes
    b.base[state_space] = const_cast<T*>(state);
    b.base[constant_space] = constants_of<Plan, T>();
    b.base[batch_space] = batch_scalars_;
    b.base[counter_space] = counters_;
    b.scratch = arena_.data() + Plan::arena_elements;
    b.run = run;
    return b;
  }
  /// Tells a run its lengths, in a plan that has some.
  template <class Plan> void bind_lengths(bindings<T>& b, const int* length) {
    b.length = length;
    put_lengths_of_run(length, Plan::n_lengths, batch_scalars_);
  }

private:
  buffer<T> arena_;
  T batch_scalars_[batch_numbers] = {}, counters_[max_regions] = {};
};

/// Inputs and outputs of a network in the memory of a program that computes in T.
template <class Network, class T> struct columns_of {
  template <int K> using input_element = typename held_as<T, typename Network::template input<K>::value_type>::element;
  template <int K> using output_element = typename held_as<T, typename Network::template output<K>::value_type>::element;
  /// Elements of one example.
  template <int K> static constexpr int input_size = Network::input_dims[K].size() / Network::batch;
  template <int K> static constexpr int output_size = Network::template output<K>::dim.size() / Network::batch;
};

}  // namespace tfx::detail
