// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/backend/simd/tile_call.hpp>
#include <tfx/core/config.hpp>
#include <tfx/geometry/matmul.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {

/// Any instruction set: correct, with the same bits, and slow without a fused multiply-add in hardware.
template <class T, class Right = T> void portable_tile(const tile_call<T>& call) {
  for (int k = 0; k < call.depth && call.copy != nullptr; ++k) {
    for (int j = 0; j < call.cols; ++j) call.copy[k * call.copy_row + j] = call.b[k * call.b_step + j];
  }
  for (int i = 0; i < call.rows; ++i) {
    for (int j = 0; j < call.cols; ++j) {
      const tile_row row = call.row_at(i);
      T* c = call.c + row.c + j;
      T sum = call.resume ? *c : T(0);
      for (int outer = 0; outer < call.outer; ++outer) {
        for (int inner = 0; inner < call.inner; ++inner) {
          const T* a = call.a + outer * call.a_outer + inner * call.a_inner + row.a;
          const Right* b = reinterpret_cast<const Right*>(call.b) + outer * call.b_outer + inner * call.b_inner + j;
          for (int k = 0; k < call.depth; ++k) {
            if constexpr (sizeof(T) == 4) {
              sum = __builtin_fmaf(a[k * call.a_step], b[k * call.b_step], sum);
            } else {
              sum = __builtin_fma(a[k * call.a_step], b[k * call.b_step], sum);
            }
          }
        }
      }
      *c = sum;
    }
  }
}

template <class T, class Right = T> void portable_tile_in_pairs(const tile_call<T>& call) {
  const Right* const right = reinterpret_cast<const Right*>(call.b);
  for (int i = 0; i < call.rows; ++i) {
    for (int j = 0; j < call.cols; ++j) {
      T* c = call.c + i * call.c_row + j;
      T sum = call.resume ? *c : T(0);
      for (int first = 0; first < call.depth; first += terms_in_pairs) {
        T of[2] = {T(0), T(0)};
        const int past = lesser_of(first + terms_in_pairs, call.depth);
        for (int k = first; k < past; ++k) {
          const T a = call.a[k * call.a_step + i * call.a_row], b = T(right[k * call.b_step + j]);
          if constexpr (sizeof(T) == 4) of[k % 2] = __builtin_fmaf(a, b, of[k % 2]);
          else of[k % 2] = __builtin_fma(a, b, of[k % 2]);
        }
        sum += of[0] + of[1];
      }
      *c = sum;
    }
  }
}

/// Kept small: it does the edges of a transpose.
template <class T, class E = T>
TFX_COLD void transpose_elements(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, std::ptrdiff_t pitch,
                                 int filled) {
  const E* const from = static_cast<const E*>(source);
  for (int k = 0; k < depth; ++k) {
    for (int n = 0; n < filled; ++n) to[k * pitch + n] = n < cols ? T(from[n * row + k]) : T(0);
  }
}

/// Copies columns of a row-major matrix, zero up to `pitch`.
template <class T, class E = T>
__attribute__((noinline)) void pack_elements(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, int pitch) {
  const E* from = static_cast<const E*>(source);
  for (int k = 0; k < depth; ++k) {
    for (int n = 0; n < cols; ++n) to[n] = T(from[n]);
    for (int n = cols; n < pitch; ++n) to[n] = T(0);
    from += row;
    to += pitch;
  }
}

}  // namespace detail

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
