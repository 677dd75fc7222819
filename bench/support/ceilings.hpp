// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <new>
#include <utility>

#include <tfx/backend/simd/lanes.hpp>

/// What this processor can do at most, measured in the process that compares itself with it, on one core.
namespace tfx::bench {

using vector = xsimd::batch<float>;

/// Memory on a cache line, as programs lay out their buffers.
class aligned_buffer {
 public:
  explicit aligned_buffer(std::size_t count, float value = 0) : data_(new (std::align_val_t(64)) float[count]) {
    std::fill(data_.get(), data_.get() + count, value);
  }
  float* data() const { return data_.get(); }

 private:
  struct release {
    void operator()(float* p) const { ::operator delete[](p, std::align_val_t(64)); }
  };
  std::unique_ptr<float, release> data_;
};

/// The shortest of many runs of f, in seconds.
template <class F> double fastest(F&& f, int runs) {
  double best = 1e30;
  for (int i = 0; i < runs; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    best = std::min(best, taken.count());
  }
  return best;
}

/// The compiler must take x for read and changed.
template <class T> inline void keep(T& x) { asm volatile("" : "+m"(x) : : "memory"); }

/// Floating-point operations per second (a multiply-add is two) of chains in registers. Measured at every call, because
/// the frequency of processors changes.
inline double peak_flops() {
  constexpr int chains = 12, steps = 20000;
  using lanes = tfx::lanes::traits<vector>;
  vector factor(0.5f), term(1.0f), result(0.0f);
  keep(factor);
  keep(term);
  const double seconds = fastest(
      [&] {
        vector sum[chains];
        for (int k = 0; k < chains; ++k) sum[k] = vector(float(k));
        for (int i = 0; i < steps; ++i) {
#pragma GCC unroll 12
          for (int k = 0; k < chains; ++k) sum[k] = lanes::fma(sum[k], factor, term);
        }
        for (int k = 0; k < chains; ++k) result += sum[k];
        keep(result);
      },
      100);
  return 2.0 * chains * steps * double(vector::size) / seconds;
}

/// How a loop goes through memory; the loops of both are measured over all of a working set.
enum class traffic { read, copy, update };

namespace detail {

inline void read_all(const float* from, std::size_t count) {
  vector sum[8];
  for (vector& s : sum) s = vector(0.0f);
  constexpr std::size_t width = vector::size;
  for (std::size_t i = 0; i + 8 * width <= count; i += 8 * width) {
#pragma GCC unroll 8
    for (std::size_t k = 0; k < 8; ++k) sum[k] += vector::load_aligned(from + i + k * width);
  }
  vector total = sum[0];
  for (int k = 1; k < 8; ++k) total += sum[k];
  keep(total);
}

inline void update_all(float* data, std::size_t count) {
  constexpr std::size_t width = vector::size;
  const vector sign(-0.0f);
  for (std::size_t i = 0; i + 4 * width <= count; i += 4 * width) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k)
      (vector::load_aligned(data + i + k * width) ^ sign).store_aligned(data + i + k * width);
  }
  asm volatile("" : : "r"(data) : "memory");
}

inline void copy_all(float* to, const float* from, std::size_t count) {
  constexpr std::size_t width = vector::size;
  for (std::size_t i = 0; i + 4 * width <= count; i += 4 * width) {
#pragma GCC unroll 4
    for (std::size_t k = 0; k < 4; ++k) vector::load_aligned(from + i + k * width).store_aligned(to + i + k * width);
  }
  asm volatile("" : : "r"(to) : "memory");
}

}  // namespace detail

/// Bytes per second that a loop over `bytes` of memory moves: each number read; or half of them read and written to the
/// other half; or each read and written back, which counts twice. What the level of the memory gives in which so much
/// lies.
inline double bandwidth(std::size_t bytes, traffic kind) {
  static std::map<std::pair<std::size_t, traffic>, double> known;
  const auto key = std::pair(bytes, kind);
  if (const auto found = known.find(key); found != known.end()) return found->second;
  // Whole unrolled steps: the rest is left out of the count too.
  const std::size_t step = 8 * vector::size, count = std::max(step, bytes / sizeof(float) / 2 / step * step) * 2;
  const aligned_buffer memory(count, 1.0f);
  const int repeats = int(std::max<std::size_t>(1, (std::size_t(1) << 20) / (count * sizeof(float))));
  const double seconds = fastest(
      [&] {
        for (int r = 0; r < repeats; ++r) {
          if (kind == traffic::read)
            detail::read_all(memory.data(), count);
          else if (kind == traffic::update)
            detail::update_all(memory.data(), count);
          else
            detail::copy_all(memory.data(), memory.data() + count / 2, count / 2);
        }
      },
      count * sizeof(float) > (std::size_t(16) << 20) ? 10 : 60);
  return known[key] = (kind == traffic::update ? 2.0 : 1.0) * double(count) * sizeof(float) * repeats / seconds;
}

/// A level of the memory, and a working set that lies in it.
struct level {
  const char* name;
  std::size_t bytes;
};

/// The levels of this machine; working sets are well inside of theirs and too large for the one before.
inline std::array<level, 4> levels() {
  const auto size = [](int name, std::size_t otherwise) {
    const long found = sysconf(name);
    return found > 0 ? std::size_t(found) : otherwise;
  };
  const std::size_t first = size(_SC_LEVEL1_DCACHE_SIZE, 32 << 10), second = size(_SC_LEVEL2_CACHE_SIZE, 1 << 20);
  const std::size_t third = size(_SC_LEVEL3_CACHE_SIZE, 16 << 20);
  return {{{"L1", first / 2},
           {"L2", second / 2},
           {"L3", std::min(second * 4, third / 2)},
           {"DRAM", std::clamp(third * 4, std::size_t(128) << 20, std::size_t(512) << 20)}}};
}

}  // namespace tfx::bench
