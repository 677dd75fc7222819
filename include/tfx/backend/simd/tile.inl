// SPDX-License-Identifier: Apache-2.0
// The kernels of one instruction set. tile.hpp includes this text once in the namespace of each instruction set, after
// its `lanes`, with TFX_TARGET as its function attribute: a function can only inline what is compiled for the same
// instructions.

/// A tile of Rows x (Vectors * lanes) results, held in registers over the whole contraction.
template <class T, int Rows, int Vectors> TFX_TARGET void tile(const tile_call<T>& call) {
  using set = lanes<T>;
  using vector = typename set::vector;
  constexpr int width = set::count;
  vector sum[Rows][Vectors];
  typename set::mask present[Vectors];
#pragma GCC unroll 8
  for (int j = 0; j < Vectors; ++j) present[j] = set::first(call.cols - j * width);
#pragma GCC unroll 32
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; ++j) sum[i][j] = vector{};
  }
  if (call.resume) {
    const T* c = call.c;
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; ++j) sum[i][j] = set::load_part(c + j * width, present[j]);
      c += call.c_row;
    }
  } else {
    // A cold tile of results costs more than the sums: its rows are far apart.
    const T* c = call.c;
#pragma GCC unroll 1
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; ++j) __builtin_prefetch(c + j * width, 1);
      c += call.c_row;
    }
  }
  const std::ptrdiff_t a_row = call.a_row, a_step = call.a_step, b_step = call.b_step;
  for (int outer = 0; outer < call.outer; ++outer) {
    for (int inner = 0; inner < call.inner; ++inner) {
      const T* a = call.a + outer * call.a_outer + inner * call.a_inner;
      const T* b = call.b + outer * call.b_outer + inner * call.b_inner;
      for (int k = call.depth; k > 0; --k) {
        vector right[Vectors];
#pragma GCC unroll 8
        for (int j = 0; j < Vectors; ++j) right[j] = set::load_operand(b + j * width, present[j]);
#pragma GCC unroll 32
        for (int i = 0; i < Rows; ++i) {
          const vector left = set::splat(a[i * a_row]);
#pragma GCC unroll 8
          for (int j = 0; j < Vectors; ++j) sum[i][j] = set::fma(left, right[j], sum[i][j]);
        }
        a += a_step;
        b += b_step;
      }
    }
  }
  T* c = call.c;
#pragma GCC unroll 32
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; ++j) set::store_part(c + j * width, sum[i][j], present[j]);
    c += call.c_row;
  }
}

/// Transposes: to[k * pitch + n] = from[n * row + k] for k < depth and n < cols, zero from there to n < filled.
template <class T> TFX_TARGET void transpose(const T* from, std::ptrdiff_t row, int depth, int cols, T* to,
                                             std::ptrdiff_t pitch, int filled) {
  using set = lanes<T>;
  constexpr int width = set::count;
  constexpr int quad = int(16 / sizeof(T));
  const int whole_n = cols / width * width, whole_k = depth / quad * quad;
  for (int n = 0; n < whole_n; n += width) {
    for (int k = 0; k < whole_k; k += quad) set::transpose(from + n * row + k, row, to + k * pitch + n, pitch);
  }
  detail::transpose_elements(from + whole_k, row, depth - whole_k, whole_n, to + whole_k * pitch, pitch, whole_n);
  detail::transpose_elements(from + whole_n * row, row, depth, cols - whole_n, to + whole_n, pitch, filled - whole_n);
}

/// Few rows share one tile among all choices, where a mask protects its reads.
constexpr int few_vectors(tile_shape s) { return pads ? s.vectors : greater_of(s.vectors, 2); }

/// The functions for one choice of tile (`encode`).
template <class T, int Choice>
inline constexpr tile_set<T> set_of = {&tile<T, decode(Choice).rows, decode(Choice).vectors>,
                                       &tile<T, decode(Choice).rows, decode(Choice).rest_vectors>,
                                       &tile<T, decode(Choice).few_rows(), few_vectors(decode(Choice))>,
                                       &transpose<T>,
                                       decode(Choice).rows,
                                       decode(Choice).few_rows(),
                                       decode(Choice).vectors,
                                       decode(Choice).rest_vectors,
                                       lanes<T>::count,
                                       pads};

/// The tile for results of rows x cols, as a number.
template <class T, tiling Use> constexpr int choose(int rows, int cols) {
  if (Use == tiling::dividing) rows = detail::dividing_rows(rows, most_rows);
  if (Use == tiling::large && !pads) return encode({most_rows * 2 / 4 - 1, 4, 4});
  return encode(detail::choose_tile(rows, cols, lanes<T>::count, most_rows));
}
