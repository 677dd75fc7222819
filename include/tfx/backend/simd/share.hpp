// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/call.hpp>
#include <tfx/backend/simd/dispatch.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// A producer with an epilogue computes blocks of at most this many elements (24 KB): they stay in the first-level
/// cache.
template <class T> inline constexpr int block_elements = int(24 * 1024 / sizeof(T));

/// A half-open range.
struct range {
  int from = 0, to = 0;

  constexpr int size() const { return to - from; }
};

/// What two ranges have in common; empty, perhaps with a negative size, if they have nothing.
constexpr range common(range a, range b) { return {greater_of(a.from, b.from), lesser_of(a.to, b.to)}; }

/// Share `i` of `n` nearly equal shares of [0, extent).
constexpr range share_of(int extent, int i, int n) {
  return {int(std::int64_t(extent) * i / n), int(std::int64_t(extent) * (i + 1) / n)};
}

/// What one part computes of a grid.
struct grid_share {
  range rows, cols;
};

/// Cuts rows x cols units into `parts` rectangles so that the largest is as small as possible; fewer columns first,
/// since every part prepares its own columns.
constexpr grid_share share_grid(int rows, int cols, int part, int parts) {
  int best = 1;
  std::int64_t best_cost = -1;
  for (int across = parts; across >= 1; --across) {
    if (parts % across != 0) continue;
    const std::int64_t cost = std::int64_t(divide_up(rows, parts / across)) * divide_up(cols, across);
    if (best_cost < 0 || cost < best_cost) {
      best = across;
      best_cost = cost;
    }
  }
  return {share_of(rows, part / best, parts / best), share_of(cols, part % best, best)};
}

/// Results of some rows and columns, from `from` on and `stride` apart: to the epilogue, or where they belong.
template <class T>
void give(const call<T>& a, finish_function<T> finish, T* destination, range rows, range cols, const T* from,
          std::ptrdiff_t stride) {
  if (finish != nullptr) return finish(a, rows.from, rows.size(), cols.from, cols.size(), from, stride);
  for (int row = rows.from; row < rows.to; ++row, from += stride) {
    T* const to = destination + std::ptrdiff_t(row) * a.cols + cols.from;
    for (int c = 0; c < cols.size(); ++c) to[c] = from[c];
  }
}

/// Copies columns of a row-major matrix, zero up to `pitch`: for kernels that read whole panels.
template <class T>
__attribute__((noinline)) void pack_rows(const T* from, std::ptrdiff_t row, int depth, int cols, T* to, int pitch) {
  constexpr int piece = int(64 / sizeof(T));
  const int whole = cols / piece * piece;
  for (int k = 0; k < depth; ++k) {
    for (int n = 0; n < whole; n += piece) __builtin_memcpy(to + n, from + n, 64);
    for (int n = whole; n < cols; ++n) to[n] = from[n];
    for (int n = cols; n < pitch; ++n) to[n] = T(0);
    from += row;
    to += pitch;
  }
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
