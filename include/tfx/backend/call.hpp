// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/core/launch.hpp>
#include <tfx/core/run_state.hpp>
#include <tfx/geometry/geometry.hpp>

namespace tfx {

template <class T> struct frame;

/// One launch: a kernel, or a producer and perhaps the kernel that gets its results block by block.
template <class T> struct call {
  void* const* operand = nullptr;   ///< addresses: of the producer's inputs, then of the kernel's operands
  const operand_step* step = nullptr;      ///< of all operands, in the same order
  const launch_layout* layout = nullptr;
  int outer_loops = 0;              ///< around rows and columns of a kernel without a producer
  const int* outer = nullptr;       ///< their extents
  const int* outer_stride = nullptr;   ///< per operand of the kernel, along each of them
  void (*kernel)(const frame<T>&) = nullptr;   ///< what is fused; null: a producer's results are only stored
  int rows = 0, cols = 0;          ///< the domain: rows are those present in this run
  const geometry* geo = nullptr;   ///< of a producer
  int contracted = 0;              ///< of a contraction over a bounded extent: how much of it is present (rows or images); else the static extent
  const run_state* run = nullptr;
  T* sums = nullptr;               ///< of a launch that adds up the batch in several calls: what it has so far
  int before = 0;                  ///< of the domain's rows, or of what is contracted: how much earlier calls have had
  bool last = true;                ///< no call follows: the sums are complete
  T* scratch = nullptr;            ///< the backend's own memory for this part, of the size it asked for when the program was compiled
  const void* tiles = nullptr;     ///< the backend's micro-kernels for this launch, chosen when the program was compiled
  const T* prepared = nullptr;     ///< the right operand, a constant, as the producer's `prepare` left it
  int part = 0, parts = 1;         ///< this call does part `part` of `parts` equal shares of the output

  /// Where the first result is stored, or what it is the base of, or null.
  T* destination() const { return layout->destination < 0 ? nullptr : static_cast<T*>(operand[layout->destination]); }
  /// Where a producer of several stores its k-th result itself; null: it is handed to the kernel, or nobody asks for it.
  T* stored(int k) const { return k < layout->results ? static_cast<T*>(operand[layout->inputs + k]) : nullptr; }
  bool hands(int k) const { return layout->handed >> k & 1; }
};

/// What a reduction along rows keeps per column between calls: a chain, a sum of chains, a total.
inline constexpr int column_sums = 3;
constexpr int padded_columns(int cols) { return (cols + 127) / 64 * 64; }

/// Receives a block of a producer's results: rows [row, row + rows), columns [col, col + cols), row i at block + i * stride.
template <class T> using finish_function = void (*)(const call<T>&, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride);

}  // namespace tfx
