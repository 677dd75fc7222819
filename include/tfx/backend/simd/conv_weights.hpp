// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/gathered_rows.hpp>
#include <tfx/backend/simd/share.hpp>
#include <tfx/backend/simd/tile.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// The weights of a convolution as its tiles read them: every tap is a matrix [depth, cols] of each group, cut into panels
/// of columns.
template <class T> struct conv_weights {
  const tile_set<T>& set;
  const T* stored = nullptr;    ///< [taps, depth, cols of all groups], or, transposed, [taps, cols, depth of all groups]
  const T* prepared = nullptr;  ///< packed ahead of time, or null
  int taps = 1, source_channels = 0, result_channels = 0, groups = 1;
  bool transposed = false;

  int depth() const { return source_channels / groups; }
  int cols() const { return result_channels / groups; }
  int panels() const { return divide_up(cols(), set.panel()); }
  /// Columns of one of all groups' panels.
  range cols_of(int panel) const {
    const int first = panel % panels() * set.panel();
    return {first, lesser_of(first + set.panel(), cols())};
  }
  /// Elements of a packed panel.
  std::ptrdiff_t packed_size() const { return std::ptrdiff_t(taps) * depth() * set.panel(); }

  /// Rows of a tap's matrix in one panel.
  struct piece {
    int panel = 0, tap = 0;
    range rows;
  };
  /// Where tiles read it: rows `row` apart, taps `tap` apart; the first of them may have to copy it.
  struct matrix {
    const T* data = nullptr;
    std::ptrdiff_t tap = 0, row = 0;
    T* copy = nullptr;
  };

  /// Weights of a panel that lie side by side are read as they are, and so are those that few pixels use: a copy costs
  /// as much as the sums of three pixels.
  bool packs(int pixels) const {
    if (prepared != nullptr) return false;
    if (transposed || (set.pads && cols() % set.panel() != 0)) return true;
    return result_channels > set.panel() && pixels >= 32;
  }

  matrix where(const piece& p) const {
    if (prepared != nullptr) return packed_at(prepared + p.panel * packed_size(), p);
    const std::ptrdiff_t tap = std::ptrdiff_t(source_channels) * result_channels / groups;
    return {first_of(p), tap, result_channels};
  }
  /// In memory that has all of its panel.
  matrix packed_at(const T* panel, const piece& p) const {
    const std::ptrdiff_t tap = std::ptrdiff_t(depth()) * set.panel();
    return {panel + p.tap * tap + std::ptrdiff_t(p.rows.from) * set.panel(), tap, set.panel()};
  }

  void pack(const piece& p, T* to) const {
    const int panel = set.panel(), count = cols_of(p.panel).size();
    if (transposed) set.transpose(first_of(p), source_channels, p.rows.size(), count, to, panel, panel);
    else set.pack(first_of(p), result_channels, p.rows.size(), count, to, panel);
  }
  /// A piece that will be packed.
  matrix packed_once(const piece& p, T* to) const {
    if (!transposed && !set.pads) return {first_of(p), 0, result_channels, to};
    pack(p, to);
    return {to, 0, set.panel()};
  }
  void pack_panel(int panel, T* to) const {
    for (int tap = 0; tap < taps; ++tap, to += std::ptrdiff_t(depth()) * set.panel()) {
      pack({panel, tap, {0, depth()}}, to);
    }
  }

  /// Nearly equal pieces of a tap, a few of which stay in the second-level cache.
  int piece_rows() const { return divide_up(depth(), divide_up(depth(), 256)); }
  /// The piece after p, up to a panel; false if there is none.
  bool advance(piece& p, int last_panel) const {
    if (p.rows.to == depth()) {
      p.rows.to = 0;
      if (++p.tap == taps) {
        p.tap = 0;
        if (++p.panel >= last_panel) return false;
      }
    }
    p.rows = {p.rows.to, lesser_of(p.rows.to + piece_rows(), depth())};
    return true;
  }

  /// The memory that a piece will be read from.
  rows_ahead ahead(const piece& p) const {
    constexpr int bytes = int(sizeof(T));
    const int count = cols_of(p.panel).size();
    const matrix from = where(p);
    if (prepared == nullptr && transposed) {
      return {reinterpret_cast<const char*>(from.data), source_channels * std::ptrdiff_t(bytes), count,
              p.rows.size() * bytes};
    }
    return {reinterpret_cast<const char*>(from.data), from.row * bytes, p.rows.size(), count * bytes};
  }

 private:
  const T* first_of(const piece& p) const {
    const int group = p.panel / panels(), col = cols_of(p.panel).from;
    const T* const tap = stored + std::ptrdiff_t(p.tap) * source_channels * result_channels / groups;
    if (transposed) return tap + std::ptrdiff_t(col) * source_channels + group * depth() + p.rows.from;
    return tap + std::ptrdiff_t(p.rows.from) * result_channels + group * cols() + col;
  }
};

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
