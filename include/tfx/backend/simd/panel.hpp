// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {

/// Rows [from, to) in tiles of one height; the last tile reaches back over rows that exist already and gives them
/// again.
template <class T> void sweep_rows(tile_function<T> tile, int height, tile_call<T> call, int from, int to) {
  const T* const a = call.a;
  const T* const coming = call.coming;
  T* const c = call.c;
  call.rows = height;
  for (int row = from; row < to; row += height) {
    const int start = lesser_of(row, to - height);
    call.a = a + start * call.a_row;
    call.c = c + start * call.c_row;
    call.coming = coming + start * call.coming_row;
    tile(call);
  }
}

/// Rows [from, to), fewer than any tile has: a tile all of whose rows are the same one takes no longer than a single
/// row.
template <class T> void single_rows(tile_function<T> tile, tile_call<T> call, int from, int to) {
  const std::ptrdiff_t a_row = call.a_row, c_row = call.c_row;
  call.a += from * a_row;
  call.c += from * c_row;
  call.coming += from * call.coming_row;
  call.a_row = call.c_row = 0;
  call.rows = 1;
  for (int row = from; row < to; ++row) {
    tile(call);
    call.a += a_row;
    call.c += c_row;
    call.coming += call.coming_row;
  }
}

}  // namespace detail

template <class T> void run_panel(const tile_set<T>& set, const tile_call<T>& call, int rows);

/// The same of a panel with columns over: those come of lines of A, the others of tiles.
template <class T> TFX_COLD void run_panel_and_over(const tile_set<T>& set, const tile_call<T>& call, int rows) {
  const int first = call.cols - set.over;
  const int done = call.resume ? rows / set.lanes * set.lanes : rows;  // else the last lines reach back
  tile_call<T> across;
  across.a = call.b + first;
  across.a_row = 1;
  across.a_step = call.b_step;
  across.b = call.a;
  across.b_step = call.a_row;
  across.c = call.c + first;
  across.c_row = call.c_row;
  across.depth = call.depth;
  across.cols = done;
  across.resume = call.resume;
  set.over_lines(across);
  tile_call<T> left = call;
  left.cols = first;
  if (first > 0) run_panel(set, left, rows);
  if (done == rows) return;
  left.a += done * call.a_row;
  left.b += first;
  left.c += done * call.c_row + first;
  left.cols = set.over;
  run_panel(set, left, rows - done);
}

/// All rows of one panel of columns; `call` describes its first row, `call.cols` its columns.
template <class T>
__attribute__((noinline)) void run_panel(const tile_set<T>& set, const tile_call<T>& call, int rows) {
  if (set.over != 0 && call.cols % set.lanes == set.over && rows >= set.lanes && call.a_step == 1) return run_panel_and_over(set, call, rows);
  const bool part = call.cols < set.panel(), narrow = part && set.fits_rest(call.cols);
  // Columns that fill no tile without a mask, though the launch said that they would: small tiles have one.
  int full = !part || narrow ? rows : 0;
  const int over = full % set.rows;
  if (over != 0) {
    // Rows that fill no tile, perhaps with those of one that they do, take tiles of few rows, which are slower per row
    // than their sums alone tell, or reach back. A chain that goes on must not be given twice: no reaching back.
    const int full_cost = set.rows * (narrow ? set.rest_vectors : set.vectors) * 4, few_cost = greater_of(set.few_rows * set.vectors, 8) * 5;
    const auto cost_of = [&](int count) {
      const int single = count % set.few_rows;
      return (count / set.few_rows + (call.resume ? single : single > 0)) * few_cost;
    };
    const int cost = cost_of(over), cost_of_more = cost_of(over + set.rows) - full_cost;
    const bool any_full = rows >= set.rows;
    const bool all_full = any_full && !call.resume && full_cost <= lesser_of(cost, cost_of_more);
    if (!all_full) full -= any_full && cost_of_more < cost ? over + set.rows : over;
  }
  const int few = rows >= set.few_rows && !call.resume ? rows : rows - (rows - full) % set.few_rows;
  const tile_function<T> few_tile = part ? set.few : set.few_full;
  detail::sweep_rows(narrow ? set.rest : set.full, set.rows, call, 0, full);
  detail::sweep_rows(few_tile, set.few_rows, call, full, few);
  detail::single_rows(few_tile, call, few, rows);
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
