// SPDX-License-Identifier: Apache-2.0
// The instruction sets of this build. Includes TFX_KERNELS once for each, in its namespace and with TFX_TARGET as its function
// attribute: a function can only inline what is compiled for the same instructions. TFX_LANES is the text of its vectors.
#if defined(TFX_SIMD_HAS_AVX512)
namespace avx512 {
#define TFX_TARGET TFX_AVX512
#define TFX_LANES <tfx/backend/simd/avx512.inl>
#include TFX_KERNELS
#undef TFX_LANES
#undef TFX_TARGET
}  // namespace avx512
#endif

#if defined(TFX_SIMD_HAS_AVX2)
namespace avx2 {
#define TFX_TARGET TFX_AVX2
#define TFX_LANES <tfx/backend/simd/avx2.inl>
#include TFX_KERNELS
#undef TFX_LANES
#undef TFX_TARGET
}  // namespace avx2
#endif

#if defined(TFX_SIMD_HAS_NEON)
namespace neon {
#define TFX_TARGET
#define TFX_LANES <tfx/backend/simd/neon.inl>
#include TFX_KERNELS
#undef TFX_LANES
#undef TFX_TARGET
}  // namespace neon
#endif

#undef TFX_KERNELS
