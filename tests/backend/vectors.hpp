// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <tfx/tfx.hpp>

namespace tfx::test {

/// What `with_vectors` takes: -1 are scalars, others the instruction sets of this build that the machine has.
inline std::vector<int> vector_sets() {
#if defined(TFX_SIMD_CHOOSES)
  std::vector<int> sets = {-1};
  for (int set = backend::instruction_set(); set < backend::instruction_sets; ++set) sets.push_back(set);
  return sets;
#else
  return {-1, 0};
#endif
}

/// Calls f.operator()<V>(), compiled for the vectors of one set.
template <class T, class F> void with_vectors(const F& f, [[maybe_unused]] int set) {
  if (set < 0) return f.template operator()<T>();
#if defined(TFX_SIMD_CHOOSES)
  backend::simd<>::with_lanes<T>(f, set);
#else
  f.template operator()<backend::simd<>::lanes<T>>();
#endif
}

}  // namespace tfx::test
