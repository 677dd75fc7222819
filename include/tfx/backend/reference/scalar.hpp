// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/kernel/producer.hpp>
#include <tfx/backend/kernel/stored_element.hpp>
#include <tfx/graph/concepts.hpp>

namespace tfx {

/// Every producer on a backend without its own: one element after the other, by the operation's own definition.
template <class F, class Backend, class T> struct producer {
  static constexpr int piece = 64;
  /// May a call go on from what the calls before it have added up?
  static constexpr bool adds = requires(attributes_of<F> known, const T* const* in) { F::template element<T>(known, in, 0, 0, 0, 0, T(0)); };

  static constexpr std::size_t sums(const geometry&, int rows, int cols) { return adds ? std::size_t(rows) * std::size_t(cols) : 0; }

  static void run(const call<T>& a) {
    if constexpr (detail::reads_narrow<F>) {
      stored_operand<T> narrow[2];
      bool words = true;
      for (int k = 0; k < 2; ++k) {
        narrow[k] = {a.operand[k], a.step[k].lies};
        words = words && narrow[k].lies == lies_as::word;
      }
      if (!words) return run_on(a, narrow);
    }
    const T* in[16] = {};
    for (int k = 0; k < a.layout->inputs; ++k) in[k] = static_cast<const T*>(a.operand[k]);
    run_on(a, in);
  }
  template <unsigned Wanted> static void run(const call<T>& a) {
    if constexpr (Wanted == 1) run(a);
    else run_several<Wanted>(a, std::make_integer_sequence<int, results_of<F>>{});
  }

private:
  template <class In> static void run_on(const call<T>& a, const In* in) {
    attributes_of<F> known = *a.geo;
    const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
    T block[piece];
    for (int r = s.begin; r < s.end; ++r)
      for (int c0 = 0; c0 < a.cols; c0 += piece) {
        const int n = a.cols - c0 < piece ? a.cols - c0 : piece;
        T* const out = a.kernel == nullptr ? a.destination() + std::ptrdiff_t(r) * a.cols + c0 : block;
        for (int c = 0; c < n; ++c) out[c] = element(a, known, in, r, c0 + c);
        if (a.kernel != nullptr && (a.last || !adds)) hand_over<T>(a, r, 1, c0, n, block, piece);
      }
  }
  template <unsigned Wanted, int... K> static void run_several(const call<T>& a, std::integer_sequence<int, K...>) {
    attributes_of<F> known = *a.geo;
    const T* in[16] = {};
    for (int k = 0; k < a.layout->inputs; ++k) in[k] = static_cast<const T*>(a.operand[k]);
    ((Wanted >> K & 1 ? store<K>(a, known, in) : void()), ...);
    if (a.kernel == nullptr) return;
    const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
    T block[results_of<F>][piece];
    const T* const blocks[] = {block[K]...};
    for (int r = s.begin; r < s.end; ++r)
      for (int c0 = 0; c0 < a.cols; c0 += piece) {
        const int n = a.cols - c0 < piece ? a.cols - c0 : piece;
        for (int c = 0; c < n; ++c)
          ((Wanted >> K & 1 && a.hands(K) ? void(block[K][c] = F::template element<T, K>(known, in, r, c0 + c, a.cols, a.contracted)) : void()), ...);
        hand_over<T>(a, r, 1, c0, n, blocks, piece);
      }
  }
  /// A result that goes to memory as it is: its own rows and columns.
  template <int K> static void store(const call<T>& a, attributes_of<F>& known, const T* const* in) {
    T* const to = a.stored(K);
    if (to == nullptr) return;
    const dims own = K == 0 ? dims{2, {a.rows, a.cols}, false} : F::result(K, known, dims{2, {a.rows, a.cols}, false}, dtype::real_type).shape;
    const int cols = own.cols();
    const detail::share s = detail::share_of(own.rows(), a.part, a.parts, 1);
    for (int r = s.begin; r < s.end; ++r)
      for (int c = 0; c < cols; ++c) to[std::ptrdiff_t(r) * cols + c] = F::template element<T, K>(known, in, r, c, cols, a.contracted);
  }
  template <class In> static TFX_INLINE T element(const call<T>& a, attributes_of<F>& known, const In* in, int r, int c) {
    if constexpr (adds) {
      if (a.sums == nullptr) return F::template element<T>(known, in, r, c, a.cols, a.contracted);
      T& sum = a.sums[std::ptrdiff_t(r) * a.cols + c];
      return sum = F::template element<T>(known, in, r, c, a.cols, a.contracted, a.before > 0 ? sum : T(0));
    } else {
      return F::template element<T>(known, in, r, c, a.cols, a.contracted);
    }
  }
};

namespace backend {

/// Fused kernels, one element at a time: portable, freestanding, the same bits as every other backend.
struct scalar {
  using kernel_backend = scalar;
  template <class T> using lanes = T;
  static constexpr int parts = 1;
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t, int) { kernel(c); }
};

}  // namespace backend

template <class Backend> struct defining_backend { using type = backend::scalar; };

}  // namespace tfx
