// SPDX-License-Identifier: Apache-2.0
// Products of few rows, for one instruction set: memory is read line by line, once.

/// Steps [k, k + Steps) of c[n] += sum_k a[k] * b[k][n]: so many rows of b are read side by side, in order, as far as the
/// columns go.
template <class T, int Steps> TFX_TARGET TFX_INLINE void sweep_steps(const tile_call<T>& call, int k) {
  using set = lanes<T>;
  using vector = typename set::vector;
  const bool begins = k == 0;  // a chain begins at +0
  const int cols = call.cols;  // copies: a store might change what it points to, for all that the compiler knows
  T* const c = call.c;
  vector factor[Steps];
  const T* row[Steps];
#pragma GCC unroll 16
  for (int s = 0; s < Steps; ++s) {
    factor[s] = set::splat(call.a[(k + s) * call.a_step]);
    row[s] = call.b + (k + s) * call.b_step;
    hide(row[s]);  // an address of its own takes fewer instructions than a sum
  }
  int n = 0;
  for (; n <= cols - set::count; n += set::count) {
    vector sum = begins ? vector{} : set::load(c + n);
#pragma GCC unroll 16
    for (int s = 0; s < Steps; ++s) sum = set::fma(factor[s], set::load(row[s] + n), sum);
    set::store(c + n, sum);
  }
  if (n < cols) {
    const typename set::mask present = set::first(cols - n);
    vector sum = begins ? vector{} : set::load_part(c + n, present);
#pragma GCC unroll 16
    for (int s = 0; s < Steps; ++s) sum = set::fma(factor[s], set::load_part(row[s] + n, present), sum);
    set::store_part(c + n, sum, present);
  }
}

/// All of a product of one row with a b that is stored by rows; eight of them, unless those fall into the same sets.
template <class T> TFX_TARGET void sweep(const tile_call<T>& call) {
  const int eights = call.b_step * std::ptrdiff_t(sizeof(T)) % 4096 != 0 ? call.depth / 8 * 8 : 0;
  int k = 0;
  for (; k < eights; k += 8) sweep_steps<T, 8>(call, k);
  for (; k <= call.depth - 4; k += 4) sweep_steps<T, 4>(call, k);
  for (; k < call.depth; ++k) sweep_steps<T, 1>(call, k);
}

/// Columns [n, n + Groups * lanes) of c[i][n] = sum_k a[i][k] * b[n][k]: rows of b are read in order, and become columns
/// in registers. Where they go Down, the result is given transposed.
template <class T, int Rows, int Groups, bool Down> TFX_TARGET TFX_INLINE void sum_lines(const tile_call<T>& call, int n) {
  using set = lanes<T>;
  using vector = typename set::vector;
  constexpr int quad = int(16 / sizeof(T)), quads = set::count / quad;
  const T* at[Groups][quads];
  vector sum[Rows][Groups];
#pragma GCC unroll 4
  for (int g = 0; g < Groups; ++g) {
#pragma GCC unroll 4
    for (int q = 0; q < quads; ++q) at[g][q] = call.b + (n + g * set::count + q * quad) * call.b_step;
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) sum[i][g] = vector{};
  }
  if (Down && call.resume) {
    T column[Rows][set::count];
    for (int j = 0; j < set::count; ++j)
      for (int i = 0; i < Rows; ++i) column[i][j] = call.c[(n + j) * call.c_row + i];
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) sum[i][0] = set::load(column[i]);
  }
  const T* a = call.a;
  const std::ptrdiff_t a_row = call.a_row, a_step = call.a_step, b_step = call.b_step;
  const auto add = [&](const T* from, const vector& right, int g) TFX_TARGET __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) sum[i][g] = set::fma(set::splat(from[i * a_row]), right, sum[i][g]);
  };
  constexpr int together = set::count == 16 ? 16 : quad;
  int left = call.depth;
  for (; left >= together; left -= together) {
    const T* from = a;
#pragma GCC unroll 4
    for (int g = 0; g < Groups; ++g) {
      vector column[together];
      set::columns(at[g], b_step, column);
      from = a;
#pragma GCC unroll 16
      for (int s = 0; s < together; ++s) {
        add(from, column[s], g);
        from += a_step;
        hide(from);  // else there would be an address for each step, in more registers than there are
      }
#pragma GCC unroll 4
      for (int q = 0; q < quads; ++q) at[g][q] += together;
    }
    a = from;
  }
  if (left > 0) {
    const int back = lesser_of(together, call.depth) - left;  // steps that are done
    for (int g = 0; g < Groups; ++g) {
      T column[together * set::count];
      if (call.depth >= together) {
        vector all[together];
#pragma GCC unroll 4
        for (int q = 0; q < quads; ++q) at[g][q] -= back;
        set::columns(at[g], b_step, all);
#pragma GCC unroll 16
        for (int s = 0; s < together; ++s) set::store(column + s * set::count, all[s]);
      } else {
        for (int s = 0; s < left; ++s)
          for (int i = 0; i < set::count; ++i) column[s * set::count + i] = at[g][i / quad][i % quad * b_step + s];
      }
      const T* from = a;
#pragma GCC unroll 1
      for (int s = back; s < back + left; ++s, from += a_step) add(from, set::load(column + s * set::count), g);
    }
  }
  if constexpr (Down) {
    set::template store_down<Rows>(call.c + n * call.c_row, call.c_row, sum);
  } else {
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
      for (int g = 0; g < Groups; ++g) set::store(call.c + i * call.c_row + n + g * set::count, sum[i][g]);
    }
  }
}

/// All of a product of Rows rows with a b that is stored by columns, as many at least as there are lanes.
template <class T, int Rows, bool Down = false> TFX_TARGET void lines(const tile_call<T>& call) {
  constexpr int width = lanes<T>::count, groups = width == 16 && (Down || Rows > 2) ? 1 : 2, together = groups * width;  // a chain waits for itself
  if (call.cols < width) {
    tile_call<T> one = call;
    one.b_step = one.cols = 1;
    one.rows = Rows;
    for (int n = 0; n < call.cols; ++n, one.b += call.b_step, ++one.c) detail::portable_tile<T>(one);
    return;
  }
  // Far away fewer lines at once come faster.
  const bool near = width != 16 || std::int64_t(call.cols) * call.depth * int(sizeof(T)) <= (1 << 20);
  int n = 0;
  for (; near && n <= call.cols - together; n += together) sum_lines<T, Rows, groups, Down>(call, n);
  for (; n < call.cols; n += width) sum_lines<T, Rows, 1, Down>(call, lesser_of(n, call.cols - width));  // the last ones reach back
}
