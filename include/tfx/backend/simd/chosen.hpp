// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/reference/scalar.hpp>
#include <tfx/backend/simd/arch.hpp>
#include <tfx/backend/simd/plain.hpp>
#include <tfx/backend/simd/stored.hpp>
#include <tfx/backend/simd/wide.hpp>

/// Fused kernels in builds for any processor: each is compiled for two instruction sets, or else a table, and the processor
/// is asked at each call.
namespace tfx {

namespace backend {

template <int Bytes> struct simd<vectors_of<Bytes>> {
  using kernel_backend = simd;
  template <class T>
  using lanes = std::conditional_t<Bytes == sizeof(T), T, tfx::lanes::wide<T, Bytes / int(sizeof(T))>>;
  static constexpr int parts = 1, most_rows_together = 4;

  /// `Finish::finish`, which a producer calls through a pointer, compiled for these vectors.
  template <class Finish, class T> static constexpr finish_function<T> finisher() {
    if constexpr (Bytes == 64) return &finish_avx512<Finish, T>;
    else if constexpr (Bytes == 32) return &finish_avx2<Finish, T>;
    else return &Finish::finish;
  }

 private:
  template <class Finish, class T>
  TFX_AVX512 TFX_FLATTEN static void finish_avx512(const call<T>& a, int row, int rows, int col, int cols,
                                                                const T* block, std::ptrdiff_t stride) {
    Finish::finish(a, row, rows, col, cols, block, stride);
  }
  template <class Finish, class T>
  TFX_AVX2 TFX_FLATTEN static void finish_avx2(const call<T>& a, int row, int rows, int col, int cols,
                                                            const T* block, std::ptrdiff_t stride) {
    Finish::finish(a, row, rows, col, cols, block, stride);
  }
};

template <> struct simd<found_at_start> {
  using kernel_backend = simd;
  template <class T> using lanes = T;   // of code that is not compiled for anything in particular
  static constexpr int parts = 1, most_rows_together = 4;
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t, int) { kernel(c); }

#if defined(TFX_SIMD_BUILTINS) || defined(__clang__)
  static constexpr int widest = 64;
#else
  static constexpr int widest = 32;  // g++ -O0 inlines too little for more
#endif

  /// Calls f.operator()<lanes>() compiled for the machine's vectors, or for those of another set that it has.
  template <class T, class F> static void with_lanes(const F& f, int set = instruction_set()) {
    switch (set) {
      case 0:
        if constexpr (widest == 64) return with_avx512<T>(f);
        [[fallthrough]];
      case 1: return with_avx2<T>(f);
      default: return with_none<T>(f);
    }
  }

 private:
  template <int Bytes, class T> using vector = typename simd<vectors_of<Bytes>>::template lanes<T>;
  template <class T, class F> TFX_AVX512 TFX_FLATTEN static void with_avx512(const F& f) {
    f.template operator()<vector<64, T>>();
  }
  template <class T, class F> TFX_AVX2 TFX_FLATTEN static void with_avx2(const F& f) {
    f.template operator()<vector<32, T>>();
  }
  template <class T, class F> __attribute__((cold)) static void with_none(const F& f) {
    f.template operator()<T>();
  }
};

}  // namespace backend

/// Without vectors a kernel is a table.
template <int Bytes, class T, class Code> struct kernel_entry<backend::simd<backend::vectors_of<Bytes>>, T, Code> {
  static TFX_PART void run(const frame<T>& f) {
    if constexpr (Bytes == sizeof(T)) detail::run_plain_kernel<T, Code>(f);
    else kernel<backend::simd<backend::vectors_of<Bytes>>, T, Code>::run(f);
  }
};

template <class T, class Code> struct kernel_entry<backend::simd<backend::found_at_start>, T, Code> {
  struct kernel_of {
    const frame<T>& f;
    template <class V> TFX_PART void operator()() const {
      kernel_entry<backend::simd<backend::vectors_of<int(sizeof(V))>>, T, Code>::run(f);
    }
  };
  static void run(const frame<T>& f) { backend::simd<backend::found_at_start>::with_lanes<T>(kernel_of{f}); }
};

/// A producer over vectors is compiled for each instruction set, one of tiles chooses itself.
template <class T, class F, unsigned Wanted>
struct producer_entry<backend::simd<backend::found_at_start>, T, F, Wanted> {
  struct producer_of {
    const call<T>& a;
    template <class V> TFX_PART void operator()() const {
      detail::run_producer<backend::simd<backend::vectors_of<int(sizeof(V))>>, T, F, Wanted>(a);
    }
  };
  static void run(const call<T>& a) {
    using chosen = backend::simd<backend::found_at_start>;
    if constexpr (requires { producer<F, chosen, T>::chooses; }) detail::run_producer<chosen, T, F, Wanted>(a);
    else chosen::with_lanes<T>(producer_of{a});
  }
};

}  // namespace tfx
