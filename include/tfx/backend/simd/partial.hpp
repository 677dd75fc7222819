// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/lanes.hpp>
#include <tfx/lanes/partial.hpp>

/// Masked loads and stores of AVX-512: a whole vector costs the same as a part of one.
namespace tfx::lanes {

#if defined(__AVX512F__)
template <class Arch> requires std::is_base_of_v<xsimd::avx512f, Arch> struct partial<xsimd::batch<float, Arch>> {
  using V = xsimd::batch<float, Arch>;
  static TFX_INLINE __mmask16 mask(int n) { return static_cast<__mmask16>((1u << n) - 1u); }
  static TFX_INLINE V load(const float* from, int n) { return V(_mm512_maskz_loadu_ps(mask(n), from)); }
  static TFX_INLINE void put(float* to, V x, int n) { _mm512_mask_storeu_ps(to, mask(n), x); }
  static TFX_INLINE V first_of(V x, V y, int n) { return V(_mm512_mask_blend_ps(mask(n), y, x)); }
};
template <class Arch> requires std::is_base_of_v<xsimd::avx512f, Arch> struct partial<xsimd::batch<double, Arch>> {
  using V = xsimd::batch<double, Arch>;
  static TFX_INLINE __mmask8 mask(int n) { return static_cast<__mmask8>((1u << n) - 1u); }
  static TFX_INLINE V load(const double* from, int n) { return V(_mm512_maskz_loadu_pd(mask(n), from)); }
  static TFX_INLINE void put(double* to, V x, int n) { _mm512_mask_storeu_pd(to, mask(n), x); }
  static TFX_INLINE V first_of(V x, V y, int n) { return V(_mm512_mask_blend_pd(mask(n), y, x)); }
};
#endif

}  // namespace tfx::lanes
