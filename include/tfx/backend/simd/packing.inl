// SPDX-License-Identifier: Apache-2.0
// Operands as tiles read them, for one instruction set.

/// Elements 0, 1, ... of as many rows as there are lanes, below each other. The rows are given in groups of as many as
/// a register of 16 bytes has elements, those of a group `row` apart.
template <class T>
TFX_TARGET TFX_INLINE void put_columns(const T* const (&at)[lanes<T>::count * sizeof(T) / 16], std::ptrdiff_t row, T* to,
                                       std::ptrdiff_t pitch) {
  typename lanes<T>::vector column[16 / sizeof(T)];
  lanes<T>::columns(at, row, column);
#pragma GCC unroll 4
  for (int k = 0; k < int(16 / sizeof(T)); ++k) lanes<T>::store(to + k * pitch, column[k]);
}

/// Transposes: to[k * pitch + n] = from[n * row + k] for k < depth and n < cols, zero from there to n < filled.
template <class T> TFX_TARGET void transpose(const void* source, std::ptrdiff_t row, int depth, int cols, T* to,
                                             std::ptrdiff_t pitch, int filled) {
  using set = lanes<T>;
  const T* const from = static_cast<const T*>(source);
  constexpr int width = set::count, quad = int(16 / sizeof(T)), quads = width / quad;
  if (cols < width || depth < quad) {
    return detail::transpose_elements(from, row, depth, cols, to, pitch, filled);
  }
  for (int n = 0; n < cols; n += width) {  // the last ones reach back
    const int first = lesser_of(n, cols - width);
    const T* at[quads];
#pragma GCC unroll 4
    for (int i = 0; i < quads; ++i) at[i] = from + (first + i * quad) * row;
    T* down = to + first;
    for (int k = quad; k <= depth; k += quad) {
      put_columns<T>(at, row, down, pitch);
#pragma GCC unroll 4
      for (int i = 0; i < quads; ++i) at[i] += quad;
      down += quad * pitch;
    }
    if (depth % quad != 0) {
      const int back = quad - depth % quad;
#pragma GCC unroll 4
      for (int i = 0; i < quads; ++i) at[i] -= back;
      put_columns<T>(at, row, down - back * pitch, pitch);
    }
  }
  if (cols < filled) detail::transpose_elements(from, row, depth, 0, to + cols, pitch, filled - cols);
}

/// Copies rows: to[k * pitch + n] = from[k * row + n] for k < depth and n < cols, zero from there to n < pitch, a
/// multiple of the lanes. Elements are of type E.
template <class T, class E = T>
TFX_TARGET void pack(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, int pitch) {
  using set = lanes<T>;
  constexpr int width = set::count;
  const E* from = static_cast<const E*>(source);
  constexpr std::ptrdiff_t ahead = 8;  // rows are beyond what the processor foresees
  const int whole = cols / width * width;
  const typename set::mask present = set::first(cols - whole);
  for (int k = 0; k < depth; ++k) {
    int n = 0;
    for (; n < whole; n += width) {
      __builtin_prefetch(from + ahead * row + n);
      set::store(to + n, set::load(from + n));
    }
    if (n < cols) {
      set::store(to + n, set::load_part(from + n, present));
      n += width;
    }
    for (; n < pitch; n += width) set::store(to + n, typename set::vector{});
    from += row;
    to += pitch;
  }
}

/// Transposes elements of type E, some at a time widened.
template <class T, class E> TFX_TARGET void transpose_widened(const void* source, std::ptrdiff_t row, int depth, int cols,
                                                              T* to, std::ptrdiff_t pitch, int filled) {
  constexpr int together = 16, most = 64 * lanes<T>::count / together;
  alignas(64) T wide[most * together];
  const E* const from = static_cast<const E*>(source);
  for (int k = 0; k < depth; k += together) {
    const int count = lesser_of(together, depth - k);
    for (int n = 0; n < filled; n += most) {
      const int present = greater_of(lesser_of(most, cols - n), 0);
      pack<T, E>(from + n * row + k, row, present, count, wide, together);
      transpose<T>(wide, together, count, present, to + k * pitch + n, pitch, lesser_of(most, filled - n));
    }
  }
}

/// Whether there are instructions that widen elements of type E.
template <class T, class E> inline constexpr bool widens = requires(const E* from) { lanes<T>::load(from); };

template <class T, class Of> inline constexpr packed_operand<T> operand_of = [] {
  using E = typename in_memory<Of>::type;
  constexpr int bytes = int(sizeof(E));
  constexpr bool tiles_read = std::is_same_v<typename read_by_tiles<T, Of>::type, E>;
  constexpr bool own = std::is_same_v<T, E>;
  if constexpr (own || widens<T, E>) {
    constexpr pack_function<T> packs = &pack<T, E>;
    if constexpr (own) return packed_operand<T>{packs, packs, &transpose<T>, bytes, tiles_read};
    else return packed_operand<T>{packs, packs, &transpose_widened<T, E>, bytes, tiles_read};
  } else {
    constexpr pack_function<T> packs = &detail::pack_elements<T, E>;
    return packed_operand<T>{packs, packs, &detail::transpose_elements<T, E>, bytes, tiles_read};
  }
}();
