// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/simd/backend.hpp>
#include <tfx/ops.hpp>

#include "../guarded.hpp"

namespace tfx::test {

/// Words of a kernel's instructions; `Moves` says it of its operands.
template <bool... Moves> struct operands {
  static constexpr instruction::operand_class classes[] = {{Moves}...};
  static constexpr std::uint64_t word(int phase, int store, int a, int b = 0, int c = 0) {
    const int sources[] = {a, b, c};
    return instruction::pack(sources, store, phase, classes);
  }
};

/// Calls each(kernel function) for all versions of a kernel that this build has and the machine can run.
template <class T, class Code, class Each> void for_versions(Each each) {
  each(&kernel_entry<backend::scalar, T, Code>::run);
#if defined(TFX_SIMD_CHOOSES)
  static int set;
  using entry = kernel_entry<backend::simd<>, T, Code>;
  for (set = backend::instruction_set(); set < backend::instruction_sets; ++set)
    each(tile_function<T>(
        [](const frame<T>& f) { backend::simd<>::with_lanes<T>(typename entry::kernel_of{f}, set); }));
#else
  each(&kernel_entry<backend::simd<>, T, Code>::run);
#endif
}

/// Rows of memory that end where nothing may be touched, some elements apart.
template <class T> struct strided {
  int rows, cols, step;
  guarded<T> memory;

  strided(int r, int c, int gap, std::uint64_t seed = 0) : rows(r), cols(c), step(c + gap), memory(size()) {
    if (seed != 0) memory.fill(seed);
    else std::memset(memory.data(), 0xff, memory.size() * sizeof(T));   // NaN
  }
  T* row(int r) { return memory.data() + r * step; }
  T& operator()(int r, int c) { return row(r)[c]; }
  /// Is what lies between the rows as it was before?
  bool gaps_are_untouched() {
    bool all = true;
    for (int r = 0; r + 1 < rows; ++r)
      for (int c = cols; c < step; ++c) all = all && row(r)[c] != row(r)[c];
    return all;
  }

 private:
  std::size_t size() const { return rows > 0 ? std::size_t((rows - 1) * step + cols) : 0; }
};

template <class T> lanes::lane<T> one(T x) { return lanes::lane<T>(x); }
template <class T> bool same_bits(T a, T b) { return std::memcmp(&a, &b, sizeof(T)) == 0; }

}  // namespace tfx::test
