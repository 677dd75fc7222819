// SPDX-License-Identifier: Apache-2.0
// Register tiles of one instruction set: sums of products.

/// Addresses of the rows of a tile: base[row / 9] + step(row % 9). Steps of 1, 3, 5 and 7 rows times a power of two that
/// an address can scale by reach nine rows, so a step of the contraction moves one or two pointers, not one per row:
/// instructions compete with the multiply-adds. The elements of a stored column need no steps.
template <class T, int Rows, layout Operands> struct row_addresses {
  static constexpr int bases = Operands == layout::columns ? 1 : (Rows + 8) / 9;
  const char* base[bases];
  std::ptrdiff_t one, three, five, seven;  // bytes

  TFX_TARGET TFX_INLINE row_addresses(const tile_call<T>& call, std::ptrdiff_t first)
      : one(call.a_row * std::ptrdiff_t(sizeof(T))), three(3 * one), five(5 * one), seven(7 * one) {
    for (int n = 0; n < bases; ++n) base[n] = reinterpret_cast<const char*>(call.a + first + 9 * n * call.a_row);
  }
  TFX_TARGET TFX_INLINE T at(int row) const {
    if (Operands == layout::columns) return reinterpret_cast<const T*>(base[0])[row];
    const char* from = base[row / 9];
    row %= 9;
    if (row == 1 || row == 2 || row == 4 || row == 8) from += one * row;
    if (row == 3 || row == 6) from += three * (row / 3);
    if (row == 5) from += five;
    if (row == 7) from += seven;
    return *reinterpret_cast<const T*>(from);
  }
  TFX_TARGET TFX_INLINE void advance(std::ptrdiff_t bytes) {
#pragma GCC unroll 3
    for (int n = 0; n < bases; ++n) base[n] += bytes;
    if (Operands == layout::columns || Operands == layout::known) return;
    hide(one);  // else its multiples would be kept, in more registers than there are
    hide(three);
  }
};

/// Of rows that lie anywhere: one offset for all.
template <class T, int Rows> struct row_addresses<T, Rows, layout::gathered> {
  const char* base[Rows];
  std::ptrdiff_t offset;  // bytes

  TFX_TARGET TFX_INLINE row_addresses(const tile_call<T>& call, std::ptrdiff_t first)
      : offset(first * std::ptrdiff_t(sizeof(T))) {
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) base[i] = reinterpret_cast<const char*>(call.a + call.row[i].a);
  }
  TFX_TARGET TFX_INLINE T at(int row) const { return *reinterpret_cast<const T*>(base[row] + offset); }
  TFX_TARGET TFX_INLINE void advance(std::ptrdiff_t bytes) {
    offset += bytes;
    hide(offset);  // else every row would have a pointer that moves
  }
};

/// Keeps a vector in its register: the compiler would read it from memory again for each use.
template <class Vector> TFX_TARGET TFX_INLINE void keep(Vector& x) {
#if defined(__aarch64__)
  asm("" : "+w"(x));
#else
  asm("" : "+v"(x));
#endif
}

