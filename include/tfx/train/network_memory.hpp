// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstddef>

#include <tfx/run/executable.hpp>
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

/// What runs of one network's plans write to besides parameters, state and outputs. It grows at the first run of a plan.
template <class T> class network_memory {
public:
  /// For a run of an executable's plan on `run.batch` rows of at most `most`; inputs and outputs are left open.
  template <class Plan, class Executable> bindings<T> bind(T* parameters, T* state, run_state run, int most) {
    if (run.batch < 1 || run.batch > most) fail("model: the number of rows must lie between 1 and the batch size it was compiled for");
    arena_.grow(Executable::arena_elements);
    batch_scalars_[0] = T(run.batch);
    batch_scalars_[1] = T(1) / T(run.batch);
    bindings<T> b;
    b.base[arena_space] = arena_.data();
    b.base[parameter_space] = parameters;
    b.base[state_space] = state;
    b.base[constant_space] = constants_of<Plan, T>();
    b.base[batch_space] = batch_scalars_;
    b.base[counter_space] = counters_;
    b.scratch = arena_.data() + Plan::arena_elements;
    b.run = run;
    return b;
  }

private:
  buffer<T> arena_;
  T batch_scalars_[2] = {}, counters_[max_regions] = {};
};

/// One example, anything that can be copied to numbers (a data set's image) or is a range of them, as a row of an input.
template <int Size, class Example, class T> void copy_example(const Example& one, T* to) {
  if constexpr (requires { one.copy_to(to); }) {
    static_assert(Example::size() == Size, "tfx::predict: the example has another number of elements than the model's input");
    one.copy_to(to);
  } else {
    if (std::size_t(one.size()) != std::size_t(Size)) fail("predict: the example has another number of elements than the model's input");
    for (int i = 0; i < Size; ++i) to[i] = T(one.data()[i]);
  }
}

}  // namespace tfx::detail
