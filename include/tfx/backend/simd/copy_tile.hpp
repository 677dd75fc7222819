// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <type_traits>

#include <tfx/backend/simd/share.hpp>
#include <tfx/core/config.hpp>

/// Copies of a tile of a matrix, whatever its strides: by lines, squares that are transposed, or elements that are taken one by one.
namespace tfx::backend::inline TFX_SIMD_BUILD {

namespace detail {

#if defined(__AVX512F__)
inline constexpr int line_bytes = 64;
#else
inline constexpr int line_bytes = 32;
#endif
/// For lines, and for squares that are transposed.
template <class T> using line_vector [[gnu::vector_size(line_bytes)]] = T;
template <class T> inline constexpr int line_lanes = int(line_bytes / sizeof(T));
template <class T> using moved_vector [[gnu::vector_size(32)]] = T;
template <class T> inline constexpr int moved_lanes = int(32 / sizeof(T));
template <class T> TFX_INLINE void read(moved_vector<T>& x, const T* from) { __builtin_memcpy(&x, from, sizeof(x)); }
template <class T> TFX_INLINE void write(const moved_vector<T>& x, T* to) { __builtin_memcpy(to, &x, sizeof(x)); }

/// The first, and the last, halves of two vectors, an element of each in turn.
template <class T> TFX_INLINE void interleave(const moved_vector<T>& a, const moved_vector<T>& b, moved_vector<T>& low, moved_vector<T>& high) {
  if constexpr (sizeof(T) == 4) {
    low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
  } else {
    low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  }
}
/// Elements of a and b, element i being that with the number Index::at(i) of both. (A vector that is returned would be passed
/// otherwise by code that is compiled for another instruction set.)
template <class Index, class V> TFX_INLINE void shuffle(V& to, const V& a, const V& b) {
  constexpr auto at = &Index::at;
  constexpr std::size_t lanes = sizeof(V) / sizeof(a[0]);
  if constexpr (lanes == 16)
    to = __builtin_shufflevector(a, b, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7), at(8), at(9), at(10), at(11), at(12), at(13), at(14), at(15));
  else if constexpr (lanes == 8) to = __builtin_shufflevector(a, b, at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7));
  else to = __builtin_shufflevector(a, b, at(0), at(1), at(2), at(3));
}
/// get(0), get(1), ...
template <class V, class Get> TFX_INLINE void collect(V& to, Get get) {
  constexpr std::size_t lanes = sizeof(V) / sizeof(to[0]);
  if constexpr (lanes == 16)
    to = V{get(0), get(1), get(2), get(3), get(4), get(5), get(6), get(7), get(8), get(9), get(10), get(11), get(12), get(13), get(14), get(15)};
  else if constexpr (lanes == 8) to = V{get(0), get(1), get(2), get(3), get(4), get(5), get(6), get(7)};
  else to = V{get(0), get(1), get(2), get(3)};
}
/// The opposite order.
template <int Lanes> struct turned {
  static constexpr int at(int i) { return Lanes - 1 - i; }
};
/// Every other one of a vector, and of a second one that begins with the last element of the first.
template <int Lanes> struct every_other {
  static constexpr int at(int i) { return 2 * i < Lanes ? 2 * i : 2 * i + 1; }
};
/// Lines of `Cols` elements in the opposite order.
template <int Lanes, int Cols> struct turned_lines {
  static constexpr int lines = Lanes / Cols;
  static constexpr int at(int i) { return i < lines * Cols ? (lines - 1 - i / Cols) * Cols + i % Cols : i; }
};

/// One vector of elements in the opposite order.
template <class T> TFX_INLINE void turn_round(const T* from, T* to) {
  line_vector<T> a;
  __builtin_memcpy(&a, from, sizeof a);
  shuffle<turned<line_lanes<T>>>(a, a, a);
  __builtin_memcpy(to, &a, sizeof a);
}

