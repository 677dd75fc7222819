// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>

namespace tfx {

namespace backend {

/// The scalar backend for code in which everything is known: a producer hands each element to its epilogue in a register,
/// instead of pieces of rows through memory and a pointer. What `direct` is small with; the bits are those of `scalar`.
struct folded {
  using kernel_backend = folded;
  template <class T> using lanes = T;
  static constexpr int parts = 1;
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t, int) { kernel(c); }
};

}  // namespace backend

template <class F, class T> struct producer<F, backend::folded, T> {
  template <class Kernel> static TFX_INLINE void run_in(const call<T>& a) {
    const int inputs = F::arity >= 0 ? F::arity : a.geo->operands;
    const T* in[F::arity >= 0 ? F::arity : 16];
    for (int k = 0; k < inputs; ++k) in[k] = static_cast<const T*>(a.operand[k]);
    attributes_of<F> known = *a.geo;
    for (int r = 0; r < a.rows; ++r)
      for (int c = 0; c < a.cols; ++c) {
        const T value = F::template element<T>(known, in, r, c, a.cols, a.contracted);
        Kernel::finish(a, r, 1, c, 1, &value, 1);
      }
  }
};

}  // namespace tfx
