// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/core/config.hpp>
#include <tfx/core/row_of_index.hpp>
#include <tfx/lanes/lane.hpp>
#include <tfx/lanes/partial.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// What gathering and scattering share: vectors V over rows of a table.
///
/// Blocks     with an epilogue their rows lie one behind the other, so that it may take them as one long row; a vector
///            behind them may be read
template <class T, class V> struct table_rows {
  using many = lanes::lane<V>;
  static constexpr int width = lanes::traits<V>::width;

  /// Columns that a block has, and its rows: a power of two, so that a row's block is found by a shift.
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

/// Rows of a table, each copied whole; one that the table does not have is NaN.
///
/// Operands   table, indices
template <class T, class V> struct simd_gather_rows : table_rows<T, V> {
  using rows_of = table_rows<T, V>;

  static constexpr std::size_t scratch(const geometry&, int rows, int cols) { return rows_of::block_scratch(rows, cols); }

  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    constexpr int ahead = 8;
    const T* const table = static_cast<const T*>(a.operand[0]);
    const T* const index = static_cast<const T*>(a.operand[1]);
    const range rows = share_of(a.rows, a.part, a.parts);
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      const auto row_at = [&](int i) { return row_of_index(index[i], a.contracted); };
      for (int i = block.from; i < block.to; ++i, to += pitch) {
        if (i + ahead < rows.to)
          if (const int next = row_at(i + ahead); next >= 0)
            rows_of::ask_for(table + std::ptrdiff_t(next) * a.cols + cols.from, cols.size());
        if (const int row = row_at(i); row >= 0) {
          const T* const from = table + std::ptrdiff_t(row) * a.cols + cols.from;
          rows_of::for_columns(cols.size(), [&](int c, int n) __attribute__((always_inline)) {
            rows_of::write(rows_of::read(from + c, n), to + c, n);
          });
        } else {
          rows_of::fill(T(__builtin_nan("")), to, cols.size());
        }
      }
    };
    rows_of::for_blocks(a, rows, destination, finish, make);
  }
};

/// Rows summed into a table at their indices, block by block of the table. The places of the rows are sorted by block,
/// by counting, so within a block they ascend: each element is one chain from zero in the order of the indices.
///
/// Operands   rows, indices
/// Parts      rows of the table: a part sorts the indices of its own
template <class T, class V> struct simd_scatter_rows : table_rows<T, V> {
  using rows_of = table_rows<T, V>;

  static constexpr std::size_t scratch(const geometry& g, int rows, int cols) {
    const std::size_t blocks = std::size_t(divide_up(rows, 1 << rows_of::block_shift(cols)));
    const std::size_t numbers = blocks + 3 + std::size_t(g.contracted);
    return block_end(rows, cols) + (numbers * sizeof(number) + sizeof(T) - 1) / sizeof(T);
  }
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    constexpr int smallest_share = 16384;
    const std::int64_t work = (std::int64_t(rows) + g.contracted) * cols / smallest_share;
    return int(work < 1 ? 1 : work < rows ? work : rows);
  }

  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    constexpr int ahead = 8;
    const T* const from = static_cast<const T*>(a.operand[0]);
    const T* const index = static_cast<const T*>(a.operand[1]);
    const range rows = share_of(a.rows, a.part, a.parts);
    const int shift = rows_of::block_shift(a.cols);
    const sorted_places sorted = sort(a, rows, shift);
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      for (int r = 0; r < block.size(); ++r) rows_of::fill(T(0), to + std::ptrdiff_t(r) * pitch, cols.size());
      const number* const first = sorted.first + ((block.from - rows.from) >> shift);
      for (int i = first[0]; i < first[1]; ++i) {
        if (i + ahead < a.contracted)
          rows_of::ask_for(from + std::ptrdiff_t(sorted.place[i + ahead]) * a.cols + cols.from, cols.size());
        const int place = sorted.place[i], row = row_of_index(index[place], a.rows);
        const T* const what = from + std::ptrdiff_t(place) * a.cols + cols.from;
        T* const sum = to + std::ptrdiff_t(row - block.from) * pitch;
        rows_of::for_columns(cols.size(), [&](int c, int n) __attribute__((always_inline)) {
          rows_of::write(rows_of::read(sum + c, n) + rows_of::read(what + c, n), sum + c, n);
        });
      }
    };
    rows_of::for_blocks(a, rows, destination, finish, make);
  }

 private:
  using number [[gnu::may_alias]] = int;  ///< in scratch memory, which is of T

  struct sorted_places {
    const number* first;  ///< per block where its places begin; at last where they end
    const number* place;
  };

  static constexpr std::size_t block_end(int rows, int cols) {
    return (rows_of::block_scratch(rows, cols) + 15) / 16 * 16;
  }

  /// The places of the indices by blocks of 2^shift of these rows; in front of them those that name none of the rows.
  __attribute__((noinline)) static sorted_places sort(const call<T>& a, range rows, int shift) {
    const T* const index = static_cast<const T*>(a.operand[1]);
    const int groups = ((rows.size() + (1 << shift) - 1) >> shift) + 1;
    number* const begin = reinterpret_cast<number*>(a.scratch + block_end(a.rows, a.cols));
    number* const place = begin + groups + 2;
    const auto group_of = [&](int k) {
      const int row = row_of_index(index[k], rows.to);
      return row < rows.from ? 0 : ((row - rows.from) >> shift) + 1;
    };
    // Counted two entries further on, group g begins at begin[g + 1], and at begin[g] once its places are filled in.
    for (int g = 0; g < groups + 2; ++g) begin[g] = 0;
    for (int k = 0; k < a.contracted; ++k) ++begin[group_of(k) + 2];
    for (int g = 2; g < groups + 2; ++g) begin[g] += begin[g - 1];
    for (int k = 0; k < a.contracted; ++k) place[begin[group_of(k) + 1]++] = k;
    return {begin + 1, place};
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