/// One vector of elements that lie `along` apart; nothing in front of the first or behind the last one is read.
template <class T> TFX_INLINE void take_every(const T* from, std::ptrdiff_t along, T* to) {
  constexpr int n = line_lanes<T>;
  line_vector<T> a;
  if (along == 2) {
    line_vector<T> b;
    __builtin_memcpy(&a, from, sizeof a);
    __builtin_memcpy(&b, from + n - 1, sizeof b);
    shuffle<every_other<n>>(a, a, b);
  } else {
    collect(a, [&](int i) __attribute__((always_inline)) { return from[i * along]; });
  }
  __builtin_memcpy(to, &a, sizeof a);
}
/// Lines of up to `Room` elements, one behind the other: what is read and written behind each is of others.
template <int Room, class T> TFX_INLINE void copy_short_lines(const T* from, std::ptrdiff_t down, int rows, int cols, T* to) {
  const std::ptrdiff_t apart = down < 0 ? -down : down;
  const int beside = int((Room - cols + apart - 1) / apart);   // lines behind which too little lies
  const int first = down < 0 ? lesser_of(beside, rows) : 0;
  const int past = greater_of(first, lesser_of(rows + 1 - divide_up(Room, cols), down < 0 ? rows : rows - beside));
  const auto exactly = [&](int begin, int end) {
    for (int r = begin; r < end; ++r)
      for (int c = 0; c < cols; ++c) to[r * cols + c] = from[r * down + c];
  };
  exactly(0, first);
  for (int r = first; r < past; ++r) __builtin_memcpy(to + r * cols, from + r * down, Room * sizeof(T));
  exactly(past, rows);
}
/// One vector of lines of `Cols` elements in the opposite order, of which the first one to be written is the last one read.
template <int Cols, class T> TFX_INLINE void turn_lines(const T* last, T* to) {
  line_vector<T> a;
  __builtin_memcpy(&a, last, sizeof a);
  shuffle<turned_lines<line_lanes<T>, Cols>>(a, a, a);
  __builtin_memcpy(to, &a, sizeof a);
}
/// Pixels in the opposite order, their channels as they are.
template <int Cols, class T> TFX_INLINE void copy_turned_lines(const T* from, int rows, T* to) {
  constexpr int lanes = line_lanes<T>, lines = lanes / Cols;
  int r = 0;
  const auto one = [&] {
    for (int c = 0; c < Cols; ++c) to[r * Cols + c] = from[c - r * Cols];
    ++r;
  };
  if constexpr (lines > 1) {
    if (lines * Cols < lanes && rows > 0) one();   // the line that is read too lies behind this one
    for (; r * Cols + lanes <= rows * Cols; r += lines)
      turn_lines<Cols>(from - (r + lines - 1) * Cols, to + r * Cols);
  }
  while (r < rows) one();
}
/// Lines shorter than a vector, in any order: as many at a time as are whole vectors.
template <class T>
TFX_INLINE void gather_short_lines(const T* from, std::ptrdiff_t down, std::ptrdiff_t along, int rows, int cols, T* to) {
  constexpr int lanes = line_lanes<T>;
  std::ptrdiff_t at[lanes * lanes];
  for (int r = 0, i = 0; r < lanes; ++r)
    for (int c = 0; c < cols; ++c) at[i++] = r * down + c * along;
  int r = 0;
  for (; r + lanes <= rows; r += lanes, from += lanes * down)
    for (int v = 0; v < cols; ++v, to += lanes) {
      const std::ptrdiff_t* const of = at + v * lanes;
      line_vector<T> a;
      collect(a, [&](int i) __attribute__((always_inline)) { return from[of[i]]; });
      __builtin_memcpy(to, &a, sizeof a);
    }
  for (; r < rows; ++r, from += down, to += cols)
    for (int c = 0; c < cols; ++c) to[c] = from[c * along];
}

/// to[i * to_step + j] = from[j * from_step + i] of a square of one vector's lanes.
template <class T> TFX_INLINE void transpose_square(const T* from, std::ptrdiff_t from_step, T* to, std::ptrdiff_t to_step) {
  constexpr int n = moved_lanes<T>;
  moved_vector<T> a[n], b[n];
  for (int i = 0; i < n; ++i) read<T>(a[i], from + i * from_step);
#pragma GCC unroll 3
  for (int half = n / 2; half > 0; half /= 2) {   // a perfect shuffle of the rows, as often as there are bits in their number
#pragma GCC unroll 4
    for (int i = 0; i < n / 2; ++i) interleave<T>(a[i], a[i + n / 2], b[2 * i], b[2 * i + 1]);
#pragma GCC unroll 8
    for (int i = 0; i < n; ++i) a[i] = b[i];
  }
  for (int i = 0; i < n; ++i) write<T>(a[i], to + i * to_step);
}

/// A line of `n` elements.
template <class T> TFX_INLINE void copy_line(const T* from, T* to, int n) {
  constexpr int lanes = line_lanes<T>;
  int i = 0;
  for (; i + lanes <= n; i += lanes) __builtin_memcpy(to + i, from + i, sizeof(line_vector<T>));
  const auto copy_rest = [&](auto count) __attribute__((always_inline)) {
    if (!(n & count)) return;
    __builtin_memcpy(to + i, from + i, count * sizeof(T));
    i += count;
  };
  if constexpr (lanes > 8) copy_rest(std::integral_constant<int, 8>{});
  if constexpr (lanes > 4) copy_rest(std::integral_constant<int, 4>{});
  copy_rest(std::integral_constant<int, 2>{});
  copy_rest(std::integral_constant<int, 1>{});
}
template <class T> TFX_INLINE void fill_line(T* to, int n, T value) {
  for (int i = 0; i < n; ++i) to[i] = value;
}

