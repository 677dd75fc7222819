// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include <tfx/backend/simd/byte_words.hpp>
#include <tfx/backend/simd/matrix_unit.hpp>
#include <tfx/backend/simd/portable_tile.hpp>
#include <tfx/backend/simd/tile_set.hpp>
#include <tfx/backend/simd/tile_shape.hpp>
#include <tfx/core/config.hpp>
#include <tfx/core/dtype.hpp>

#if defined(TFX_SIMD_HAS_NEON)
#include <arm_neon.h>
#endif

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Hides what the compiler knows about a value: it makes no versions of a loop for some values, and computes nothing
/// from it ahead of time.
template <class T> TFX_INLINE void hide(T& x) { asm("" : "+r"(x)); }

#define TFX_KERNELS <tfx/backend/simd/tile_sets.inl>
#include <tfx/backend/simd/in_each_set.inl>

#if defined(TFX_SIMD_HAS_PORTABLE)
namespace portable {
inline constexpr int panel = 16;
template <class T, class Of, class E = typename in_memory<Of>::type> inline constexpr packed_operand<T> operand_of = {
    &detail::pack_elements<T, E>, &detail::pack_elements<T, E>, &detail::transpose_elements<T, E>, int(sizeof(E)),
    std::is_same_v<typename read_by_tiles<T, Of>::type, E>};
template <class T, summing Order = summing::chain, class Left = T, class Right = T>
inline constexpr tile_set<T> set_of = [] {
  using read = typename read_by_tiles<T, Right>::type;
  constexpr tile_function<T> tile =
      Order == summing::pairs ? &detail::portable_tile_in_pairs<T, read> : &detail::portable_tile<T, read>;
  return tile_set<T>{tile,
                     tile,
                     tile,
                     tile,
                     &detail::transpose_elements<T>,
                     &detail::pack_elements<T>,
                     operand_of<T, Left>,
                     operand_of<T, Right>,
                     8,
                     4,
                     1,
                     1,
                     panel,
                     true,
                     false};
}();
template <class T> inline constexpr tile_set<T> byte_set_of = [] {
  tile_set<T> set = set_of<T>;
  set.full = set.rest = set.few = set.few_full = &detail::portable_tile_of_integers<T>;
  set.left = detail::bytes_operand<T, one_word, true>;
  set.right = detail::bytes_operand<T, one_word, false>;
  return set;
}();

struct kernels {
  static constexpr bool reads_whole_panels = false;

  template <class T> static constexpr int choice(tiling, int, int, layout, summing, bool) { return 0; }
  template <class T> static constexpr int panel_of(tiling, int, int, summing) { return panel; }
  template <class T, int, summing Order, class Left, class Right>
  static constexpr const tile_set<T>& tiles() { return set_of<T, Order, Left, Right>; }
  template <class T, int> static constexpr const tile_set<T>& tiles_of_bytes() { return byte_set_of<T>; }
  template <class T, int, int, int, bool, int> static constexpr const tile_set<T>& small() { return set_of<T>; }
  template <class T, line_kind, int, int> static constexpr const tile_set<T>& lines() { return set_of<T>; }
};
}  // namespace portable
#endif

/// The sets of this build, in the order of `instruction_set()`, each by what it offers.
template <class... Set> struct set_list {};
#if defined(TFX_SIMD_CHOOSES)
using sets_of_build = set_list<avx512::kernels, avx2::kernels, portable::kernels>;
#elif defined(TFX_SIMD_HAS_AVX512)
using sets_of_build = set_list<avx512::kernels>;
#elif defined(TFX_SIMD_HAS_AVX2)
using sets_of_build = set_list<avx2::kernels>;
#elif defined(TFX_SIMD_HAS_NEON)
using sets_of_build = set_list<neon::kernels>;
#else
using sets_of_build = set_list<portable::kernels>;
#endif

/// One table per choice of tiles, whatever the launches that chose it: `Of::in<Set, Choice>` is the entry of a set.
template <class T, class Of, class Sets, int... Choice> inline constexpr tile_table<T> table_of;
template <class T, class Of, class... Set, int... Choice>
inline constexpr tile_table<T> table_of<T, Of, set_list<Set...>, Choice...> = {{Of::template in<Set, Choice>()...}};

