// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The few macros of the library. Everything else is a template or a constant.

#define TFX_VERSION_MAJOR 0
#define TFX_VERSION_MINOR 1
#define TFX_VERSION_PATCH 0

/// Kernel code is flattened into one function per kernel: the compiler must not stop in between. TFX_FLATTEN stands in front
/// of that function, TFX_INLINE in front of what computes, and TFX_PART in front of the loops around it: g++ puts parts in
/// their place at once, where it would compile functions that are always inlined again at every level. It does not flatten
/// clones, neither of the function nor of its parts. clang++ flattens one level only.
#define TFX_INLINE inline __attribute__((always_inline))
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE_SIZE__)
#define TFX_PART inline __attribute__((noclone))
#define TFX_FLATTEN __attribute__((flatten, noclone))
#else
#define TFX_PART TFX_INLINE
#define TFX_FLATTEN __attribute__((flatten))
#endif

/// What runs rarely: compiled once, for its size.
#if defined(__GNUC__)
#define TFX_COLD __attribute__((noinline, cold))
#else
#define TFX_COLD
#endif

/// Marks what a device kernel may call; empty outside CUDA.
#if defined(__CUDACC__)
#define TFX_HD __host__ __device__
#else
#define TFX_HD
#endif

/// Are indices of elements checked? By default in builds without NDEBUG, where there is an operating system to say so; -DTFX_CHECKS=1
/// or 0 decides otherwise.
#if !defined(TFX_CHECKS)
#if defined(NDEBUG) || !__STDC_HOSTED__
#define TFX_CHECKS 0
#else
#define TFX_CHECKS 1
#endif
#endif
