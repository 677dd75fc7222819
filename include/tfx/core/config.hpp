// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The few macros of the library. Everything else is a template or a constant.

#define TFX_VERSION_MAJOR 0
#define TFX_VERSION_MINOR 1
#define TFX_VERSION_PATCH 0

/// Kernel code is flattened into one function per kernel: the compiler must not stop in between.
#define TFX_INLINE inline __attribute__((always_inline))

/// Marks what a device kernel may call; empty outside CUDA.
#if defined(__CUDACC__)
#define TFX_HD __host__ __device__
#else
#define TFX_HD
#endif
