// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Rows of a panel in one direction, each a fixed distance from the one before it.
struct row_direction {
  int count = 1;
  std::ptrdiff_t a = 0, c = 0;
};

/// Memory that will be wanted soon, rows of some bytes: asked for into the second-level cache, some rows at a time.
struct rows_ahead {
  const char* next = nullptr;
  std::ptrdiff_t row = 0;  ///< bytes from one to the next
  int rows = 0, bytes = 0;

  void ask(int count) {
    for (; count > 0 && rows > 0; --count, --rows, next += row) {
      for (int byte = 0; byte < bytes; byte += 64) __builtin_prefetch(next + byte, 0, 2);
    }
  }
};

/// All rows of one panel of columns that lie in three directions, the last one innermost: tiles of gathered rows, which
/// take what is left of one line with what the next one begins with. `call` describes the first row; where it copies b, the
/// first tile does and the others read the copy. What is `ahead` is asked for meanwhile.
template <class T>
__attribute__((noinline)) void run_gathered(const tile_set<T>& set, tile_call<T> call, const row_direction (&d)[3],
                                                 rows_ahead ahead = {}) {
  constexpr int most_rows = 16;
  const bool part = call.cols < set.panel(), narrow = part && set.fits_rest(call.cols);
  const tile_function<T> full = narrow ? set.rest : set.full, few = part ? set.few : set.few_full;
  // Columns that fill no tile without a mask, though the launch said that they would: small tiles have one.
  const int height = part && !narrow ? set.few_rows : set.rows;
  tile_row rows[2][most_rows];  // of the tile that is full, and of the one after it
  int n = 0, next = 0;
  bool waits = false;
  const int tiles = divide_up(greater_of(d[0].count * d[1].count * d[2].count, 1), height);
  const int at_once = divide_up(ahead.rows, tiles);
  const auto run = [&](int count, const tile_row* coming) {
    call.rows = count;
    call.row = rows[next ^ 1];
    call.coming_rows = coming;
    ahead.ask(at_once);
    (count <= set.few_rows ? few : full)(call);
    if (call.copy == nullptr) return;
    call.b = call.copy;
    call.b_step = call.copy_row;
    call.copy = nullptr;
  };
  for (int i = 0; i < d[0].count; ++i) {
    for (int j = 0; j < d[1].count; ++j) {
      tile_row at = {i * d[0].a + j * d[1].a, i * d[0].c + j * d[1].c};
      for (int k = 0; k < d[2].count; ++k) {
        rows[next][n++] = at;
        at.a += d[2].a;
        at.c += d[2].c;
        if (n < height) continue;
        if (waits) run(height, rows[next]);
        waits = true;
        next ^= 1;
        n = 0;
      }
    }
  }
  for (int i = n; n > 0 && i < set.rows; ++i) rows[next][i] = rows[next][n - 1];
  if (waits) run(height, n > 0 ? rows[next] : nullptr);
  next ^= 1;
  if (n > 0) run(n, nullptr);
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
