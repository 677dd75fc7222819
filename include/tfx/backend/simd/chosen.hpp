// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/simd/backend.hpp>
#include <tfx/backend/simd/wide.hpp>

/// Fused kernels in builds for any processor: each is compiled for several instruction sets, and the processor is asked at each
/// call.
namespace tfx {

namespace backend {

template <int Bytes> struct simd<vectors_of<Bytes>> {
  using kernel_backend = simd;
  template <class T> using lanes = std::conditional_t<Bytes == sizeof(T), T, tfx::lanes::wide<T, Bytes / int(sizeof(T))>>;
  static constexpr int parts = 1;

  /// `Kernel::finish`, which a producer calls through a pointer, compiled for these vectors.
  template <class Kernel, class T> static constexpr finish_function<T> finisher() {
    if constexpr (Bytes == 32) return &finish_avx2<Kernel, T>;
    else return &finish_plain<Kernel, T>;
  }

 private:
  template <class Kernel, class T>
  TFX_AVX2 __attribute__((flatten)) static void finish_avx2(const call<T>& a, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
    Kernel::finish(a, row, rows, col, cols, block, stride);
  }
  template <class Kernel, class T>
  __attribute__((cold, flatten)) static void finish_plain(const call<T>& a, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
    Kernel::finish(a, row, rows, col, cols, block, stride);
  }
};

template <> struct simd<found_at_start> {
  using kernel_backend = simd;
  template <class T> using lanes = T;   // of code that is not compiled for anything in particular
  static constexpr int parts = 1;
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t, int) { kernel(c); }

  /// Calls f.operator()<lanes>() compiled for the machine's vectors.
  template <class T, class F> static void with_lanes(const F& f) {
    switch (instruction_set()) {
      case 0:
      case 1: return with_avx2<T>(f);
      default: return with_none<T>(f);
    }
  }

 private:
  template <class T, class F> TFX_AVX2 __attribute__((flatten)) static void with_avx2(const F& f) {
    f.template operator()<tfx::lanes::wide<T, 32 / int(sizeof(T))>>();
  }
  template <class T, class F> __attribute__((cold)) static void with_none(const F& f) { f.template operator()<T>(); }
};

}  // namespace backend

template <class T, class Code, class Sequence> struct kernel_entry<backend::simd<backend::found_at_start>, T, Code, Sequence> {
  template <int Bytes> using compiled = kernel<backend::simd<backend::vectors_of<Bytes>>, T, Code, Sequence>;

  static void run(const call<T>& a) {
    switch (backend::instruction_set()) {
      case 0:
      case 1: return run_avx2(a);
      default: return run_plain(a);
    }
  }

 private:
  TFX_AVX2 __attribute__((flatten)) static void run_avx2(const call<T>& a) { compiled<32>::run(a); }
  __attribute__((cold, flatten)) static void run_plain(const call<T>& a) { compiled<int(sizeof(T))>::run(a); }
};

}  // namespace tfx
