// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>
#include <tfx/geometry/matmul.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Products of few rows or few columns, which wait for the other operand: that is read line by line, once, and packed
/// nowhere (`line_kind`).
template <class T> struct simd_lines {
  static constexpr int vector = int(64 / sizeof(T));  ///< elements of the widest

  /// What is read of a product of `rows` rows.
  static constexpr line_kind kind(const matmul_geometry& g, int rows) {
    if (g.order != summing::chain || g.depth_is_batch != 0 || g.depth < 1) return line_kind::none;
    if (g.right_transposed != 0) return rows <= 8 && g.cols >= vector ? line_kind::right_columns : line_kind::none;
    if (rows <= 4) return rows == 1 ? line_kind::right_rows : line_kind::none;
    return g.cols <= 4 && g.left_transposed == 0 && rows >= 2 * vector ? line_kind::left_rows : line_kind::none;
  }

  simd_lines(const call<T>& from, const matmul_geometry& of, const tile_set<T>& with, T* to, finish_function<T> then)
      : a(from), g(of), set(with), destination(to), finish(then) {
    across = set.lines_of == line_kind::left_rows;
    tile.a_row = across || g.left_transposed != 0 ? 1 : g.depth;
    tile.a_step = across ? g.cols : g.left_transposed != 0 ? g.rows : 1;
    tile.b_step = set.lines_of == line_kind::right_rows ? g.cols : g.depth;
    tile.depth = g.depth;
  }

  /// Where it has tiles too, not for fewer rows than the functions have, nor for what has been prepared for tiles.
  bool serves(int rows) const {
    if (set.lines == nullptr) return false;
    return set.lines_of != line_kind::right_columns || (a.prepared == nullptr && rows >= set.lines_rows);
  }

  /// This part of `count` products of `rows` rows.
  TFX_COLD void run(int count, int rows) {
    const int extent = across ? rows : g.cols, units = divide_up(extent, 2 * vector);
    const range part = share_of(count * units, a.part, a.parts);
    for (int index = part.from / units; index * units < part.to; ++index) {
      const range own = common({part.from - index * units, part.to - index * units}, {0, units});
      const range elements = {own.from * 2 * vector, lesser_of(own.to * 2 * vector, extent)};
      const T* const left = static_cast<const T*>(a.operand[0]) + std::ptrdiff_t(index) * g.left_step;
      const T* const right = static_cast<const T*>(a.operand[1]) + std::ptrdiff_t(index) * g.right_step;
      if (across) {
        rows_of(left, right, index * rows, elements);
      } else {
        columns_of(left, right, index * rows, rows, elements);
      }
    }
  }

 private:
  TFX_COLD void columns_of(const T* left, const T* right, int first_row, int rows, range cols) {
    const bool by_rows = set.lines_of == line_kind::right_rows;
    int together = cols.size();
    if (finish != nullptr) together = lesser_of(together, block_elements<T> / rows / vector * vector);
    // Lines that are read again stay in the second-level cache.
    const int in_cache = 256 * 1024 / int(sizeof(T)) / g.depth / (2 * vector) * 2 * vector;
    if (rows > set.lines_rows) together = lesser_of(together, greater_of(in_cache, 2 * vector));
    for (int col = cols.from; col < cols.to; col += together) {
      tile.cols = lesser_of(together, cols.to - col);
      tile.b = right + (by_rows ? col : col * tile.b_step);
      tile.c_row = finish != nullptr ? round_up(tile.cols, 16) : g.cols;
      T* const block = finish != nullptr ? a.scratch : destination + std::ptrdiff_t(first_row) * g.cols + col;
      for (int row = 0; row < rows; row += set.lines_rows) {
        const int start = lesser_of(row, rows - set.lines_rows);
        tile.a = left + start * tile.a_row;
        tile.c = block + start * tile.c_row;
        set.lines(tile);
      }
      if (finish != nullptr) finish(a, first_row, rows, col, tile.cols, block, tile.c_row);
    }
  }

  /// The transposed product, and its blocks transposed back.
  TFX_COLD void rows_of(const T* left, const T* right, int first_row, range rows) {
    constexpr int stride = 16, together = block_elements<T> / stride;
    T* const block = a.scratch;
    tile.a = right;
    for (int row = rows.from; row < rows.to; row += together) {
      T* const to = finish != nullptr ? block : destination + std::ptrdiff_t(first_row + row) * g.cols;
      const bool in_place = finish == nullptr && g.cols == 1;
      tile.cols = lesser_of(together, rows.to - row);
      tile.b = left + row * tile.b_step;
      tile.c = in_place ? to : block + block_elements<T>;
      tile.c_row = together;
      set.lines(tile);
      if (!in_place) set.transpose(tile.c, together, tile.cols, g.cols, to, finish != nullptr ? stride : g.cols, g.cols);
      if (finish != nullptr) finish(a, first_row + row, tile.cols, 0, g.cols, block, stride);
    }
  }

  const call<T>& a;
  const matmul_geometry& g;
  const tile_set<T>& set;
  T* const destination;
  const finish_function<T> finish;
  bool across;
  tile_call<T> tile;
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
