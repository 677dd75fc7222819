// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/gemm_blocks.hpp>
#include <tfx/backend/simd/gemm_plan.hpp>
#include <tfx/backend/simd/lines.hpp>
#include <tfx/backend/simd/matrix_unit_product.hpp>
#include <tfx/geometry/matmul.hpp>
#include <tfx/lanes/stored.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Product of matrices, whose terms are added in the order that its geometry says.
///
///     y[b][m][n] = sum_k A[b][m][k] * B[b][k][n]
///
/// Order      bands of columns, of which B is packed if it must be; in them blocks of rows; in those pieces of long
///            chains, panels of columns, and tiles of rows
/// Blocks     with an epilogue, `stride` is a multiple of 16 and all of rows * stride may be read
template <class T> struct simd_matmul {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  template <class Launch> static constexpr const void* tiles() {
    constexpr bool varies = plan::template varies<Launch>();
    constexpr matmul_geometry g = plan::template chosen_for<Launch>();
    constexpr int rows = plan::height(g, Launch::rows);
    constexpr operand_types types = plan::template types_of<Launch>();
    constexpr line_kind lines = varies ? line_kind::none : plan::lines_of(g, rows, types);
    if constexpr (lines == line_kind::left_rows) {
      return choose_lines_table<T, lines, g.cols, rows>();
    } else if constexpr (lines != line_kind::none) {
      return choose_lines_table<T, lines, rows, g.cols>();
    } else if constexpr (!varies && rows == Launch::rows && plan::small(g, rows, types)) {
      return choose_small_table<T, rows, g.depth, g.cols, g.left_transposed != 0>();
    } else if constexpr (plan::of_bytes(g)) {
      static_assert(sizeof(T) == 4 && types.left == lies_as::int8 && types.right == lies_as::int8);
      return choose_byte_table<T, rows, g.cols, plan::use(g, Launch::rows, types),
                               plan::operands(g, Launch::rows, types)>();
    } else {
      using left = tfx::lanes::element_of<types.left, T>;
      using right = tfx::lanes::element_of<types.right, T>;
      using read = std::conditional_t<plan::widens_in_tiles(g, rows, types), in_place<right>, right>;
      return choose_table<T, rows, g.cols, plan::use(g, Launch::rows, types), plan::operands(g, Launch::rows, types),
                          g.order, left, read, plan::leaves_over(g, rows, types)>();
    }
  }

  /// What is packed of A and B where it must be, and blocks of the result, no larger than the result, for an epilogue.
  static constexpr std::size_t scratch(const matmul_geometry& g, int rows, int cols, operand_types types = {}) {
    const int tall = plan::height(g, rows), depth = round_up(g.depth, 16);
    const int panel = widest_panel_of<T>(tall, g.cols, plan::use(g, rows, types), g.order);
    const bool transposes = g.right_transposed != 0, packs = plan::packs_right(g, tall, types);
    const int held = plan::left_held(g, tall, types);
    const bool one_block = tall <= plan::rows_in_cache(g, tall) && held == 0;
    const bool packs_last = packs || (tiles_pad && cols % panel != 0);
    const int band = packs && !one_block ? lesser_of(greater_of(plan::widest_band(g), panel), round_up(cols, panel)) : packs_last ? panel : 0;
    const int pack = depth * (band + held);
    const std::int64_t result = std::int64_t(plan::height(g, rows)) * round_up(cols, 16);
    const int block = result < block_elements<T> ? int(result) : block_elements<T>;
    const bool twice = transposes || plan::lines_of(g, tall, types) == line_kind::left_rows;
    const std::size_t in_vectors = std::size_t(pack) + std::size_t(twice ? 2 * block_elements<T> : block);
    const std::size_t in_unit = plan::in_unit(g, types) ? matrix_unit_scratch(plan::of_bytes(g), g.depth, tall, cols) : 0;
    return in_unit > in_vectors ? in_unit : in_vectors;
  }

  /// What any product needs that is larger in no extent.
  static constexpr std::size_t most_scratch(const matmul_geometry& g, int rows, int cols, operand_types types = {}) {
    constexpr int widest = 8 * int(64 / sizeof(T)), in_cache = 512 * 1024 / int(sizeof(T));
    const std::int64_t depth = round_up(g.depth, 16), wide = round_up(cols, widest), band = depth * 2 * widest;
    const std::int64_t all = depth * wide, near = (band < in_cache ? in_cache : band) + 16 * wide;   // of B, all of it or what stays in the cache
    const std::int64_t left = g.left_transposed ? depth * plan::left_rows : types.left == lies_as::word ? 0 : depth * (rows + 16);
    return std::size_t((all < near ? all : near) + left) + 2 * std::size_t(block_elements<T>);
  }

  /// How many parts are worth their fork and join.
  static constexpr int useful_parts(const matmul_geometry& g, int rows, int cols) {
    const int panel = widest_panel_of<T>(plan::height(g, rows), g.cols, plan::use(g, rows, {}), g.order);
    const std::int64_t units = std::int64_t(rows) * divide_up(cols, panel);
    const std::int64_t work = std::int64_t(rows) * cols * g.depth / 65536;
    const std::int64_t parts = work < units ? work : units;
    return parts < 1 ? 1 : parts > 1024 ? 1024 : int(parts);
  }

  /// Elements of a constant B packed ahead of time: where it is transposed or narrow, or where the rows of a panel lie
  /// a page or more apart.
  static constexpr std::size_t prepared(const matmul_geometry& g, int rows, int cols, operand_types types = {}) {
    const int tall = plan::height(g, rows);
    const bool one_b = tall == rows || g.right_step == 0, bounded = g.depth_is_batch != 0;
    const bool far_apart = g.cols * int(sizeof(T)) >= 4096, in_tiles = plan::widens_in_tiles(g, tall, types);
    const line_kind lines = plan::lines_of(g, tall, types);
    if (lines == line_kind::left_rows || lines == line_kind::right_rows) return 0;
    if (!one_b || bounded || in_tiles || (tall == rows && plan::small(g, rows, types))) return 0;
    if (g.right_transposed == 0 && !far_apart && types.right == lies_as::word) return 0;
    const int panel = widest_panel_of<T>(tall, g.cols, plan::use(g, rows, types), g.order);
    const std::size_t in_vectors = std::size_t(g.depth + plan::of_bytes(g)) * std::size_t(round_up(cols, panel));
    const std::size_t in_unit = plan::in_unit(g, types) ? prepared_in_matrix_unit(plan::of_bytes(g), g.depth, cols) : 0;
    return in_unit > in_vectors ? in_unit : in_vectors;
  }
  /// Packs B, panel by panel.
  static void prepare(const call<T>& a, T* to) {
    const tile_set<T>& set = best_set<T>(a.tiles);
    const matmul_geometry g = *a.geo;
    const matmul_blocks<T> p(a, g, set);
    if (set.unit != nullptr) set.unit->prepare(p, to);
    else p.pack_panels(a.operand[1], 0, {0, a.cols}, to);
  }

  static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    if (a.rows <= 0 || a.cols <= 0) return;
    const tile_set<T>& set = best_set<T>(a.tiles);
    const matmul_geometry g = *a.geo;
    if (a.rows == set.whole_rows && a.parts == 1 && (g.depth_is_batch == 0 || a.contracted == g.depth)) {
      return multiply_whole(a, set, destination, finish);
    }
    matmul_blocks<T> p(a, g, set);
    simd_lines<T> lines(a, g, set, destination, finish);
    if (lines.serves(p.tall)) return lines.run(p.products, p.tall);
    p.destination = destination;
    p.finish = finish;
    const auto parts = a.parts > 1 ? p.split(a.parts) : typename matmul_blocks<T>::partition();
    if (a.part >= parts.batches * parts.rows * parts.panels) return;
    const int row_part = a.part / parts.panels % parts.rows, panel_part = a.part % parts.panels;
    const range batch = share_of(p.products, a.part / (parts.panels * parts.rows), parts.batches);
    const range rows = share_of(p.tall, row_part, parts.rows);
    const range panels = share_of(divide_up(a.cols, set.panel()), panel_part, parts.panels);
    const range cols = {panels.from * set.panel(), lesser_of(panels.to * set.panel(), a.cols)};
    if (rows.size() == 0 || cols.size() == 0) return;
    const bool across = a.prepared == nullptr && p.swaps(rows.size(), cols.size());
    for (int i = batch.from; i < batch.to; ++i) {
      if (set.unit != nullptr) {
        set.unit->multiply(p, i, rows, cols);
      } else if (across) {
        p.multiply_across(i, rows, cols);
      } else {
        p.multiply(i, rows, cols);
      }
    }
  }

 private:
  using plan = matmul_plan<T>;

  static void multiply_whole(const call<T>& a, const tile_set<T>& set, T* destination, finish_function<T> finish) {
    const int stride = finish != nullptr ? round_up(a.cols, 16) : a.cols;
    T* const block = finish != nullptr ? a.scratch : destination;
    set.whole(static_cast<const T*>(a.operand[0]), static_cast<const T*>(a.operand[1]), block, stride);
    if (finish != nullptr) finish(a, 0, a.rows, 0, a.cols, block, stride);
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
