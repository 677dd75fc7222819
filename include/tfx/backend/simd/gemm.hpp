// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Product of matrices, one fused multiply-add chain per result over ascending k.
///
///     y[b][m][n] = sum_k A[b][m][k] * B[b][k][n]
///
/// Geometry   M, N, K, flags (1: A is stored [K, M], 2: B is stored [N, K]), elements between the A matrices and between
///            the B matrices of a batch (0: one for all), 1 if K is the bounded extent
/// Blocks     with an epilogue, `stride` is a multiple of 16 and all of rows * stride may be read
template <class T> struct simd_matmul {
  template <class Launch> static constexpr const void* tiles() {
    constexpr bool merges = merged(Launch::geo.v, Launch::rows);
    constexpr int height = merges ? Launch::rows : lesser_of(Launch::geo.v[0], Launch::rows);
    return choose_table<T, height, Launch::geo.v[1]>();
  }

  static constexpr std::size_t scratch(const geometry& g, int, int) {
    const int pack = (g.v[3] & 2) != 0 ? widest_panel<T> : widest_panel<T> / 2;
    return std::size_t(block_elements<T>) + std::size_t(greater_of(g.v[2], 1)) * std::size_t(pack);
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const geometry& g, int rows, int cols) {
    const std::int64_t parts = std::int64_t(rows) * cols * g.v[2] / 65536;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.rows <= 0 || a.cols <= 0) return;
    matrices p(a);
    p.destination = destination;
    p.finish = finish;
    const tile_set<T>& set = static_cast<const tile_table<T>*>(a.tiles)->set[instruction_set()];
    const partition parts = split(p, set, a.parts);
    if (a.part >= parts.batches * parts.rows * parts.panels) return;
    const int row_part = a.part / parts.panels % parts.rows, panel_part = a.part % parts.panels;
    const range batch = share_of(p.count, a.part / (parts.panels * parts.rows), parts.batches);
    const range rows = share_of(p.rows, row_part, parts.rows);
    const range panels = share_of(divide_up(a.cols, set.panel()), panel_part, parts.panels);
    const range cols = {panels.from * set.panel(), lesser_of(panels.to * set.panel(), a.cols)};
    if (rows.size() == 0 || cols.size() == 0) return;
    for (int i = batch.from; i < batch.to; ++i) multiply(p, set, i, rows, cols);
  }

 private:
  /// A batch over one B whose A matrices lie behind each other is one tall matrix.
  static constexpr bool merged(const int* g, int rows) {
    return rows > g[0] && g[5] == 0 && (g[3] & 1) == 0 && g[4] == g[0] * g[2];
  }

  struct matrices {
    explicit matrices(const call<T>& from) : a(from) {
      const int* g = a.geo;
      const bool one = a.rows <= g[0] || merged(g, a.rows);
      count = one ? 1 : divide_up(a.rows, g[0]);
      rows = one ? a.rows : g[0];
      depth = g[6] != 0 ? a.contracted : g[2];
      const bool a_transposed = (g[3] & 1) != 0;
      b_transposed = (g[3] & 2) != 0;
      a_row = a_transposed ? 1 : g[2];
      a_step = a_transposed ? g[0] : 1;
      b_row = b_transposed ? g[2] : g[1];
    }

    const call<T>& a;
    T* destination = nullptr;
    finish_function<T> finish = nullptr;
    int count = 1, rows = 0, depth = 0;
    bool b_transposed = false;
    std::ptrdiff_t a_row = 0, a_step = 0, b_row = 0;
  };

  struct partition {
    int batches = 1, rows = 1, panels = 1;
  };

  /// The cheapest of the ways to cut the result into `parts`: matrices, rows, or panels of columns.
  static partition split(const matrices& p, const tile_set<T>& set, int parts) {
    partition best;
    std::int64_t best_cost = -1;
    const int panels = divide_up(p.a.cols, set.panel());
    for (int batches = 1; batches <= parts; ++batches) {
      if (parts % batches != 0) continue;
      for (int rows = 1; rows <= parts / batches; ++rows) {
        if (parts / batches % rows != 0) continue;
        const partition now = {batches, rows, parts / batches / rows};
        const int pack = p.b_transposed ? set.rows : 0;
        const std::int64_t height = round_up(divide_up(p.rows, now.rows), set.rows) + pack;
        const std::int64_t cost = height * divide_up(p.count, now.batches) * divide_up(panels, now.panels);
        if (best_cost < 0 || cost < best_cost) {
          best = now;
          best_cost = cost;
        }
      }
    }
    return best;
  }

  /// Columns that are computed together: all that a block can hold, or few where B should be read once.
  static int band_of(const matrices& p, const tile_set<T>& set, range rows, range cols) {
    const int panel = set.panel();
    if (p.b_transposed) return panel;
    if (p.finish == nullptr) return panel;
    const std::int64_t bytes = std::int64_t(p.depth) * p.a.cols * std::int64_t(sizeof(T));
    const int height = bytes > (1 << 20) ? lesser_of(rows.size(), 16 * set.rows) : set.rows;
    const int fits = block_elements<T> / height / panel * panel;
    return lesser_of(greater_of(fits, panel), round_up(cols.size(), panel));
  }

  static void multiply(const matrices& p, const tile_set<T>& set, int index, range rows, range cols) {
    const call<T>& a = p.a;
    const T* left = static_cast<const T*>(a.operand[0]) + std::ptrdiff_t(index) * a.geo[4];
    const T* right = static_cast<const T*>(a.operand[1]) + std::ptrdiff_t(index) * a.geo[5];
    const int panel = set.panel();
    const int band = band_of(p, set, rows, cols);
    int height = rows.size();
    if (p.finish != nullptr) {
      const int fits = block_elements<T> / round_up(lesser_of(band, cols.size()), 16);
      height = lesser_of(height, fits >= set.rows ? fits / set.rows * set.rows : fits);
    }
    T* const packed = a.scratch + block_elements<T>;
    for (int col = cols.from; col < cols.to; col += band) {
      const int width = lesser_of(band, cols.to - col);
      const int last = col + (width - 1) / panel * panel;
      const int last_cols = col + width - last;
      const bool packs_last = p.b_transposed || (set.pads && last_cols < panel);
      if (p.b_transposed) {
        set.pack_transposed(right + last * p.b_row, p.b_row, p.depth, last_cols, packed, panel);
      } else if (packs_last) {
        pack_rows(right + last, p.b_row, p.depth, last_cols, packed, panel);
      }
      for (int row = rows.from; row < rows.to; row += height) {
        const int count = lesser_of(height, rows.to - row);
        const int result_row = index * p.rows + row;
        const int stride = p.finish != nullptr ? round_up(width, 16) : a.cols;
        T* const block = p.finish != nullptr ? a.scratch : p.destination + std::ptrdiff_t(result_row) * a.cols + col;
        for (int at = col; at <= last; at += panel) {
          const bool from_pack = packs_last && at == last;
          tile_call<T> call;
          call.a = left + row * p.a_row;
          call.a_row = p.a_row;
          call.a_step = p.a_step;
          call.b = from_pack ? packed : right + at;
          call.b_step = from_pack ? panel : p.b_row;
          call.c = block + (at - col);
          call.c_row = stride;
          call.depth = p.depth;
          call.cols = at == last ? last_cols : panel;
          run_panel(set, call, count);
        }
        if (p.finish != nullptr) p.finish(a, result_row, count, col, width, block, stride);
      }
    }
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
