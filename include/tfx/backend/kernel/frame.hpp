// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/call.hpp>

// What a kernel is told of the memory that it works on, and nothing else: neither shapes nor plans nor backends.
namespace tfx {

/// A tile: the two innermost loops of a nest. Operand k of row r begins at at[k] + r * step[k]; whether it has an element
/// of its own in every column, or one number for all of them, is part of the kernel.
template <class T> struct frame {
  T* const* at = nullptr;
  const std::ptrdiff_t* step = nullptr;
  int rows = 0, cols = 0;
  const run_state* run = nullptr;
  T* kept = nullptr;         ///< room for values that a later sweep reads
  T* sums = nullptr;         ///< of columns that are reduced in several calls: what they have so far
  std::ptrdiff_t pitch = 0;  ///< elements of one line of `sums`
  int before = 0;            ///< rows that earlier calls have had
  bool last = true;          ///< no call follows: the sums are complete
};
/// Columns that a kernel takes through several sweeps together, at most.
inline constexpr int kept_panel = 128;
constexpr int kept_columns(int cols) { return cols <= kept_panel / 2 ? kept_panel / 2 : kept_panel; }

/// Most operands of a kernel: what the sources of an instruction can say.
inline constexpr int max_operands = 511;

template <class T> using tile_function = void (*)(const frame<T>&);

/// The place of a generator is an operand without memory: what steps from element to element in memory also steps from
/// place to place. Place 0 is not the null pointer.
template <class T> T* address_of_place(std::ptrdiff_t place) {
  return reinterpret_cast<T*>(std::uintptr_t(place + 1) * sizeof(T));
}
template <class T> std::uint64_t place_at(const T* address) {
  return std::uint64_t(reinterpret_cast<std::uintptr_t>(address) / sizeof(T)) - 1;
}

}  // namespace tfx
