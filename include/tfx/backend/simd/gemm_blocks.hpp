// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/gemm_plan.hpp>
#include <tfx/backend/simd/panel.hpp>
#include <tfx/backend/simd/share.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// A product while it is carried out: cut into parts, bands of columns, blocks of rows, and panels.
template <class T> struct matmul_blocks {
  using plan = matmul_plan<T>;

  matmul_blocks(const call<T>& from, const matmul_geometry& of, const tile_set<T>& with) : a(from), g(of), set(with) {
    const bool one = a.rows <= g.rows || plan::merged(g, a.rows);
    products = one ? 1 : divide_up(a.rows, g.rows);
    tall = one ? a.rows : g.rows;
    depth = g.depth_is_batch != 0 ? a.contracted : g.depth;
    words = divide_up(depth, set.terms);
    starts = set.start != nullptr ? 1 : 0;
    a_transposed = g.left_transposed != 0;
    b_transposed = g.right_transposed != 0;
    packs = a.prepared == nullptr && (b_transposed || !set.right.tiles_read || plan::large(g, tall));
    held = plan::left_held(g, tall, !set.left.tiles_read);
    left_columns = held > 0 && a_transposed;
    a_row = a_transposed ? 1 : g.depth;
    a_step = a_transposed ? g.rows : 1;
    b_row = b_transposed ? g.depth : g.cols;
  }

  const call<T>& a;
  const matmul_geometry& g;
  const tile_set<T>& set;
  T* destination = nullptr;
  finish_function<T> finish = nullptr;
  int products = 1, tall = 0, depth = 0;  ///< how many, rows of one, and terms of a result
  int words = 0;   ///< of the depth
  int starts = 0;  ///< 1: before a panel's words there is the row that its sums start at
  bool a_transposed = false, b_transposed = false;
  bool packs = false;  ///< all of B, one band at a time
  int held = 0;               ///< rows of A that are packed at a time, if any
  bool left_columns = false;  ///< they become columns
  std::ptrdiff_t a_row = 0, a_step = 0, b_row = 0;

  struct partition {
    int batches = 1, rows = 1, panels = 1;
  };

  /// The cheapest of the ways to cut the result into `parts`: matrices, rows, or panels of columns. Each part works for
  /// its sums and reads its share of A and of B. Rows that are written by several cores pass from one to the other,
  /// because prefetchers read on where a piece ends.
  TFX_COLD partition split(int parts) const {
    partition best;
    std::int64_t best_cost = -1;
    const int panels = divide_up(a.cols, set.panel());
    constexpr int bytes_per_cycle = 8;
    for (int batches = 1; batches <= parts; ++batches) {
      if (parts % batches != 0) continue;
      for (int rows = 1; rows <= parts / batches; ++rows) {
        if (parts / batches % rows != 0) continue;
        const partition now = {batches, rows, parts / batches / rows};
        const std::int64_t height = divide_up(tall, now.rows), width = divide_up(panels, now.panels) * set.panel();
        const int pack = packs ? set.rows : 0;
        const std::int64_t sums = (height + pack) * width * depth / (2 * set.panel() / set.vectors);
        const std::int64_t shared = now.panels > 1 ? 2 * std::int64_t(tall) * a.cols : 0;
        const std::int64_t moved = (height + width) * depth + shared;
        const std::int64_t cost =
            divide_up(products, now.batches) * (sums + moved * std::int64_t(sizeof(T)) / bytes_per_cycle);
        if (best_cost < 0 || cost < best_cost) {
          best = now;
          best_cost = cost;
        }
      }
    }
    return best;
  }

  int in_tiles(int most) const {
    return most >= set.rows ? most / set.rows * set.rows : greater_of(most, 1);
  }
  /// Whether the result is beyond the second-level cache, and B far from it: rows of the result are then written whole, since
  /// writing takes longer than the sums.
  bool writes_rows(int cols) const {
    const std::int64_t result = std::int64_t(tall) * a.cols * std::int64_t(sizeof(T)), right = std::int64_t(depth) * cols * std::int64_t(sizeof(T));
    return finish == nullptr && !packs && held == 0 && result > (1 << 20) && right <= (1 << 18);
  }
  /// Columns that are computed together: one panel where one block has all rows, else as many as stay in the cache;
  /// with an epilogue at most what a block holds of a tile's rows, or few columns where B should be read once.
  TFX_COLD int band_of(range rows, range cols) const {
    const int panel = set.panel(), all = round_up(cols.size(), panel);
    if (writes_rows(cols.size())) return all;
    const bool one_block = rows.size() <= plan::rows_in_cache(g, tall) && (held == 0 || rows.size() <= in_tiles(held));
    if (one_block && (packs || finish == nullptr)) return panel;
    const int most = packs || finish == nullptr ? lesser_of(plan::widest_band(g, panel), all) : all;
    if (finish == nullptr) return most;
    const std::int64_t bytes = std::int64_t(depth) * a.cols * std::int64_t(sizeof(T));
    const bool reads_once = bytes > (1 << 20) && !packs && held == 0;
    const int height = reads_once ? lesser_of(rows.size(), 16 * set.rows) : set.rows;
    return lesser_of(greater_of(block_elements<T> / height / panel * panel, panel), most);
  }

  /// Rows that are computed together: those that stay in the cache, or that a block holds.
  TFX_COLD int height_of(int rows, int width) const {
    if (writes_rows(width)) return lesser_of(rows, in_tiles(32));
    const int height = lesser_of(rows, in_tiles(greater_of(plan::rows_in_cache(g, tall), set.rows)));
    if (finish == nullptr) return height;
    return lesser_of(height, in_tiles(block_elements<T> / round_up(width, 16)));
  }

  /// Columns of B as panels; of rows, some at a time for all panels, so that they are read nearly in order.
  void pack_panels(const void* right, std::ptrdiff_t first, range cols, T* to) const {
    const int panel = set.panel();
    constexpr int rows = 8;
    for (int k = 0; k < depth; k += b_transposed ? depth : rows) {
      for (int at = cols.from; at < cols.to; at += panel) {
        const int count = lesser_of(panel, cols.to - at);
        T* const panel_at = to + (at - cols.from) * (starts + words) + (starts + k / set.terms) * panel;
        const T* const from = set.right.at(right, first + (b_transposed ? at * b_row : k * b_row + at));
        if (b_transposed) set.right.transpose(from, b_row, depth, count, panel_at, panel, panel);
        else set.right.pack(from, b_row, lesser_of(rows, depth - k), count, panel_at, panel);
      }
    }
    if (starts == 0) return;
    for (int at = cols.from; at < cols.to; at += panel) {
      T* const panel_at = to + (at - cols.from) * (starts + words);
      set.start(panel_at + panel, words, panel, panel_at);
    }
  }

  /// Whether what the epilogue writes lies beyond the second-level cache, and is worth asking for while a block is
  /// summed: in short chains the requests would compete with the operands.
  bool asks_for_destination() const {
    const std::int64_t bytes = std::int64_t(a.rows) * a.cols * std::int64_t(sizeof(T));
    return finish != nullptr && destination != nullptr && depth >= 128 && bytes > (1 << 20);
  }

  void multiply(int index, range rows, range cols) const {
    const std::ptrdiff_t left_from = std::ptrdiff_t(index) * g.left_step, right_from = std::ptrdiff_t(index) * g.right_step;
    const int panel = set.panel();
    const int band = band_of(rows, cols);
    const int height = height_of(rows.size(), lesser_of(band, cols.size()));
    const int pack_depth = round_up(depth, 16);
    T* const packed_left = a.scratch;
    T* const packed = packed_left + held * pack_depth;
    const int packed_cols = packs ? band : set.pads && a.cols % panel != 0 ? panel : 0;
    T* const blocks = packed + packed_cols * pack_depth;
    const bool asks = asks_for_destination();
    tile_call<T> call;
    call.a_row = held == 0 ? a_row : left_columns ? 1 : pack_depth;
    call.a_step = held == 0 ? a_step : left_columns ? held : 1;
    // A is packed once, for all columns, unless B is packed too.
    const int cols_together = held > 0 && !packs ? round_up(cols.size(), band) : band;
    const int rows_together = held > 0 ? in_tiles(held) : rows.size();
    int holds = -1;
    for (int col = cols.from; col < cols.to; col += cols_together) {
      const int past_col = lesser_of(col + cols_together, cols.to);
      const int last = col + (past_col - col - 1) / panel * panel;
      const bool all_in_panels = packs || a.prepared != nullptr;
      const int packs_from = all_in_panels ? col : set.pads && past_col - last < panel ? last : past_col;
      if (a.prepared == nullptr && packs_from < past_col) {
        pack_panels(a.operand[1], right_from, {packs_from, past_col}, packed);
      }
      const T* const panels = a.prepared != nullptr ? a.prepared + packs_from * (starts + words) : packed;
      for (int row = rows.from; row < rows.to; row += rows_together) {
        const int past_row = lesser_of(row + rows_together, rows.to);
        if (held > 0 && holds != row) {
          const T* const from = set.left.at(a.operand[0], left_from + row * a_row);
          if (left_columns) set.left.pack(from, a_step, depth, past_row - row, packed_left, held);
          else set.left.pack_lines(from, a_row, past_row - row, depth, packed_left, pack_depth);
          holds = row;
        }
        for (int first_col = col; first_col < past_col; first_col += band) {
          const int width = lesser_of(band, past_col - first_col);
          for (int first = row; first < past_row; first += height) {
            const int count = lesser_of(height, past_row - first), result_row = index * tall + first;
            const int stride = finish != nullptr ? round_up(width, 16) : a.cols;
            T* const block =
                finish != nullptr ? blocks : destination + std::ptrdiff_t(result_row) * a.cols + first_col;
            call.c_row = stride;
            const int piece = count > set.rows ? plan::steps_together(g, tall, words) : words;
            for (int k = 0; k == 0 || k < words; k += greater_of(piece, 1)) {
              const T* const left = held > 0 ? packed_left + (first - row) * call.a_row
                                               : static_cast<const T*>(a.operand[0]) + left_from + first * a_row;
              call.a = left + k * call.a_step;
              call.depth = lesser_of(piece, words - k);
              call.resume = k > 0;
              call.coming = nullptr;
              call.coming_row = 0;
              for (int at = first_col; at < first_col + width; at += panel) {
                call.b_step = at >= packs_from ? panel : b_row;
                if (at >= packs_from) {
                  const T* const in_panel = panels + (at - packs_from) * (starts + words);
                  call.b = in_panel + (starts + k) * panel;
                  call.start = starts != 0 && k == 0 ? in_panel : nullptr;
                } else {
                  call.b = set.right.at(a.operand[1], right_from + k * b_row + at);
                }
                call.c = block + (at - first_col);
                call.cols = lesser_of(panel, past_col - at);
                if (asks && k + piece >= words) {
                  call.coming = destination + std::ptrdiff_t(result_row) * a.cols + at;
                  call.coming_row = a.cols;
                }
                run_panel(set, call, count);
              }
            }
            if (finish != nullptr) finish(a, result_row, count, first_col, width, block, stride);
          }
        }
      }
    }
  }

  /// Whether a transposed B is better left as it is, its rows being the rows of the tiles, and A and the result
  /// transposed.
  bool swaps(int rows, int cols) const {
    if (!b_transposed || !set.left.tiles_read || !set.right.tiles_read) return false;
    // A transposed element costs about a quarter of a cycle, a vector of multiply-adds half of one.
    const auto sums = [&](int high, int wide) {
      return std::int64_t(round_up(high, set.rows)) * divide_up(wide, set.panel()) * set.vectors * depth * 2;
    };
    const std::int64_t plain = sums(rows, cols) + std::int64_t(cols) * depth;
    const std::int64_t pack = a_transposed ? 0 : std::int64_t(rows) * depth;
    return sums(cols, rows) + pack + std::int64_t(rows) * cols < plain;
  }

  /// The transposed product, panel by panel of A's rows, and its blocks transposed back.
  void multiply_across(int index, range rows, range cols) const {
    const T* left = static_cast<const T*>(a.operand[0]) + std::ptrdiff_t(index) * g.left_step;
    const T* right = static_cast<const T*>(a.operand[1]) + std::ptrdiff_t(index) * g.right_step;
    const int panel = set.panel();
    const int fits = block_elements<T> / greater_of(panel, 16);
    const int width = lesser_of(greater_of(fits / set.rows * set.rows / 16 * 16, 16), round_up(cols.size(), 16));
    T* const block = a.scratch;
    T* const sums = block + block_elements<T>;
    T* const packed = sums + block_elements<T>;
    tile_call<T> call;
    call.a_row = b_row;
    call.a_step = 1;
    call.c = sums;
    call.c_row = panel;
    call.depth = depth;
    for (int row = rows.from; row < rows.to; row += panel) {
      const int count = lesser_of(panel, rows.to - row);
      call.cols = count;
      call.b = packed;
      call.b_step = panel;
      if (!a_transposed) {
        set.transpose(left + row * a_row, a_row, depth, count, packed, panel, panel);
      } else if (count < panel) {
        set.pack(left + row, a_step, depth, count, packed, panel);
      } else {
        call.b = left + row;
        call.b_step = a_step;
      }
      const int result_row = index * tall + row;
      for (int col = cols.from; col < cols.to; col += width) {
        const int wide = lesser_of(width, cols.to - col);
        call.a = right + col * b_row;
        run_panel(set, call, wide);
        if (finish != nullptr) {
          set.transpose(sums, panel, count, wide, block, round_up(wide, 16), wide);
          finish(a, result_row, count, col, wide, block, round_up(wide, 16));
        } else {
          set.transpose(sums, panel, count, wide, destination + std::ptrdiff_t(result_row) * a.cols + col, a.cols,
                        wide);
        }
      }
    }
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
