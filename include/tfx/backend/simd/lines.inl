// SPDX-License-Identifier: Apache-2.0
// Products of few rows, for one instruction set: memory is read line by line, once.

template <int Count> struct steps {
  static constexpr int value = Count;
};

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
/// in registers.
template <class T, int Rows, int Groups> TFX_TARGET TFX_INLINE void sum_lines(const tile_call<T>& call, int n) {
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
  const T* a = call.a;
  const auto add = [&](int s, const vector& right, int g) TFX_TARGET __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int i = 0; i < Rows; ++i) sum[i][g] = set::fma(set::splat(a[i * call.a_row + s * call.a_step]), right, sum[i][g]);
  };
  int k = 0;
  const auto add_steps = [&](auto steps) TFX_TARGET __attribute__((always_inline)) {
    constexpr int count = steps.value;
    for (; k <= call.depth - count; k += count) {
#pragma GCC unroll 4
      for (int g = 0; g < Groups; ++g) {
        vector column[count];
        set::columns(at[g], call.b_step, column);
#pragma GCC unroll 16
        for (int s = 0; s < count; ++s) add(s, column[s], g);
#pragma GCC unroll 4
        for (int q = 0; q < quads; ++q) at[g][q] += count;
      }
      a += count * call.a_step;
    }
  };
  if constexpr (set::count == 16) add_steps(steps<16>{});
  add_steps(steps<quad>{});
  for (; k < call.depth; ++k) {
    for (int g = 0; g < Groups; ++g) {
      T column[set::count];
      for (int i = 0; i < set::count; ++i) column[i] = at[g][i / quad][i % quad * call.b_step];
      add(0, set::load(column), g);
      for (int q = 0; q < quads; ++q) ++at[g][q];
    }
    a += call.a_step;
  }
#pragma GCC unroll 4
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 4
    for (int g = 0; g < Groups; ++g) set::store(call.c + i * call.c_row + n + g * set::count, sum[i][g]);
  }
}

/// All of a product of Rows rows with a b that is stored by columns, as many at least as there are lanes.
template <class T, int Rows> TFX_TARGET void lines(const tile_call<T>& call) {
  constexpr int width = lanes<T>::count, groups = width == 16 ? 1 : 2, together = groups * width;  // a chain waits for itself
  if (call.cols < width) {
    tile_call<T> one = call;
    one.b_step = one.cols = 1;
    one.rows = Rows;
    for (int n = 0; n < call.cols; ++n, one.b += call.b_step, ++one.c) detail::portable_tile<T>(one);
    return;
  }
  int n = 0;
  for (; n <= call.cols - together; n += together) sum_lines<T, Rows, groups>(call, n);
  for (; n < call.cols; n += width) sum_lines<T, Rows, 1>(call, lesser_of(n, call.cols - width));  // the last ones reach back
}
