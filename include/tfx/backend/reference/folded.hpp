// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/kernel/producer.hpp>
#include <tfx/backend/kernel/stored_element.hpp>
#include <tfx/backend/reference/scalar.hpp>
#include <tfx/graph/concepts.hpp>

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
  static constexpr bool by_element = true;

  static void run(const call<T>& a) {
    run_in(a, [&](int row, int col, const T& made) {
      if (a.kernel != nullptr) return hand_over<T>(a, row, 1, col, 1, &made, 1);
      a.destination()[std::ptrdiff_t(row) * a.cols + col] = made;
    });
  }
  template <unsigned Wanted> static void run(const call<T>& a) {
    if constexpr (Wanted == 1) run(a);
    else producer<F, backend::scalar, T>::template run<Wanted>(a);
  }
  /// Calls finish(row, column, result) for each element of the first result.
  template <class Finish> static TFX_INLINE void run_in(const call<T>& a, Finish finish) {
    const T* in[16];
    const int inputs = F::arity >= 0 ? F::arity : a.layout->inputs;
    if constexpr (detail::reads_narrow<F>) {
      const stored_operand<T> narrow[] = {{a.operand[0], a.step[0].lies}, {a.operand[1], a.step[1].lies}};
      if (narrow[0].lies != lies_as::word || narrow[1].lies != lies_as::word) return run_on(a, narrow, finish);
    }
    for (int k = 0; k < inputs; ++k) in[k] = static_cast<const T*>(a.operand[k]);
    run_on(a, in, finish);
  }

private:
  template <class In, class Finish> static TFX_INLINE void run_on(const call<T>& a, const In* in, Finish finish) {
    attributes_of<F> known = *a.geo;
    for (int r = 0; r < a.rows; ++r)
      for (int c = 0; c < a.cols; ++c) {
        const T made = F::template element<T>(known, in, r, c, a.cols, a.contracted);
        finish(r, c, made);
      }
  }
};

}  // namespace tfx
