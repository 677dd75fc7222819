// SPDX-License-Identifier: Apache-2.0
// The kernels of one instruction set. tile.hpp includes this text once in the namespace of each instruction set, after
// its `lanes`, with TFX_TARGET as its function attribute: a function can only inline what is compiled for the same
// instructions.

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

/// The functions for one choice of tile (`encode`).
template <class T, int Choice, summing Order = summing::chain, class Left = T, class Right = T>
inline constexpr tile_set<T> set_of = [] {
  constexpr tile_shape s = decode(Choice);
  constexpr bool exact = s.rest_vectors == 0;
  // One tile for choices of one and of two vectors, where a mask protects its reads.
  constexpr int few_vectors = pads || s.operands == layout::gathered ? s.vectors : greater_of(s.vectors, 2);
  constexpr bool masked = !exact || s.vectors <= 4;  // a launch of few rows keeps its columns
  // A mask costs as much as a multiply-add: where few rows are many of a tile's, there is another one without.
  constexpr bool gathers = s.operands == layout::gathered;  // its few rows are rare
  constexpr bool always_masked = masked && (gathers || !(exact && s.vectors == 4 && s.rows > 4));
  constexpr layout of_few = gathers ? layout::gathered : layout::rows;
  using read = typename read_by_tiles<T, Right>::type;
  return tile_set<T>{&tile<T, s.rows, s.only_rest ? s.rest_vectors : s.vectors, s.only_rest, s.operands, Order, read>,
                     &tile<T, s.rows, exact ? s.vectors : s.rest_vectors, !exact, s.operands, Order, read>,
                     &tile<T, s.few_rows(), few_vectors, masked, of_few, Order, read>,
                     &tile<T, s.few_rows(), few_vectors, always_masked, of_few, Order, read>,
                     &transpose<T>,
                     &pack<T>,
                     operand_of<T, Left>,
                     operand_of<T, Right>,
                     s.rows,
                     s.few_rows(),
                     s.vectors,
                     exact ? s.vectors : s.rest_vectors,
                     lanes<T>::count,
                     !exact,
                     pads};
}();

/// A tile of words of integers, which lie in memory for floats.
template <class T, class Word, int Rows, int Vectors, bool Partial, layout Operands>
TFX_TARGET void tile_of_words(const tile_call<T>& call) {
  const auto words = [](const T* at) { return reinterpret_cast<const Word*>(at); };
  tile_call<Word> same;
  same.a = words(call.a);
  same.b = words(call.b);
  same.c = reinterpret_cast<Word*>(call.c);
  same.a_row = call.a_row;
  same.a_step = call.a_step;
  same.b_step = call.b_step;
  same.c_row = call.c_row;
  same.depth = call.depth;
  same.rows = call.rows;
  same.cols = call.cols;
  same.resume = call.resume;
  same.start = words(call.start);
  same.coming = words(call.coming);
  same.coming_row = call.coming_row;
  sum_tile<Word, Rows, Vectors, Partial, Operands>(same);
}
/// Left bytes are 128 too large: what that adds to the sums of a panel, negated.
template <class T, class Word> TFX_TARGET void start_of_bytes(const T* panel, int count, int cols, T* to) {
  using set = lanes<Word>;
  const auto all = set::splat({std::int32_t(0x80808080u)});
  for (int n = 0; n < cols; n += set::count) {
    typename set::vector sum{};
    for (int k = 0; k < count; ++k) sum = set::fma(all, set::load(reinterpret_cast<const Word*>(panel + std::ptrdiff_t(k) * cols + n)), sum);
    set::store(reinterpret_cast<Word*>(to + n), -sum);
  }
}

/// The functions for a product of bytes.
template <class T, int Choice, class Word = word_of_bytes>
inline constexpr tile_set<T> byte_set_of = [] {
  constexpr tile_shape s = decode(Choice);
  constexpr bool exact = s.rest_vectors == 0;
  constexpr int few_vectors = greater_of(s.vectors, 2), terms = detail::word_of_terms<Word>::terms;
  tile_set<T> set;
  set.transpose = &transpose<T>;
  set.pack = &pack<T>;
  set.rows = s.rows;
  set.few_rows = s.few_rows();
  set.vectors = s.vectors;
  set.rest_vectors = exact ? s.vectors : s.rest_vectors;
  set.lanes = lanes<T>::count;
  set.masks = !exact;
  set.pads = pads;
  if constexpr (terms == 1) {
    set.full = set.rest = set.few = set.few_full = &detail::portable_tile_of_integers<T>;
  } else {
    set.full = &tile_of_words<T, Word, s.rows, s.only_rest ? s.rest_vectors : s.vectors, s.only_rest, s.operands>;
    set.rest = &tile_of_words<T, Word, s.rows, exact ? s.vectors : s.rest_vectors, !exact, s.operands>;
    set.few = set.few_full = &tile_of_words<T, Word, s.few_rows(), few_vectors, true, layout::rows>;
    if constexpr (terms == 4) set.start = &start_of_bytes<T, Word>;
  }
  set.left = detail::bytes_operand<T, Word, true>;
  set.right = detail::bytes_operand<T, Word, false>;
  set.terms = terms;
  return set;
}();

/// The same for one small product (`whole`).
template <class T, int M, int K, int N, bool LeftTransposed, int Choice>
inline constexpr tile_set<T> small_set_of = [] {
  tile_set<T> set = set_of<T, Choice>;
  set.whole = &whole<T, M, K, N, LeftTransposed, Choice>;
  set.whole_rows = M;
  return set;
}();

/// The tile for results of rows x cols.
template <class T> constexpr tile_shape choose(tiling use, int rows, int cols, layout operands = layout::rows,
                                               summing order = summing::chain) {
  return detail::choose_tile(use, rows, cols, operands, order, lanes<T>::count, tall_rows, tall_rows_of_one);
}
template <class T> constexpr int panel_of(tiling use, int rows, int cols, summing order = summing::chain) {
  return choose<T>(use, rows, cols, layout::rows, order).vectors * lanes<T>::count;
}
