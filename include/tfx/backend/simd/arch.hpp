// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/dispatch.hpp>

#if !defined(TFX_SIMD_CHOOSES)
#include <tfx/backend/simd/lanes.hpp>
#include <tfx/backend/simd/partial.hpp>
#include <tfx/backend/simd/random.hpp>
#include <tfx/backend/simd/stored.hpp>
#endif

namespace tfx {
namespace backend {

#if defined(TFX_SIMD_CHOOSES)
using default_vectors = found_at_start;
#else
using default_vectors = xsimd::default_arch;
#endif

/// Fused kernels over the vectors of an instruction set; products and convolutions use the widest one that the machine
/// has. By default it is the widest that the build allows; in a build for any x86, the widest that the machine has.
template <class Arch = default_vectors> struct simd;

#if !defined(TFX_SIMD_CHOOSES)
template <class Arch> struct simd {
  using kernel_backend = simd;
  template <class T> using lanes = xsimd::batch<T, Arch>;
  static constexpr int parts = 1, most_rows_together = 4;
  template <class T> static void run(void (*kernel)(const call<T>&), const call<T>& c, std::size_t, int) { kernel(c); }
};
#endif

template <class B> inline constexpr bool is_simd = false;
template <class Arch> inline constexpr bool is_simd<simd<Arch>> = true;

}  // namespace backend

}  // namespace tfx
