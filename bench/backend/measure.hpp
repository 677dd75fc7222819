// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

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
  for (std::size_t i = 0; i + step <= count; i += step) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < 8; ++j) {
      const wide read = *reinterpret_cast<const wide*>(from + i + lanes * j);
#if defined(__x86_64__)
      asm volatile("" : : "v"(read));
#else
      asm volatile("" : : "w"(read));
#endif
    }
  }
  return double(count / step * step * sizeof(float));
}

/// Rates of some work, of which it gives the median: the frequency drifts, so what is to be compared is timed in turn,
/// for about as long.
class rates {
 public:
  /// Work per second of one sample of `calls` calls, each of which returns how much it did.
  template <class Work> double sample(int calls, Work work) {
    const auto start = std::chrono::steady_clock::now();
    double done = 0;
    for (int i = 0; i < calls; ++i) done += work();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    each_.push_back(done / seconds.count());
    return each_.back();
  }
  void add(double rate) { each_.push_back(rate); }
  double median() {
    if (each_.empty()) return 0;
    const auto middle = each_.begin() + std::ptrdiff_t(each_.size() / 2);
    std::nth_element(each_.begin(), middle, each_.end());
    return *middle;
  }

 private:
  std::vector<double> each_;
};

}  // namespace tfx::bench
