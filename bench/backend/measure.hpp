// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include <benchmark/benchmark.h>

namespace tfx::bench {

#if defined(__AVX512F__)
typedef float wide __attribute__((vector_size(64), aligned(4), may_alias));
#elif defined(__AVX__)
typedef float wide __attribute__((vector_size(32), aligned(4), may_alias));
#else
typedef float wide __attribute__((vector_size(16), aligned(4), may_alias));
#endif

/// Sums in registers, nothing read: as many multiply-adds as the processor can do. Returns how many they were.
inline double multiply_adds_in_registers() {
  constexpr int sums = 12, steps = 1500;
  wide sum[sums] = {}, factor = {};
  for (int k = 0; k < steps; ++k) {
#pragma GCC unroll 12
    for (wide& each : sum) {
#if defined(__FMA__)
      asm volatile("vfmadd231ps %1, %1, %0" : "+v"(each) : "v"(factor));
#else
      each = each * factor + factor;
      asm volatile("" : "+m"(each));
#endif
    }
  }
  return double(sums) * steps * (sizeof(wide) / sizeof(float));
}

/// Reads memory in order. Returns how many bytes.
inline double read_in_order(const float* from, std::size_t count) {
  constexpr std::size_t lanes = sizeof(wide) / sizeof(float), step = 8 * lanes;
  wide sum[8] = {};
  for (std::size_t i = 0; i + step <= count; i += step) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) sum[j] += *reinterpret_cast<const wide*>(from + i + lanes * j);
  }
  for (wide& each : sum) asm volatile("" : : "m"(each));
  return double(count / step * step * sizeof(float));
}

/// The least time of some work, and the work done in it, per second.
struct fastest {
  double rate = 0, seconds = 1e9;

  template <class Work> double sample(int calls, Work work) {
    const auto start = std::chrono::steady_clock::now();
    double done = 0;
    for (int i = 0; i < calls; ++i) done += work();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    if (done / took.count() > rate) rate = done / took.count();
    if (took.count() / calls < seconds) seconds = took.count() / calls;
    return took.count();
  }
};

}  // namespace tfx::bench