/// A tile of Rows x (Vectors * lanes) results, held in registers over the whole contraction. Only a tile that is Partial
/// may be called with fewer columns: masks cost as much as multiply-adds. Elements of b are of type Right.
template <class T, int Rows, int Vectors, bool Partial, layout Operands, class Right = T>
TFX_TARGET TFX_INLINE void sum_tile(const tile_call<T>& call) {
  using set = lanes<T>;
  using vector = typename set::vector;
  constexpr int width = set::count, ahead = 16, steps_per_row = 8;
  constexpr bool gathered = Operands == layout::gathered;
  vector sum[Rows][Vectors];
  typename set::mask present[Vectors];
#pragma GCC unroll 16
  for (int j = 0; j < Vectors; ++j) present[j] = set::first(call.cols - j * width);
#pragma GCC unroll 32
  for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j) sum[i][j] = vector{};
  }
  if constexpr (requires { T::word; }) {
    if (call.start != nullptr) {
#pragma GCC unroll 32
      for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
        for (int j = 0; j < Vectors; ++j) sum[i][j] = set::load(call.start + j * width);
      }
    }
  }
  if (call.resume) {
    const T* c = call.c;
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
      if (gathered) c = call.c + call.row[i].c;
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j) {
        sum[i][j] = Partial ? set::load_part(c + j * width, present[j]) : set::load(c + j * width);
      }
      c += call.c_row;
    }
  }
  std::ptrdiff_t a_step = call.a_step * std::ptrdiff_t(sizeof(T)), b_step = call.b_step * std::ptrdiff_t(sizeof(Right));
  if (Operands != layout::known) {
    hide(a_step);  // no versions of the loop for steps of one element
    hide(b_step);
  }
  // A cold tile of results costs more than the sums: its rows are far apart. In a long run they are asked for one at a
  // time, since all at once they would keep the operands waiting. Those of a chain that goes on are here: the next ones.
  const T* coming = call.coming != nullptr ? call.coming : call.c + (call.resume ? Rows * call.c_row : 0);
  const std::ptrdiff_t coming_row = call.coming != nullptr ? call.coming_row : call.c_row;
  int to_come = (gathered ? call.coming_rows == nullptr : call.depth < 64) ? 0 : Rows;
  T* copy = call.copy;
  const auto ask_for_row = [&]() TFX_TARGET __attribute__((always_inline)) {
    --to_come;
    if (gathered) coming = call.c + call.coming_rows[to_come].c;
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j) __builtin_prefetch(coming + j * width, 1);
    coming += coming_row;
  };
  if (call.outer * call.inner > 1) {
#pragma GCC unroll 1
    while (to_come > 0) ask_for_row();
  }
  for (int outer = 0; outer < call.outer; ++outer) {
    for (int inner = 0; inner < call.inner; ++inner) {
      row_addresses<T, Rows, Operands> a(call, outer * call.a_outer + inner * call.a_inner);
      const char* b = reinterpret_cast<const char*>(call.b + outer * call.b_outer + inner * call.b_inner);
      for (int left = call.depth; left > 0;) {
        int steps = left;
        hide(to_come);  // one loop, whether there is anything to ask for or not
        if (to_come > 0) {
          ask_for_row();
          steps = lesser_of(steps, steps_per_row);
        }
        left -= steps;
        for (; steps > 0; --steps) {
          // Strides beyond what the processor foresees; few rows wait for b anyway.
          if constexpr (Rows >= 4 && (Operands == layout::rows || Operands == layout::columns)) {
#pragma GCC unroll 16
            for (int j = 0; j < Vectors; ++j) __builtin_prefetch(b + ahead * b_step + j * width * int(sizeof(T)));
          }
          if constexpr (Operands == layout::columns) {
            __builtin_prefetch(a.base[0] + ahead * a_step);
            if (Rows > 8) __builtin_prefetch(a.base[0] + ahead * a_step + (Rows - 1) * int(sizeof(T)));
          }
          vector right[Vectors];
#pragma GCC unroll 16
          for (int j = 0; j < Vectors; ++j) {
            const Right* const from = reinterpret_cast<const Right*>(b) + j * width;
            right[j] = Partial ? set::load_operand(from, present[j]) : set::load(from);
          }
          if constexpr (gathered) {
            hide(copy);  // one loop, whether b is copied or not
            if (copy != nullptr) {
#pragma GCC unroll 16
              for (int j = 0; j < Vectors; ++j) {
                __builtin_prefetch(b + ahead * b_step + j * width * int(sizeof(T)));
                set::store(copy + j * width, right[j]);
              }
              copy += call.copy_row;
            }
          }
#pragma GCC unroll 32
          for (int i = 0; i < Rows; ++i) {
            const vector factor = set::splat(a.at(i));
#pragma GCC unroll 16
            for (int j = 0; j < Vectors; ++j) sum[i][j] = set::fma(factor, right[j], sum[i][j]);
          }
          a.advance(a_step);
          b += b_step;
        }
      }
    }
  }
  T* c = call.c;
#pragma GCC unroll 32
  for (int i = 0; i < Rows; ++i) {
    if (gathered) c = call.c + call.row[i].c;
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j) {
      if (Partial) {
        set::store_part(c + j * width, sum[i][j], present[j]);
      } else {
        set::store(c + j * width, sum[i][j]);
      }
    }
    c += call.c_row;
  }
}

