// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/backend/simd/dispatch.hpp>
#include <tfx/geometry/matmul.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// What a tile knows of its operands: rows, those of B far apart, so that they are asked for ahead; rows that the
/// processor foresees by itself; columns of A, whose elements lie side by side (`a_row` is 1), and rows of B, both
/// asked for; all strides, of operands that are in the first-level cache; or that rows of A and C may lie anywhere
/// (`tile_call::row`), those of B side by side. The first of a tile's rows may then be given more than once.
enum class layout { rows, near_rows, columns, known, gathered };

/// Rows and vectors of a tile, how many vectors a narrow last panel has: none where the columns fill all panels;
/// whether that is the only panel; whether the last of its vectors is a part of one; what is known of the operands; and how many columns beyond the last vector no tile has
/// (`tile_set::over`).
struct tile_shape {
  int rows = 1, vectors = 1, rest_vectors = 0;
  bool only_rest = false, masked = false;
  layout operands = layout::rows;
  int over = 0;

  constexpr int few_rows() const { return lesser_of(rows, 4); }
};

/// How the rows of a result are cut into tiles: nearly equal; without a remainder, where no tile may reach back over
/// rows that are done; broad, few rows by many columns, which takes the fewest instructions for a multiply-add and has
/// few rows in the same sets of a cache; as broad as fits the result best; few rows by as many columns as registers hold, panels wider than
/// `widest_panel`; or of gathered rows, each of which takes a register for its address.
enum class tiling { balanced, dividing, broad, fitting, wide, gathered };

/// A tile shape as a number: what template arguments are made of.
constexpr int encode(tile_shape s) {
  return s.over * 100000000 + int(s.operands) * 10000000 + (s.only_rest ? 1000000 : 0) + (s.masked ? 2000000 : 0) + s.rows * 10000 + s.vectors * 100 + s.rest_vectors;
}
constexpr tile_shape decode(int code) {
  return {code / 10000 % 100, code / 100 % 100, code % 100, code / 1000000 % 2 != 0, code / 1000000 % 10 > 1, layout(code / 10000000 % 10), code / 100000000};
}

