// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/kernel/enter.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/whole_rows.hpp>
#include <tfx/core/row_of_index.hpp>
#include <tfx/geometry/sort.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// The first elements of each row in an order, and their places. Few are kept in order while a row is gone through; else the whole
/// row is sorted by merging, which leaves equal ones as they are.
///
/// Operands   x [rows, columns]
template <class T> struct simd_sort {
  using key_type = whole_word<T>;

  /// Of an element: how early it comes, and its place.
  struct [[gnu::may_alias]] item {
    key_type key;
    int place;
  };
  static constexpr int most_kept = 64, words = int(sizeof(item) / sizeof(T));

  static constexpr int block_rows(int cols) { return greater_of(1, block_elements<T> / greater_of(cols, 1)); }
  static constexpr std::size_t block(int rows, int cols) { return std::size_t(lesser_of(rows, block_rows(cols))) * std::size_t(cols) + 64 / sizeof(T); }
  static constexpr std::size_t scratch(const sort_geometry& g, int rows, int cols) {
    return 2 * block(rows, cols) + std::size_t(2 * words) * std::size_t(round_up(g.columns, 16)) + 64 / sizeof(T);
  }
  static constexpr int useful_parts(const sort_geometry& g, int rows, int) {
    const std::int64_t parts = std::int64_t(rows) * g.columns / 16384;
    return int(parts < 1 ? 1 : parts < rows ? parts : rows);
  }
  template <class Launch> static constexpr const void* tiles() { return nullptr; }

  template <unsigned Wanted> static TFX_INLINE void run(const call<T>& a) {
    const sort_geometry g = *a.geo;
    const bool handed = a.kernel != nullptr;
    const range share = share_of(a.rows, a.part, a.parts);
    const std::size_t size = block(a.rows, a.cols);
    T* const blocks[] = {a.scratch, a.scratch + size};
    item* const items = reinterpret_cast<item*>(a.scratch + (2 * size + 15) / 16 * 16);
    for (int row = share.from; row < share.to;) {
      const int rows = lesser_of(handed ? block_rows(a.cols) : share.size(), share.to - row);
      for (int i = 0; i < rows; ++i) {
        const T* const x = static_cast<const T*>(a.operand[0]) + std::ptrdiff_t(row + i) * g.columns;
        const auto put = [&](int result, int col, T word) {
          T* const to = handed ? blocks[result] + std::ptrdiff_t(i) * a.cols : a.stored(result) + std::ptrdiff_t(row + i) * a.cols;
          to[col] = word;
        };
        const item* const first = a.cols <= most_kept ? keep(g, x, a.cols, items) : sort_all(g, x, items);
        for (int c = 0; c < a.cols; ++c) {
          if constexpr (Wanted & 1) put(0, c, x[first[c].place]);
          if constexpr (Wanted & 2) put(1, c, std::bit_cast<T>(key_type(first[c].place)));
        }
      }
      if (handed) hand_over<T>(a, row, rows, 0, a.cols, blocks, a.cols);
      row += rows;
    }
  }

 private:
  static TFX_INLINE void insert(item* first, int count, item one) {
    for (; count > 0 && first[count - 1].key < one.key; --count) first[count] = first[count - 1];
    first[count] = one;
  }
  /// The first ones of a row, in order: elements that come before the last of those kept are looked for some at a time.
  static TFX_INLINE const item* keep(const sort_geometry& g, const T* x, int count, item* first) {
    constexpr int together = 16;
    for (int i = 0; i < count; ++i) insert(first, i, {sort_key(x[i], g), i});
    const auto see = [&](int i) {
      if (const key_type key = sort_key(x[i], g); key > first[count - 1].key) insert(first, count - 1, {key, i});
    };
    int i = count;
    for (; i <= g.columns - together; i += together) {
      const key_type last = first[count - 1].key;
      int any = 0;
      for (int k = 0; k < together; ++k) any |= sort_key(x[i + k], g) > last;
      for (int k = 0; any && k < together; ++k) see(i + k);
    }
    for (; i < g.columns; ++i) see(i);
    return first;
  }
  static TFX_INLINE const item* sort_all(const sort_geometry& g, const T* x, item* from) {
    constexpr int run = 16;
    const int n = g.columns;
    item* to = from + round_up(n, 16);
    for (int begin = 0; begin < n; begin += run)
      for (int i = 0; i < run && begin + i < n; ++i) insert(from + begin, i, {sort_key(x[begin + i], g), begin + i});
    for (int length = run; length < n; length *= 2) {
      for (int begin = 0; begin < n; begin += 2 * length) {
        const int middle = lesser_of(begin + length, n), end = lesser_of(begin + 2 * length, n);
        const item *left = from + begin, *right = from + middle;
        for (item* out = to + begin; out < to + end; ++out) {
          const bool takes_left = right == from + end || (left < from + middle && left->key >= right->key);
          *out = *(takes_left ? left : right);
          left += takes_left;
          right += !takes_left;
        }
      }
      item* const sorted = to;
      to = from;
      from = sorted;
    }
    return from;
  }
};

/// Elements of each row at given places.
///
/// Operands   rows [rows, columns], places [rows, cols]
template <class T, class V> struct simd_take_along : whole_rows<T, V> {
  using rows_of = whole_rows<T, V>;

  static constexpr std::size_t scratch(const along_geometry&, int rows, int cols) { return rows_of::block_scratch(rows, cols); }
  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const along_geometry g = *a.geo;
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      for (int i = block.from; i < block.to; ++i, to += pitch) {
        const T* const x = static_cast<const T*>(a.operand[0]) + std::ptrdiff_t(i) * g.columns;
        const T* const place = static_cast<const T*>(a.operand[1]) + std::ptrdiff_t(i) * a.cols + cols.from;
        for (int c = 0; c < cols.size(); ++c) {
          const int at = row_of_index(place[c], g.columns);
          to[c] = at >= 0 ? x[at] : T(__builtin_nan(""));
        }
      }
    };
    rows_of::for_blocks(a, share_of(a.rows, a.part, a.parts), destination, finish, make);
  }
};

/// The elements of each row added up at their places in a wider one.
///
/// Operands   rows [rows, columns], places of the same shape
/// Order      columns ascending
template <class T, class V> struct simd_add_along : whole_rows<T, V> {
  using rows_of = whole_rows<T, V>;

  static constexpr std::size_t scratch(const along_geometry&, int rows, int cols) { return rows_of::block_scratch(rows, cols); }
  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const along_geometry g = *a.geo;
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      for (int i = block.from; i < block.to; ++i, to += pitch) {
        const std::ptrdiff_t first = std::ptrdiff_t(i) * g.columns;
        const T *const x = static_cast<const T*>(a.operand[0]) + first, *const place = static_cast<const T*>(a.operand[1]) + first;
        rows_of::fill(T(0), to, cols.size());
        for (int k = 0; k < g.columns; ++k) {
          const int at = row_of_index(place[k], a.cols) - cols.from;
          if (at >= 0 && at < cols.size()) to[at] = to[at] + x[k];
        }
      }
    };
    rows_of::for_blocks(a, share_of(a.rows, a.part, a.parts), destination, finish, make);
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