/// The same in pairs (`summing`): sums of 32 terms in registers, which are added to the result in memory.
template <class T, int Rows, int Vectors, bool Partial, layout Operands, class Right = T>
TFX_TARGET TFX_INLINE void sum_tile_in_pairs(const tile_call<T>& call) {
  using set = lanes<T>;
  using vector = typename set::vector;
  constexpr int width = set::count, ahead = 8;
  typename set::mask present[Vectors];
#pragma GCC unroll 16
  for (int j = 0; j < Vectors; ++j) present[j] = set::first(call.cols - j * width);
  std::ptrdiff_t a_step = call.a_step * std::ptrdiff_t(sizeof(T)), b_step = call.b_step * std::ptrdiff_t(sizeof(Right));
  hide(a_step);
  hide(b_step);
  row_addresses<T, Rows, Operands> a(call, 0);
  const char* b = reinterpret_cast<const char*>(call.b);
  const auto add_term = [&](vector(&sum)[Rows][Vectors]) TFX_TARGET __attribute__((always_inline)) {
    if constexpr (Rows >= 4 && (Operands == layout::rows || Operands == layout::columns)) {
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j) __builtin_prefetch(b + ahead * b_step + j * width * int(sizeof(T)));
    }
    vector right[Vectors];
#pragma GCC unroll 16
    for (int j = 0; j < Vectors; ++j) {
      const Right* const from = reinterpret_cast<const Right*>(b) + j * width;
      right[j] = Partial ? set::load_operand(from, present[j]) : set::load(from);
      keep(right[j]);
    }
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
      const vector factor = set::splat(a.at(i));
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j) sum[i][j] = set::fma(factor, right[j], sum[i][j]);
    }
    a.advance(a_step);
    b += b_step;
  };
  bool starts = !call.resume;
  int left = call.depth;
  do {
    vector even[Rows][Vectors], odd[Rows][Vectors];
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j) even[i][j] = odd[i][j] = vector{};
    }
    const int terms = lesser_of(left, terms_in_pairs);
    left -= terms;
    for (int pairs = terms / 2; pairs > 0; --pairs) {
      add_term(even);
      add_term(odd);
    }
    if (terms % 2 != 0) add_term(even);
    // All rows may be the same one (`single_rows`): read before the first is written.
    const T* before = call.c;
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j) {
        vector sum{};
        if (!starts) sum = Partial ? set::load_part(before + j * width, present[j]) : set::load(before + j * width);
        even[i][j] = sum + (even[i][j] + odd[i][j]);
      }
      before += call.c_row;
    }
    T* c = call.c;
#pragma GCC unroll 32
    for (int i = 0; i < Rows; ++i) {
#pragma GCC unroll 16
      for (int j = 0; j < Vectors; ++j) {
        if (Partial) set::store_part(c + j * width, even[i][j], present[j]);
        else set::store(c + j * width, even[i][j]);
      }
      c += call.c_row;
    }
    starts = false;
  } while (left > 0);
}

template <class T, int Rows, int Vectors, bool Partial, layout Operands = layout::rows, summing Order = summing::chain,
          class Right = T>
TFX_TARGET void tile(const tile_call<T>& call) {
  if constexpr (Order == summing::pairs) sum_tile_in_pairs<T, Rows, Vectors, Partial, Operands, Right>(call);
  else sum_tile<T, Rows, Vectors, Partial, Operands, Right>(call);
}

/// All of a small product [M, K] times [K, N], every stride of the operands known to the compiler.
template <class T, int M, int K, int N, bool LeftTransposed, int Choice>
TFX_TARGET void whole(const T* a, const T* b, T* c, std::ptrdiff_t c_row) {
  constexpr tile_shape s = decode(Choice);
  constexpr int panel = s.vectors * lanes<T>::count, full = N / panel * panel;
  tile_call<T> call;
  call.a_row = LeftTransposed ? 1 : K;
  call.a_step = LeftTransposed ? M : 1;
  call.b_step = N;
  call.c_row = c_row;
  call.depth = K;
  for (int row = 0; row < M; row += s.rows) {
    const int start = M - row < s.rows ? M - s.rows : row;  // the last tile reaches back
    call.a = a + start * call.a_row;
    for (int col = 0; col < full; col += panel) {
      call.b = b + col;
      call.c = c + start * c_row + col;
      sum_tile<T, s.rows, s.vectors, false, layout::known>(call);
    }
    if constexpr (full < N) {
      call.b = b + full;
      call.c = c + start * c_row + full;
      call.cols = N - full;
      sum_tile<T, s.rows, s.rest_vectors, true, layout::known>(call);
    }
  }
}
