// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/dispatch.hpp>

#if defined(TFX_SIMD_CHOOSES)
#include <tfx/backend/simd/chosen.hpp>

namespace tfx::testing {

/// In a build for any processor: fused kernels as one without AVX2 has them.
template <class T> struct without_vectors : backend::simd<backend::vectors_of<sizeof(T)>> {
  template <class U> static void run(void (*kernel)(const call<U>&), const call<U>& c, std::size_t, int) { kernel(c); }
};

}  // namespace tfx::testing
#endif