namespace detail {

/// Twice the cycles of one step of a tile: multiply-adds, reads, or the latency of the former.
constexpr int step_cost(int rows, int vectors) {
  const int reads = rows + vectors, sums = rows * vectors;
  return greater_of(greater_of(reads, sums), 8);
}

/// The tallest tile unless a shorter one saves more than 3 %: few different tiles serve many extents.
constexpr int balanced_rows(int rows, int most, int vectors) {
  if (rows <= most) return rows;
  int best = most;
  int best_cost = divide_up(rows, most) * step_cost(most, vectors);
  for (int candidate = most - 1; candidate * 3 >= most * 2; --candidate) {
    const int cost = divide_up(rows, candidate) * step_cost(candidate, vectors);
    if (cost * 100 < best_cost * 97) {
      best = candidate;
      best_cost = cost;
    }
  }
  return best;
}

/// The tallest tile that divides the rows, where no tile may reach back over rows that are done.
constexpr int dividing_rows(int rows, int most) {
  if (rows <= most) return greater_of(rows, 1);
  for (int candidate = most; candidate * 2 >= most; --candidate) {
    if (rows % candidate == 0) return candidate;
  }
  return most;
}

/// Few rows are bound by reading b: wide tiles read it in order, and have sums enough to hide their latency.
constexpr tile_shape choose_wide(int rows, int all, int most_vectors) {
  int vectors = 1;
  while (vectors * 2 <= all && vectors * 2 <= most_vectors) vectors *= 2;
  int rest = 0;
  if (all % vectors != 0) {
    for (rest = 1; rest < all % vectors;) rest *= 2;
  }
  return {rows, vectors, rest};
}

/// Rows that lie anywhere: as broad as the columns can be cut into panels of nearly one width, unless narrower ones save
/// more than 3 %.
constexpr tile_shape choose_gathered(int rows, int all, int tall) {
  constexpr int most_rows[2][4] = {{12, 12, 8, 6}, {10, 6, 0, 0}};  // by 1 to 4 vectors, of 32 registers or of 16
  tile_shape best;
  std::int64_t best_cost = 0;
  for (int vectors = tall == 6 ? 2 : 4; vectors > 0; --vectors) {
    if (vectors > all) continue;
    const int height = balanced_rows(rows, most_rows[tall == 6][vectors - 1], vectors), rest = all % vectors;
    const int across = all / vectors * step_cost(height, vectors) + (rest > 0 ? step_cost(height, rest) : 0);
    const std::int64_t cost = std::int64_t(divide_up(rows, height)) * across;
    if (best_cost > 0 && cost * 100 >= best_cost * 97) continue;
    best = {height, vectors, rest};
    best_cost = cost;
  }
  return best;
}

/// Four vectors, unless five or three save more than 6 %, of 32 registers.
constexpr tile_shape choose_fitting(int rows, int all) {
  constexpr int widths[] = {4, 5, 3}, most_rows[] = {6, 5, 8};
  tile_shape best;
  std::int64_t best_cost = 0;
  for (int i = 0; i < 3; ++i) {
    const int vectors = widths[i], rest = all % vectors;
    if (vectors > all) continue;
    const int height = vectors == 3 && rows == 9 ? 9 : lesser_of(rows, most_rows[i]);
    const int across = all / vectors * step_cost(height, vectors) + (rest > 0 ? step_cost(height, rest) + 1 : 0);  // of masks
    const std::int64_t cost = std::int64_t(divide_up(rows, height)) * across;
    if (best_cost > 0 && cost * 100 >= best_cost * 94) continue;
    best = {height, vectors, rest};
    best_cost = cost;
  }
  return best;
}

/// The tile for results of rows x cols in vectors of some lanes, for registers that hold `tall` rows of two vectors or
/// `tall_of_one` rows of one; in pairs there are two sums of each. Up to `most_over` columns beyond the last vector need no tile.
constexpr tile_shape choose_tile(tiling use, int rows, int cols, layout operands, summing order, int lanes, int tall,
                                 int tall_of_one, int most_over = 0) {
  const int beyond = cols % lanes, over = cols > lanes && rows >= 2 * lanes && beyond <= most_over ? beyond : 0;
  cols -= over;
  const int all = divide_up(cols, lanes);
  const bool pairs = order == summing::pairs;
  if (pairs) {
    tall /= 2;
    tall_of_one /= 2;
  }
  tile_shape s;
  if (use == tiling::dividing) rows = dividing_rows(rows, tall);
  rows = greater_of(rows, 1);
  if (use == tiling::broad && all >= 4 && tall == 14) {
    s = {lesser_of(rows, 6), 4, all % 4};
  } else if (use == tiling::fitting && all >= 4 && tall == 14) {
    s = choose_fitting(rows, all);
  } else if (pairs && rows <= lesser_of(tall, 4)) {
    s = choose_wide(rows, all, lesser_of(2 * tall / rows, 8));
  } else if (!pairs && rows <= 4) {
    const int most = use == tiling::wide ? 8 : 4;
    s = choose_wide(rows, all, tall == 6 ? lesser_of(most, 8 / rows) : rows <= 2 ? most : 4);
  } else if (use == tiling::gathered) {
    s = choose_gathered(rows, all, tall);
  } else if (all == 1) {
    s = {balanced_rows(rows, tall_of_one, 1), 1, 1};
  } else {
    s = {balanced_rows(rows, tall, 2), 2, all % 2 == 1 ? 1 : 2};
  }
  if (cols % (s.vectors * lanes) == 0) {
    s.rest_vectors = 0;
  } else if (s.rest_vectors == 0) {
    s.rest_vectors = s.vectors;
  }
  s.only_rest = cols < s.vectors * lanes;
  const int last = cols % (s.vectors * lanes);
  s.masked = last != 0 && last != s.rest_vectors * lanes;
  s.over = over;
  if (use == tiling::gathered) s.operands = layout::gathered;
  else s.operands = rows > 4 ? operands : layout::rows;  // few rows ask for nothing
  return s;
}

}  // namespace detail

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