namespace detail {

template <class T, summing Order, class Left, class Right> struct tiles_of {
  template <class Set, int Choice> static constexpr const tile_set<T>& in() {
    return Set::template tiles<T, Choice, Order, Left, Right>();
  }
};
template <class T> struct tiles_of_bytes {
  template <class Set, int Choice> static constexpr const tile_set<T>& in() {
    return Set::template tiles_of_bytes<T, Choice>();
  }
};
template <class T, int M, int K, int N, bool LeftTransposed> struct small_product {
  template <class Set, int Choice> static constexpr const tile_set<T>& in() {
    return Set::template small<T, M, K, N, LeftTransposed, Choice>();
  }
};
template <class T, line_kind Kind, int Rows> struct lines_of {
  template <class Set, int Choice> static constexpr const tile_set<T>& in() {
    return Set::template lines<T, Kind, Rows, Choice>();
  }
};

/// The tiles of each set for one result, and whether they may leave columns over.
template <class T, int Rows, int Cols, tiling Use, layout Operands = layout::rows, summing Order = summing::chain, bool Over = false>
struct result {
  template <class Set> static constexpr int choice = Set::template choice<T>(Use, Rows, Cols, Operands, Order, Over);
};
template <class T, class Of, class Result, class... Set> constexpr const void* table_for(set_list<Set...>) {
  return &table_of<T, Of, set_list<Set...>, Result::template choice<Set>...>;
}

template <class T, class... Set>
constexpr int widest_panel_of(set_list<Set...>, int rows, int cols, tiling use, summing order) {
  int widest = 0;
  ((widest = greater_of(widest, Set::template panel_of<T>(use, rows, cols, order))), ...);
  return widest;
}
template <class T, class... Set> constexpr int padded_cols_of(set_list<Set...>, int rows, int cols, tiling use) {
  int most = 0;
  ((most = greater_of(most, round_up(cols, Set::template panel_of<T>(use, rows, cols, summing::chain)))), ...);
  return most;
}
template <class... Set> constexpr bool any_pads(set_list<Set...>) { return (Set::reads_whole_panels || ...); }

}  // namespace detail

template <class T, int Rows, int Cols, tiling Use = tiling::balanced, layout Operands = layout::rows,
          summing Order = summing::chain, class Left = T, class Right = T, bool Over = false>
constexpr const void* choose_table() {
  using result = detail::result<T, Rows, Cols, Use, Operands, Order, Over>;
  return detail::table_for<T, detail::tiles_of<T, Order, Left, Right>, result>(sets_of_build());
}
template <class T, int Rows, int Cols, tiling Use, layout Operands> constexpr const void* choose_byte_table() {
  return detail::table_for<T, detail::tiles_of_bytes<T>, detail::result<T, Rows, Cols, Use, Operands>>(sets_of_build());
}
template <class T, int M, int K, int N, bool LeftTransposed> constexpr const void* choose_small_table() {
  using result = detail::result<T, M, N, tiling::balanced>;
  return detail::table_for<T, detail::small_product<T, M, K, N, LeftTransposed>, result>(sets_of_build());
}
template <class T, line_kind Kind, int Rows, int Cols> constexpr const void* choose_lines_table() {
  return detail::table_for<T, detail::lines_of<T, Kind, Rows>, detail::result<T, Rows, Cols, tiling::wide>>(sets_of_build());
}

/// The widest panel among the sets, in elements: scratch memory is planned for it.
template <class T> constexpr int widest_panel_of(int rows, int cols, tiling use, summing order = summing::chain) {
  return detail::widest_panel_of<T>(sets_of_build(), rows, cols, use, order);
}
/// Columns in whole panels, of the set that needs most.
template <class T> constexpr int padded_cols_of(int rows, int cols, tiling use) {
  return detail::padded_cols_of<T>(sets_of_build(), rows, cols, use);
}
/// Whether a set needs a panel that is not full packed.
inline constexpr bool tiles_pad = detail::any_pads(sets_of_build());

/// The widest panel of any set but for `tiling::wide`, in elements.
template <class T> inline constexpr int widest_panel = int(256 / sizeof(T));

/// The tiling of a convolution: few rows by many columns broadcast least, where the columns fill the widest panels.
template <class T> constexpr tiling broad_or(tiling other, int cols) {
  return cols % widest_panel<T> == 0 ? tiling::broad : other;
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
