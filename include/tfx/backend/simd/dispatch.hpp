// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which instruction sets the heavy kernels are compiled for.
///
/// A build for a machine with AVX-512, AVX2 with FMA, or NEON contains that version only. A build for any x86
/// (TFX_SIMD_CHOOSES) contains three versions, and asks the processor at each call. The result is the same bits in all of
/// them. TFX_AVX512 and TFX_AVX2 stand in front of a function of one version. The inline namespace carries the build's
/// instruction set in every name, so that objects built with different flags link together.
#if defined(__AVX512F__)
#define TFX_SIMD_BUILD built_for_avx512
#define TFX_SIMD_HAS_AVX512 1
#define TFX_AVX512
#elif defined(__AVX2__) && defined(__FMA__)
#define TFX_SIMD_BUILD built_for_avx2
#define TFX_SIMD_HAS_AVX2 1
#define TFX_AVX2
#elif defined(__x86_64__)
#if defined(__AVX__)
#define TFX_SIMD_BUILD built_for_avx
#elif defined(__SSE4_1__)
#define TFX_SIMD_BUILD built_for_sse4
#else
#define TFX_SIMD_BUILD built_for_x86
#endif
#define TFX_SIMD_HAS_AVX512 1
#define TFX_SIMD_HAS_AVX2 1
#define TFX_SIMD_HAS_PORTABLE 1
#define TFX_SIMD_CHOOSES 1
#define TFX_AVX2 __attribute__((target("avx2,fma,prfchw")))
#define TFX_AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,fma,avx2,prfchw")))
#elif defined(__aarch64__) && defined(__ARM_NEON)
#define TFX_SIMD_BUILD built_for_neon
#define TFX_SIMD_HAS_NEON 1
#else
#define TFX_SIMD_BUILD built_for_any
#define TFX_SIMD_HAS_PORTABLE 1
#endif

/// Builds with AVX-512 contain products for the matrix unit as well, which the operating system must be asked for.
#if defined(TFX_SIMD_HAS_AVX512) && defined(__linux__)
#define TFX_SIMD_HAS_MATRIX_UNIT 1
#endif

namespace tfx::backend::inline TFX_SIMD_BUILD {

#if defined(TFX_SIMD_CHOOSES)

inline constexpr int instruction_sets = 3;

/// The best instruction set of this build that the processor has: 0 AVX-512, 1 AVX2 with FMA, 2 none of them.
inline int instruction_set() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq")) {
    return 0;
  }
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 1 : 2;
}

#else

inline constexpr int instruction_sets = 1;

inline int instruction_set() { return 0; }

#endif

/// Whether the processor adds products of four bytes in one instruction.
inline bool has_products_of_bytes() {
#if defined(TFX_SIMD_HAS_AVX512)
  return __builtin_cpu_supports("avx512vnni");
#else
  return false;
#endif
}

/// What a backend can be told in place of an instruction set: vectors of so many bytes, in functions compiled for them;
/// and whatever the machine has that the program finds itself on.
template <int Bytes> struct vectors_of {};
struct found_at_start {};

constexpr int divide_up(int a, int b) { return (a + b - 1) / b; }
constexpr int round_up(int a, int b) { return divide_up(a, b) * b; }
constexpr int lesser_of(int a, int b) { return b < a ? b : a; }
constexpr int greater_of(int a, int b) { return b > a ? b : a; }

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
