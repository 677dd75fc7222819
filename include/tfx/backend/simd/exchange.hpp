// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/simd/whole_rows.hpp>
#include <tfx/geometry/gather.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// [batch, steps, ...] as [steps, batch, ...] and back, whole rows at a time.
template <class T, class V, bool TimeFirst> struct simd_exchange : whole_rows<T, V> {
  static constexpr bool follows_lengths(const geometry&) { return true; }
  using rows_of = whole_rows<T, V>;

  static constexpr std::size_t scratch(const geometry&, int rows, int cols) { return rows_of::block_scratch(rows, cols); }

  TFX_INLINE static void run(const call<T>& a, T* destination, finish_function<T> finish) {
    const sequence_geometry g = *a.geo;
    const int inners = TimeFirst ? g.batch : g.steps, outers = TimeFirst ? g.steps : g.batch, rows_in_value = g.rows;
    const int present = TimeFirst ? a.contracted : inners;  // of the inner ones; the others are 0
    const T* const x = static_cast<const T*>(a.operand[0]);
    const auto make = [&](range block, range cols, T* to, int pitch) __attribute__((always_inline)) {
      int row = block.from % rows_in_value, inner = block.from / rows_in_value % inners;
      int outer = block.from / rows_in_value / inners;
      for (int i = block.from; i < block.to; ++i, to += pitch) {
        const std::ptrdiff_t from = (std::ptrdiff_t(inner) * outers + outer) * rows_in_value + row;
        if (inner < present) rows_of::copy(x + from * a.cols + cols.from, to, cols.size());
        else rows_of::fill(T(0), to, cols.size());
        if (++row < rows_in_value) continue;
        row = 0;
        if (++inner < inners) continue;
        inner = 0;
        ++outer;
      }
    };
    rows_of::for_blocks(a, share_of(a.rows, a.part, a.parts), destination, finish, make);
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
