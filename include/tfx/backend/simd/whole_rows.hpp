// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/core/config.hpp>
#include <tfx/lanes/lane.hpp>
#include <tfx/lanes/partial.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// What producers of whole rows share, over vectors V.
///
/// Blocks     with an epilogue their rows lie one behind the other, so that it may take them as one long row; a vector
///            behind them may be read
template <class T, class V> struct whole_rows {
  using many = lanes::lane<V>;
  static constexpr int width = lanes::traits<V>::width;

  /// Columns that a block has, and its rows: a power of two, so that the block of a row is found by a shift.
  static constexpr int block_cols(int cols) { return lesser_of(greater_of(cols, 1), block_elements<T>); }
  static constexpr int block_shift(int cols) {
    int shift = 0;
    while ((block_cols(cols) << (shift + 1)) <= block_elements<T>) ++shift;
    return shift;
  }
  static constexpr std::size_t block_scratch(int rows, int cols) {
    return std::size_t(lesser_of(rows, 1 << block_shift(cols))) * std::size_t(block_cols(cols)) + 64 / sizeof(T);
  }

  /// Calls function(column, lanes) for all columns of a row, a vector at a time; the last may have fewer lanes.
  template <class Function> TFX_INLINE static void for_columns(int cols, Function function) {
    int c = 0;
    for (; c <= cols - width; c += width) function(c, width);
    if (c < cols) function(c, cols - c);
  }
  TFX_INLINE static many read(const T* from, int count) { return many::wrap(lanes::partial<V>::load(from, count)); }
  TFX_INLINE static void write(const many& x, T* to, int count) { lanes::partial<V>::put(to, x.v, count); }
  TFX_INLINE static void copy(const T* from, T* to, int cols) {
    for_columns(cols, [&](int c, int n) __attribute__((always_inline)) { write(read(from + c, n), to + c, n); });
  }
  TFX_INLINE static void fill(T value, T* to, int cols) {
    for_columns(cols, [&](int c, int n) __attribute__((always_inline)) { write(many(value), to + c, n); });
  }
  TFX_INLINE static void ask_for(const T* row, int cols) {
    for (int c = 0; c < cols; c += int(64 / sizeof(T))) __builtin_prefetch(row + c);
  }

  /// Calls make(rows, columns, to, pitch) for the blocks of some rows of the result, which it writes, and hands them on.
  template <class Make> TFX_INLINE static void for_blocks(const call<T>& a, range rows, T* destination,
                                                          finish_function<T> finish, Make make) {
    const int height = 1 << block_shift(a.cols);
    for (int col = 0; col < a.cols; col += block_cols(a.cols)) {
      const range cols = {col, lesser_of(col + block_cols(a.cols), a.cols)};
      for (int row = rows.from; row < rows.to; row += height) {
        const range block = {row, lesser_of(row + height, rows.to)};
        if (finish == nullptr) {
          make(block, cols, destination + std::ptrdiff_t(row) * a.cols + col, a.cols);
        } else {
          make(block, cols, a.scratch, cols.size());
          finish(a, row, block.size(), col, cols.size(), a.scratch, cols.size());
        }
      }
    }
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
