// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

#include <tfx/backend/simd/tile_call.hpp>

namespace tfx::backend::inline TFX_SIMD_BUILD {

template <class T> struct depthwise_kernels;
template <class T> struct matrix_unit_functions;

/// In place of a type of elements: tiles read them where they lie, and widen them on the way.
template <class E> struct in_place {};
template <class T, class E> struct read_by_tiles { using type = T; };
template <class T, class E> struct read_by_tiles<T, in_place<E>> { using type = E; };
template <class E> struct in_memory { using type = E; };
template <class E> struct in_memory<in_place<E>> { using type = E; };

/// An operand of a product whose elements may be narrower than those that tiles compute with: packing makes words of them,
/// of one or several terms. `pack` goes along columns of words, `pack_lines` along lines of terms.
template <class T> struct packed_operand {
  pack_function<T> pack = nullptr, pack_lines = nullptr;
  transpose_function<T> transpose = nullptr;
  int bytes = sizeof(T);   ///< of an element
  bool tiles_read = true;  ///< tiles can read it where it lies

  constexpr const T* at(const void* from, std::ptrdiff_t elements) const {
    return static_cast<const T*>(static_cast<const void*>(static_cast<const char*>(from) + elements * bytes));
  }
};

/// Products of few rows read the lines of an operand in order, once: rows of the right one, for one row; its columns, where
/// they are stored as rows; and those of the left one for few columns, which are the few rows of the transposed product.
enum class line_kind { none, right_rows, right_columns, left_rows };

/// What one instruction set offers for one launch.
template <class T> struct tile_set {
  tile_function<T> full = nullptr;  ///< rows x vectors
  tile_function<T> rest = nullptr;  ///< rows x rest_vectors, for a narrow last panel
  tile_function<T> few = nullptr;   ///< few_rows x vectors, perhaps with fewer columns
  tile_function<T> few_full = nullptr;  ///< few_rows x vectors
  transpose_function<T> transpose = nullptr;
  pack_function<T> pack = nullptr;
  packed_operand<T> left{}, right{};
  int rows = 0, few_rows = 0, vectors = 0, rest_vectors = 0, lanes = 0;
  bool masks = false;                 ///< `rest` may be called with fewer columns than it has
  bool pads = false;                  ///< reads b up to the panel's width, so a panel that is not full must be packed
  whole_function<T> whole = nullptr;  ///< all of a product of `whole_rows` at once, where it is small
  int whole_rows = 0;
  tile_function<T> lines = nullptr;  ///< `lines_rows` rows of a product, and all its columns
  int lines_rows = 0;
  tile_function<T> over_lines = nullptr;  ///< `over` columns beyond the last vector, of lines of A, as many as there are lanes or more
  int over = 0;
  line_kind lines_of = line_kind::none;
  int terms = 1;  ///< of a word
  void (*start)(const T* panel, int words, int cols, T* to) = nullptr;  ///< gives the row that the sums of a panel start at, if they do
  const depthwise_kernels<T>* depthwise = nullptr;  ///< in place of all these
  const matrix_unit_functions<T>* unit = nullptr;   ///< the same
  const tile_set<T>* beyond = nullptr;  ///< a better set for processors that have more than this instruction set,
  bool (*present)() = nullptr;          ///< and, of such a set, whether this one does

  constexpr int panel() const { return vectors * lanes; }
  /// Whether `rest` may be called with so many columns, fewer than a panel has.
  constexpr bool fits_rest(int cols) const { return masks ? cols <= rest_vectors * lanes : cols == rest_vectors * lanes; }
};

/// The sets of one launch, in the order of `instruction_set()`.
template <class T> struct tile_table { tile_set<T> set[instruction_sets]; };

/// The best set of a launch for the processor that this runs on.
template <class T> const tile_set<T>& best_set(const void* tiles) {
  const tile_set<T>* set = &static_cast<const tile_table<T>*>(tiles)->set[instruction_set()];
  while (set->beyond != nullptr && set->beyond->present()) set = set->beyond;
  return *set;
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
