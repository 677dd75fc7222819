// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/dispatch.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Where a row of a tile lies, from the first elements of A and C.
struct tile_row {
  std::ptrdiff_t a = 0, c = 0;
};

/// One call of a register tile: c[i][j] = the sum over (outer, inner, k), ascending and in this order, of a * b, one
/// chain of fused multiply-adds per result that starts at +0 or at c; a tile of `summing::pairs` takes k alone, and what goes
/// on starts at a multiple of 32. Strides are in elements and may be negative.
template <class T> struct tile_call {
  const T* a = nullptr;
  const T* b = nullptr;
  T* c = nullptr;
  std::ptrdiff_t a_row = 0, a_step = 0, a_inner = 0, a_outer = 0;
  std::ptrdiff_t b_step = 0, b_inner = 0, b_outer = 0;
  std::ptrdiff_t c_row = 0;
  int outer = 1, inner = 1, depth = 0;
  int rows = 0, cols = 0;  ///< results of this call
  bool resume = false;     ///< start at c instead of +0
  const T* start = nullptr;   ///< a row that all sums start at instead of +0, where tiles read one
  const T* coming = nullptr;  ///< what will be written next in place of c, with rows and columns as c: asked for meanwhile
  std::ptrdiff_t coming_row = 0;
  const tile_row* row = nullptr;  ///< of a tile of gathered rows, in place of a_row and c_row
  const tile_row* coming_rows = nullptr;  ///< and of the one after it, in place of `coming`
  T* copy = nullptr;                      ///< b is copied there meanwhile, rows `copy_row` apart, by a tile of gathered rows
  std::ptrdiff_t copy_row = 0;

  constexpr tile_row row_at(int i) const { return row != nullptr ? row[i] : tile_row{i * a_row, i * c_row}; }
};

/// Words of a sum of integers: some terms that one instruction multiplies and adds. Of bytes the left ones are unsigned.
struct [[gnu::may_alias]] four_bytes { std::int32_t word; };
struct [[gnu::may_alias]] two_halves { std::int32_t word; };
struct [[gnu::may_alias]] one_word { std::int32_t word; };

template <class T> using tile_function = void (*)(const tile_call<T>&);
template <class T> using transpose_function = void (*)(const void* from, std::ptrdiff_t row, int depth, int cols, T* to,
                                                       std::ptrdiff_t pitch, int filled);
template <class T>
using pack_function = void (*)(const void* from, std::ptrdiff_t row, int depth, int cols, T* to, int pitch);
template <class T> using whole_function = void (*)(const T* a, const T* b, T* c, std::ptrdiff_t c_row);

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
