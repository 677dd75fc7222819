// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/host.hpp>
#include <tfx/backend/reference/interpret.hpp>
#include <tfx/core/tensor_memory.hpp>
#include <tfx/ops/rearrange.hpp>

namespace tfx::detail {

/// Memory of one run: on the stack up to `inside_bytes`, else on the heap. Not initialised.
template <class T, std::size_t Size, bool Inside = Size * sizeof(T) <= inside_bytes> struct run_memory {
  alignas(64) T element[Size + 1];
  T* data() { return element; }
};
template <class T, std::size_t Size> struct run_memory<T, Size, false> : tensor_memory<T, int(Size)> {
  run_memory() : tensor_memory<T, int(Size)>(uninitialized_t{}) {}
};

/// The constants of a plan in the element type that it runs in.
template <class Plan, class T> struct plan_constants {
  static constexpr int count = Plan::sizes.constants;
  struct table {
    T value[count + 1] = {};
  };
  static constexpr table all = [] {
    table t;
    for (int i = 0; i < count; ++i) t.value[i] = Plan::kernels.constants[i].template word<T>();
    return t;
  }();
};

/// Runs a step compiled. `base` has the addresses of the inputs and outputs. The backend is part of the function's
/// name, so that files compiled for different processors can be linked together.
template <class Backend, class Step, class T> void run_compiled(T* const* base) {
  using P = plan<Step>;
  using E = executable<P, Backend, T>;
  run_memory<T, E::arena_elements> arena;
  T counters[P::n_regions + 1];
  bindings<T> b;
  for (int s = first_io_space; s < P::spaces; ++s) b.base[s] = base[s];
  b.base[arena_space] = arena.data();
  b.base[constant_space] = const_cast<T*>(plan_constants<P, T>::all.value);  // read only
  b.base[counter_space] = counters;
  b.scratch = arena.data() + P::arena_elements;
  E::run(b);
}

/// Runs a step: interpreted in constant evaluation, else compiled.
template <class Step, class T> TFX_INLINE constexpr void run_step(T* const* base) {
  if (std::is_constant_evaluated())
    interpret<T>(traced_step<Step>::view(), base);
  else
    run_compiled<backend::host, Step>(base);
}

/// A value in the shape that it stands for: gradients and constants may be smaller.
constexpr handle spread(handle a, const dims& shape) {
  if (a.shape() == shape) return a;
  if (a.shape().size() == shape.size()) {
    const handle b = reshape(a, shape);
    if (b.shape() == shape) return b;  // a constant has every shape
  }
  return expand(a, shape);
}

}  // namespace tfx::detail
