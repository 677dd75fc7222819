// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/whole_rows.hpp>
#include <tfx/core/row_of_index.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Elements that are read in no order are asked for ahead of time if there are more than stay near anyway.
template <class T> inline constexpr int far_elements = int(128 * 1024 / sizeof(T));

/// Rows of a table, each copied whole; one that the table does not have is NaN.
///
/// Operands   table, indices
template <class T, class V> struct simd_gather_rows : whole_rows<T, V> {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  using rows_of = whole_rows<T, V>;

  static constexpr std::size_t scratch(const geometry&, int rows, int cols) { return rows_of::block_scratch(rows, cols); }

  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    constexpr int ahead = 8;
    const bool asks = std::int64_t(a.contracted) * a.cols > far_elements<T>;
    const T* const table = static_cast<const T*>(a.operand[0]);
    const T* const index = static_cast<const T*>(a.operand[1]);
    const range rows = share_of(a.rows, a.part, a.parts);
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      const auto row_at = [&](int i) { return row_of_index(index[i], a.contracted); };
      for (int i = block.from; i < block.to; ++i, to += pitch) {
        if (asks && i + ahead < rows.to)
          if (const int next = row_at(i + ahead); next >= 0)
            rows_of::ask_for(table + std::ptrdiff_t(next) * a.cols + cols.from, cols.size());
        if (const int row = row_at(i); row >= 0) {
          rows_of::copy(table + std::ptrdiff_t(row) * a.cols + cols.from, to, cols.size());
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
template <class T, class V> struct simd_scatter_rows : whole_rows<T, V> {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  using rows_of = whole_rows<T, V>;

  static constexpr std::size_t scratch(const geometry& g, int rows, int cols) {
    const std::size_t blocks = std::size_t(divide_up(rows, 1 << rows_of::block_shift(cols)));
    const std::size_t numbers = (blocks + 1) * runs + 2 + std::size_t(g.contracted);
    return block_end(rows, cols) + (numbers * sizeof(number) + sizeof(T) - 1) / sizeof(T);
  }
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    constexpr int smallest_share = 16384;
    const std::int64_t work = (std::int64_t(rows) + g.contracted) * cols / smallest_share;
    return int(work < 1 ? 1 : work < rows ? work : rows);
  }

  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    constexpr int ahead = 8;
    const bool asks = std::int64_t(a.contracted) * a.cols > far_elements<T>;
    const T* const from = static_cast<const T*>(a.operand[0]);
    const T* const index = static_cast<const T*>(a.operand[1]);
    const range rows = share_of(a.rows, a.part, a.parts);
    const int shift = rows_of::block_shift(a.cols);
    const sorted_places sorted = sort(a, rows, shift);
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      for (int r = 0; r < block.size(); ++r) rows_of::fill(T(0), to + std::ptrdiff_t(r) * pitch, cols.size());
      const number* const first = sorted.first + std::ptrdiff_t((block.from - rows.from) >> shift) * runs;
      for (int i = first[0]; i < first[runs]; ++i) {
        if (asks && i + ahead < a.contracted)
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
  static constexpr int runs = 4;
  using number [[gnu::may_alias]] = int;  ///< in scratch memory, which is of T

  struct sorted_places {
    const number* first;  ///< every `runs` numbers where the places of a block begin; at last where they end
    const number* place;
  };

  static constexpr std::size_t block_end(int rows, int cols) {
    return (rows_of::block_scratch(rows, cols) + 15) / 16 * 16;
  }

  /// The places of the indices by blocks of 2^shift of these rows; in front of them those that name none of the rows.
  /// Several runs of the indices are counted side by side, in entries of their own: an entry that is counted up again
  /// and again would wait for itself.
  __attribute__((noinline)) static sorted_places sort(const call<T>& a, range rows, int shift) {
    const T* const index = static_cast<const T*>(a.operand[1]);
    const int groups = ((rows.size() + (1 << shift) - 1) >> shift) + 1, entries = groups * runs;
    const int count = a.contracted, length = divide_up(count, runs);
    number* const begin = reinterpret_cast<number*>(a.scratch + block_end(a.rows, a.cols));
    number* const place = begin + entries + 2;
    const auto each = [=](auto see) __attribute__((always_inline)) {
      for (int i = 0; i < length; ++i) {
#pragma GCC unroll 4
        for (int run = 0; run < runs; ++run) {
          const int k = run * length + i;
          if (k >= count) break;
          const int row = row_of_index(index[k], rows.to);
          see((row < rows.from ? 0 : ((row - rows.from) >> shift) + 1) * runs + run, k);
        }
      }
    };
    // Counted two further on, entry e begins at begin[e + 1], and at begin[e] once its places are filled in.
    for (int e = 0; e < entries + 2; ++e) begin[e] = 0;
    each([=](int e, int) { ++begin[e + 2]; });
    for (int e = 2; e < entries + 2; ++e) begin[e] += begin[e - 1];
    each([=](int e, int k) { place[begin[e + 1]++] = k; });
    return {begin + runs, place};
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