/// Lines so many bytes apart that stay in a first-level cache together: of a multiple of the size of its ways, those of one way
/// after the other; of less, of as many sets as there are between two of them.
constexpr int lines_together(std::ptrdiff_t bytes) {
  constexpr int way = 4096, ways = 8;
  const std::ptrdiff_t even = bytes & -bytes;   // the largest power of two in it
  return ways * int(even < 64 ? way / 64 : even < way ? way / even : 1);
}

/// Elements of two columns in turn, as parts of complex numbers lie.
template <class T> [[gnu::noinline]] void interleave(const T* a, std::ptrdiff_t a_step, const T* b, std::ptrdiff_t b_step, int n, T* __restrict to) {
  if (a_step == 1 && b_step == 1) {
    for (int i = 0; i < n; ++i) {
      to[2 * i] = a[i];
      to[2 * i + 1] = b[i];
    }
  } else {
    for (int i = 0; i < n; ++i) {
      to[2 * i] = a[i * a_step];
      to[2 * i + 1] = b[i * b_step];
    }
  }
}

/// to[r * pitch + c] = from[r * down + c * along] for `rows` rows of `cols`.
template <class T>
void copy_tile(const T* from, std::ptrdiff_t down, std::ptrdiff_t along, int rows, int cols, T* to, std::ptrdiff_t pitch) {
  if (cols == 1 && rows > 1 && pitch == 1) return copy_tile(from, std::ptrdiff_t(0), down, 1, rows, to, std::ptrdiff_t(rows));
  constexpr int lanes = line_lanes<T>;
  const bool short_lines = cols < lanes && pitch == cols && rows >= lanes;
  if (short_lines && down != 1 && (along != 1 || down == 0)) return gather_short_lines(from, down, along, rows, cols, to);
  if (along == 1 && (cols >= 4 || short_lines)) {
    if (short_lines) {
      if (down == -cols && cols == 2) return copy_turned_lines<2>(from, rows, to);
      if (down == -cols && cols == 3) return copy_turned_lines<3>(from, rows, to);
      if (down == -cols && cols == 4) return copy_turned_lines<4>(from, rows, to);
      if (cols <= 4) return copy_short_lines<4>(from, down, rows, cols, to);
      if (cols <= 8) return copy_short_lines<8>(from, down, rows, cols, to);
      return copy_short_lines<16>(from, down, rows, cols, to);
    }
    for (int r = 0; r < rows; ++r) copy_line(from + r * down, to + r * pitch, cols);
    return;
  }
  if (along == 0) {
    for (int r = 0; r < rows; ++r) fill_line(to + r * pitch, cols, from[r * down]);
    return;
  }
  if (along == -1) {
    for (int r = 0; r < rows; ++r) {
      const T* const x = from + r * down;
      T* const y = to + r * pitch;
      int c = cols;   // from the end: what is read is asked for ahead of time in the order of the memory
      for (; c >= lanes; c -= lanes) turn_round(x - (c - 1), y + c - lanes);
      for (; c > 0; --c) y[c - 1] = x[1 - c];
    }
    return;
  }
  int across = 0, below = 0;   // columns and rows of whole squares
  if (down == 1) {
    constexpr int side = moved_lanes<T>;
    across = cols / side * side;
    below = rows / side * side;
    const int together = lines_together(along * std::ptrdiff_t(sizeof(T)));
    for (int first = 0; first < across; first += together)
      for (int r = 0; r < below; r += side)
        for (int c = first; c < across && c < first + together; c += side)
          transpose_square(from + r + c * along, along, to + r * pitch + c, pitch);
  }
  if (cols < lanes && across == 0) {   // few columns, one after the other
    for (int c = 0; c < cols; ++c)
      for (int r = 0; r < rows; ++r) to[r * pitch + c] = from[r * down + c * along];
    return;
  }
  for (int r = 0; r < rows; ++r) {
    int c = r < below ? across : 0;
    for (; c + lanes <= cols; c += lanes) take_every(from + r * down + c * along, along, to + r * pitch + c);
    for (; c < cols; ++c) to[r * pitch + c] = from[r * down + c * along];
  }
}

}  // namespace detail

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
