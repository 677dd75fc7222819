// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/backend/simd/lines.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>
#include <tfx/geometry/matmul.hpp>
#include <tfx/lanes/stored.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// How a product is carried out, as far as its geometry tells.
template <class T> struct matmul_plan {
  /// Rows of one product.
  static constexpr int height(const matmul_geometry& g, int rows) {
    return merged(g, rows) ? rows : lesser_of(g.rows, rows);
  }
  /// Broad tiles; but as many rows as registers hold where A is stored as columns, where rows of B collide and are not
  /// packed, so that B is read less often, or where few rows may become the columns of a tile (`swaps`).
  static constexpr tiling use(const matmul_geometry& g, int rows, operand_types types) {
    const int tall = height(g, rows);
    const bool stays = g.right_transposed == 0 && collide(g.cols, 256) && !packs_right(g, tall, types);
    const bool may_swap = g.right_transposed != 0 && tall < 256 && !narrow(types);
    if (tall <= 4) return tiling::wide;
    return g.left_transposed != 0 || stays || may_swap ? tiling::balanced : tiling::fitting;
  }
  /// Few columns beyond the last vector may be made of lines of A.
  static constexpr bool leaves_over(const matmul_geometry& g, int rows, operand_types types) {
    return g.order == summing::chain && g.left_transposed == 0 && !widens_in_tiles(g, rows, types);
  }
  static constexpr layout operands(const matmul_geometry& g, int rows, operand_types types) {
    if (g.left_transposed && !g.right_transposed) return layout::columns;
    return packs_right(g, height(g, rows), types) || g.cols * int(sizeof(T)) <= 1024 ? layout::near_rows : layout::rows;
  }

  /// A product gets code of its own, with known strides, if its calls would cost as much as its sums, or if its tiles
  /// are of one vector, which run-time strides slow down. Fewer rows wait for B or for latency anyway.
  static constexpr bool small(const matmul_geometry& g, int rows, operand_types types) {
    const std::int64_t work = std::int64_t(rows) * g.cols * g.depth;
    return rows >= 5 && (work <= 32 * 32 * 32 || (g.cols <= 16 && work <= 64 * 64 * 64)) &&
           rows * round_up(g.cols, 16) <= block_elements<T> && g.right_transposed == 0 && !tiles_pad &&
           g.order == summing::chain && !narrow(types);
  }

  /// A batch over one B whose A matrices lie behind each other is one tall matrix.
  static constexpr bool merged(const matmul_geometry& g, int rows) {
    return rows > g.rows && g.right_step == 0 && g.left_transposed == 0 && g.left_step == g.rows * g.depth;
  }

  /// Rows so far apart that all of them fall into the same sets of the caches.
  static constexpr bool collide(int elements_apart, int rows) {
    return elements_apart % (4096 / int(sizeof(T))) == 0 && rows >= 256;
  }

  /// Its rows collide, or B is beyond the second-level cache, and there are rows enough of A to be worth packing it.
  static constexpr bool large(const matmul_geometry& g, int rows) {
    const std::int64_t bytes = std::int64_t(g.depth) * g.cols * std::int64_t(sizeof(T));
    const bool collides = g.right_transposed == 0 && collide(g.cols, g.depth);
    return g.depth >= 256 && ((rows >= 48 && collides) || (rows >= 192 && bytes > (1 << 20)));
  }

  /// A product that matrix units make.
  static constexpr bool in_unit(const matmul_geometry& g, operand_types types) {
    const bool pairs = g.order == summing::pairs && types.left == lies_as::bfloat16 && types.right == lies_as::bfloat16;
    return sizeof(T) == 4 && (pairs || of_bytes(g));
  }
  static constexpr bool of_bytes(const matmul_geometry& g) { return g.order == summing::integers; }
  template <class Launch> static constexpr operand_types types_of() {
    if constexpr (requires { Launch::types; }) return Launch::types;
    else return {};
  }
  /// Do columns or terms of a launch follow the lengths of a run, or what lies between terms?
  template <class Launch> static constexpr bool varies() {
    if constexpr (requires { Launch::varying; }) {
      constexpr matmul_geometry varying = Launch::varying.geo;
      return varying.cols != 0 || varying.depth != 0 || (varying.rows != 0 && matmul_geometry(Launch::geo).left_transposed != 0);
    } else return false;
  }
  /// The geometry that tiles are chosen for: with a last panel for any number of columns, if that follows a length.
  template <class Launch> static constexpr matmul_geometry chosen_for() {
    matmul_geometry g = Launch::geo;
    if (varies<Launch>()) g.cols = round_up(g.cols, 128) - 1;
    return g;
  }
  static constexpr line_kind lines_of(const matmul_geometry& g, int rows, operand_types types) {
    return narrow(types) ? line_kind::none : simd_lines<T>::kind(g, rows);
  }
  static constexpr bool narrow(operand_types types) { return types.left != lies_as::word || types.right != lies_as::word; }
  /// Few rows read B once, and widen it on the way: packing it would cost as much.
  static constexpr bool widens_in_tiles(const matmul_geometry& g, int rows, operand_types types) {
    return rows <= 4 && g.right_transposed == 0 && types.right == lies_as::bfloat16 && sizeof(T) == 4;
  }
  /// Whether all of B is packed, one band at a time.
  static constexpr bool packs_right(const matmul_geometry& g, int rows, operand_types types) {
    if (widens_in_tiles(g, rows, types)) return false;
    return g.right_transposed != 0 || types.right != lies_as::word || large(g, rows);
  }

  /// Columns of B, and rows of A, that stay in the second-level cache together.
  static constexpr int widest_band(const matmul_geometry& g) { return 512 * 1024 / int(sizeof(T)) / greater_of(g.depth, 1); }
  static constexpr int widest_band(const matmul_geometry& g, int panel) { return greater_of(widest_band(g) / panel, 1) * panel; }
  static constexpr int rows_in_cache(const matmul_geometry& g, int rows) {
    return 384 * 1024 / int(sizeof(T)) / greater_of(steps_together(g, rows, g.depth), 1);
  }
  /// Steps of a contraction that all tiles of a block make before the next ones, so that a panel of B stays near; all,
  /// where both operands are read in order.
  static constexpr int steps_together(const matmul_geometry& g, int rows, int depth) {
    const bool in_order = !g.left_transposed && !g.right_transposed && large(g, rows);
    return depth > 1024 && !in_order ? round_up(divide_up(depth, divide_up(depth, 512)), terms_in_pairs) : depth;
  }

  /// Whether the rows of a transposed A collide, and columns enough are computed for them to be worth packing.
  static constexpr bool packs_left(const matmul_geometry& g) {
    return g.left_transposed && !g.right_transposed && g.cols >= 64 && collide(g.rows, g.depth);
  }
  static constexpr int left_rows = 128;  ///< of A at a time
  /// Rows of A that are packed at a time: as columns, or because they are widened.
  static constexpr int left_held(const matmul_geometry& g, int rows, bool widens) {
    if (packs_left(g)) return left_rows;
    const int in_cache = 384 * 1024 / int(sizeof(T)) / greater_of(g.depth, 1);
    return widens ? round_up(lesser_of(rows, greater_of(in_cache, 32)), 16) : 0;
  }
  static constexpr int left_held(const matmul_geometry& g, int rows, operand_types types) {
    return left_held(g, rows, types.left != lies_as::word);
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
