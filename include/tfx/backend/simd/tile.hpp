// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include <tfx/backend/simd/dispatch.hpp>
#include <tfx/core/config.hpp>
#include <tfx/core/dtype.hpp>
#include <tfx/core/launch.hpp>
#include <tfx/geometry/matmul.hpp>

#if defined(TFX_SIMD_HAS_NEON)
#include <arm_neon.h>
#endif

namespace tfx::backend::inline TFX_SIMD_BUILD {

/// Where a row of a tile lies, from the first elements of A and C.
struct tile_row {
  std::ptrdiff_t a = 0, c = 0;
};

/// One call of a register tile: c[i][j] = the sum over (outer, inner, k), ascending and in this order, of a * b, one
/// chain of fused multiply-adds per result that starts at +0 or at c; a tile of `summing::pairs` takes k alone, and what goes
/// on starts at a multiple of 32. Strides are in elements and may be negative.
template <class T> struct tile_call {
  const T* a = nullptr;
  const T* b = nullptr;
  T* c = nullptr;
  std::ptrdiff_t a_row = 0, a_step = 0, a_inner = 0, a_outer = 0;
  std::ptrdiff_t b_step = 0, b_inner = 0, b_outer = 0;
  std::ptrdiff_t c_row = 0;
  int outer = 1, inner = 1, depth = 0;
  int rows = 0, cols = 0;  ///< results of this call
  bool resume = false;     ///< start at c instead of +0
  const T* start = nullptr;   ///< a row that all sums start at instead of +0, where tiles read one
  const T* coming = nullptr;  ///< what will be written next in place of c, with rows and columns as c: asked for meanwhile
  std::ptrdiff_t coming_row = 0;
  const tile_row* row = nullptr;  ///< of a tile of gathered rows, in place of a_row and c_row
  const tile_row* coming_rows = nullptr;  ///< and of the one after it, in place of `coming`
  T* copy = nullptr;                      ///< b is copied there meanwhile, rows `copy_row` apart, by a tile of gathered rows
  std::ptrdiff_t copy_row = 0;

  constexpr tile_row row_at(int i) const { return row != nullptr ? row[i] : tile_row{i * a_row, i * c_row}; }
};

template <class T> using tile_function = void (*)(const tile_call<T>&);
template <class T> using transpose_function = void (*)(const void* from, std::ptrdiff_t row, int depth, int cols, T* to,
                                                       std::ptrdiff_t pitch, int filled);
template <class T>
using pack_function = void (*)(const void* from, std::ptrdiff_t row, int depth, int cols, T* to, int pitch);
template <class T> using whole_function = void (*)(const T* a, const T* b, T* c, std::ptrdiff_t c_row);

template <class T> struct depthwise_kernels;

/// In place of a type of elements: tiles read them where they lie, and widen them on the way.
template <class E> struct in_place {};
template <class T, class E> struct read_by_tiles { using type = T; };
template <class T, class E> struct read_by_tiles<T, in_place<E>> { using type = E; };
template <class E> struct in_memory { using type = E; };
template <class E> struct in_memory<in_place<E>> { using type = E; };

/// Words of a sum of integers: some terms that one instruction multiplies and adds. Of bytes the left ones are unsigned.
struct [[gnu::may_alias]] four_bytes { std::int32_t word; };
struct [[gnu::may_alias]] two_halves { std::int32_t word; };
struct [[gnu::may_alias]] one_word { std::int32_t word; };

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
  line_kind lines_of = line_kind::none;
  int terms = 1;  ///< of a word
  void (*start)(const T* panel, int words, int cols, T* to) = nullptr;  ///< gives the row that the sums of a panel start at, if they do
  const depthwise_kernels<T>* depthwise = nullptr;  ///< in place of all these

  constexpr int panel() const { return vectors * lanes; }
};

/// The sets of one launch, in the order of `instruction_set()`.
template <class T> struct tile_table { tile_set<T> set[instruction_sets]; };

/// What a tile knows of its operands: rows, those of B far apart, so that they are asked for ahead; rows that the
/// processor foresees by itself; columns of A, whose elements lie side by side (`a_row` is 1), and rows of B, both
/// asked for; all strides, of operands that are in the first-level cache; or that rows of A and C may lie anywhere
/// (`tile_call::row`), those of B side by side. The first of a tile's rows may then be given more than once.
enum class layout { rows, near_rows, columns, known, gathered };

/// Rows and vectors of a tile, how many vectors a narrow last panel has: none where the columns fill all panels;
/// whether that is the only panel; and what is known of the operands.
struct tile_shape {
  int rows = 1, vectors = 1, rest_vectors = 0;
  bool only_rest = false;
  layout operands = layout::rows;

  constexpr int few_rows() const { return lesser_of(rows, 4); }
};

/// How the rows of a result are cut into tiles: nearly equal; without a remainder, where no tile may reach back over
/// rows that are done; broad, few rows by many columns, which takes the fewest instructions for a multiply-add and has
/// few rows in the same sets of a cache; few rows by as many columns as registers hold, panels wider than
/// `widest_panel`; or of gathered rows, each of which takes a register for its address.
enum class tiling { balanced, dividing, broad, wide, gathered };

/// A tile shape as a number: what template arguments are made of.
constexpr int encode(tile_shape s) {
  return int(s.operands) * 10000000 + (s.only_rest ? 1000000 : 0) + s.rows * 10000 + s.vectors * 100 + s.rest_vectors;
}
constexpr tile_shape decode(int code) {
  return {code / 10000 % 100, code / 100 % 100, code % 100, code / 1000000 % 10 != 0, layout(code / 10000000)};
}

namespace detail {

/// Twice the cycles of one step of a tile: multiply-adds, reads, or the latency of the former.
constexpr int step_cost(int rows, int vectors) {
  const int reads = rows + vectors, sums = rows * vectors;
  return greater_of(greater_of(reads, sums), 8);
}

/// The tallest tile unless a shorter one saves more than 3 %: few different tiles serve many extents.
constexpr int balanced_rows(int rows, int most, int vectors) {
  if (rows <= most) return rows;
  int best = most;
  int best_cost = divide_up(rows, most) * step_cost(most, vectors);
  for (int candidate = most - 1; candidate * 3 >= most * 2; --candidate) {
    const int cost = divide_up(rows, candidate) * step_cost(candidate, vectors);
    if (cost * 100 < best_cost * 97) {
      best = candidate;
      best_cost = cost;
    }
  }
  return best;
}

/// The tallest tile that divides the rows, where no tile may reach back over rows that are done.
constexpr int dividing_rows(int rows, int most) {
  if (rows <= most) return greater_of(rows, 1);
  for (int candidate = most; candidate * 2 >= most; --candidate) {
    if (rows % candidate == 0) return candidate;
  }
  return most;
}

/// Few rows are bound by reading b: wide tiles read it in order, and have sums enough to hide their latency.
constexpr tile_shape choose_wide(int rows, int all, int most_vectors) {
  int vectors = 1;
  while (vectors * 2 <= all && vectors * 2 <= most_vectors) vectors *= 2;
  int rest = 0;
  if (all % vectors != 0) {
    for (rest = 1; rest < all % vectors;) rest *= 2;
  }
  return {rows, vectors, rest};
}

/// Rows that lie anywhere: as broad as the columns can be cut into panels of nearly one width, unless narrower ones save
/// more than 3 %.
constexpr tile_shape choose_gathered(int rows, int all, int tall) {
  constexpr int most_rows[2][4] = {{12, 12, 8, 6}, {10, 6, 0, 0}};  // by 1 to 4 vectors, of 32 registers or of 16
  tile_shape best;
  std::int64_t best_cost = 0;
  for (int vectors = tall == 6 ? 2 : 4; vectors > 0; --vectors) {
    if (vectors > all) continue;
    const int height = balanced_rows(rows, most_rows[tall == 6][vectors - 1], vectors), rest = all % vectors;
    const int across = all / vectors * step_cost(height, vectors) + (rest > 0 ? step_cost(height, rest) : 0);
    const std::int64_t cost = std::int64_t(divide_up(rows, height)) * across;
    if (best_cost > 0 && cost * 100 >= best_cost * 97) continue;
    best = {height, vectors, rest};
    best_cost = cost;
  }
  return best;
}

/// The tile for results of rows x cols in vectors of some lanes, for registers that hold `tall` rows of two vectors or
/// `tall_of_one` rows of one; in pairs there are two sums of each.
constexpr tile_shape choose_tile(tiling use, int rows, int cols, layout operands, summing order, int lanes, int tall,
                                 int tall_of_one) {
  const int all = divide_up(cols, lanes);
  const bool pairs = order == summing::pairs;
  if (pairs) {
    tall /= 2;
    tall_of_one /= 2;
  }
  tile_shape s;
  if (use == tiling::dividing) rows = dividing_rows(rows, tall);
  rows = greater_of(rows, 1);
  if (use == tiling::broad && all >= 4 && tall == 14) {
    s = {lesser_of(rows, 6), 4, all % 4};
  } else if (pairs && rows <= lesser_of(tall, 4)) {
    s = choose_wide(rows, all, lesser_of(2 * tall / rows, 8));
  } else if (!pairs && rows <= 4) {
    const int most = use == tiling::wide ? 8 : 4;
    s = choose_wide(rows, all, tall == 6 ? lesser_of(most, 8 / rows) : rows <= 2 ? most : 4);
  } else if (use == tiling::gathered) {
    s = choose_gathered(rows, all, tall);
  } else if (all == 1) {
    s = {balanced_rows(rows, tall_of_one, 1), 1, 1};
  } else {
    s = {balanced_rows(rows, tall, 2), 2, all % 2 == 1 ? 1 : 2};
  }
  if (cols % (s.vectors * lanes) == 0) {
    s.rest_vectors = 0;
  } else if (s.rest_vectors == 0) {
    s.rest_vectors = s.vectors;
  }
  s.only_rest = cols < s.vectors * lanes;
  if (use == tiling::gathered) s.operands = layout::gathered;
  else s.operands = rows > 4 ? operands : layout::rows;  // few rows ask for nothing
  return s;
}

/// Any instruction set: correct, with the same bits, and slow without a fused multiply-add in hardware.
template <class T, class Right = T> void portable_tile(const tile_call<T>& call) {
  for (int k = 0; k < call.depth && call.copy != nullptr; ++k) {
    for (int j = 0; j < call.cols; ++j) call.copy[k * call.copy_row + j] = call.b[k * call.b_step + j];
  }
  for (int i = 0; i < call.rows; ++i) {
    for (int j = 0; j < call.cols; ++j) {
      const tile_row row = call.row_at(i);
      T* c = call.c + row.c + j;
      T sum = call.resume ? *c : T(0);
      for (int outer = 0; outer < call.outer; ++outer) {
        for (int inner = 0; inner < call.inner; ++inner) {
          const T* a = call.a + outer * call.a_outer + inner * call.a_inner + row.a;
          const Right* b = reinterpret_cast<const Right*>(call.b) + outer * call.b_outer + inner * call.b_inner + j;
          for (int k = 0; k < call.depth; ++k) {
            if constexpr (sizeof(T) == 4) {
              sum = __builtin_fmaf(a[k * call.a_step], b[k * call.b_step], sum);
            } else {
              sum = __builtin_fma(a[k * call.a_step], b[k * call.b_step], sum);
            }
          }
        }
      }
      *c = sum;
    }
  }
}

template <class T, class Right = T> void portable_tile_in_pairs(const tile_call<T>& call) {
  const Right* const right = reinterpret_cast<const Right*>(call.b);
  for (int i = 0; i < call.rows; ++i) {
    for (int j = 0; j < call.cols; ++j) {
      T* c = call.c + i * call.c_row + j;
      T sum = call.resume ? *c : T(0);
      for (int first = 0; first < call.depth; first += terms_in_pairs) {
        T of[2] = {T(0), T(0)};
        const int past = lesser_of(first + terms_in_pairs, call.depth);
        for (int k = first; k < past; ++k) {
          const T a = call.a[k * call.a_step + i * call.a_row], b = T(right[k * call.b_step + j]);
          if constexpr (sizeof(T) == 4) of[k % 2] = __builtin_fmaf(a, b, of[k % 2]);
          else of[k % 2] = __builtin_fma(a, b, of[k % 2]);
        }
        sum += of[0] + of[1];
      }
      *c = sum;
    }
  }
}

/// Kept small: it does the edges of a transpose.
template <class T, class E = T>
TFX_COLD void transpose_elements(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, std::ptrdiff_t pitch,
                                 int filled) {
  const E* const from = static_cast<const E*>(source);
  for (int k = 0; k < depth; ++k) {
    for (int n = 0; n < filled; ++n) to[k * pitch + n] = n < cols ? T(from[n * row + k]) : T(0);
  }
}

/// Copies columns of a row-major matrix, zero up to `pitch`.
template <class T, class E = T>
__attribute__((noinline)) void pack_elements(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, int pitch) {
  const E* from = static_cast<const E*>(source);
  for (int k = 0; k < depth; ++k) {
    for (int n = 0; n < cols; ++n) to[n] = T(from[n]);
    for (int n = cols; n < pitch; ++n) to[n] = T(0);
    from += row;
    to += pitch;
  }
}

}  // namespace detail

namespace detail {

template <class Word> struct word_of_terms;
template <> struct word_of_terms<four_bytes> {
  using part = std::uint8_t;
  static constexpr int terms = 4;
};
template <> struct word_of_terms<two_halves> {
  using part = std::int16_t;
  static constexpr int terms = 2;
};
template <> struct word_of_terms<one_word> {
  using part = std::int32_t;
  static constexpr int terms = 1;
};
/// A byte as a part of a word; those of the left operand without a sign, 128 larger.
template <class Word, bool Left> TFX_INLINE typename word_of_terms<Word>::part part_of(std::int8_t x) {
  constexpr bool biased = Left && word_of_terms<Word>::terms == 4;
  return typename word_of_terms<Word>::part(biased ? x ^ -128 : x);
}

typedef std::int8_t byte_vector __attribute__((vector_size(16)));
typedef std::int16_t half_vector __attribute__((vector_size(16)));

/// 16 columns of so many rows of bytes as words, without a bias.
template <class Word> TFX_INLINE void interleave(const std::int8_t* from, std::ptrdiff_t row, char* to) {
  constexpr int terms = word_of_terms<Word>::terms;
  byte_vector rows[terms];
  for (int t = 0; t < terms; ++t) __builtin_memcpy(rows + t, from + t * row, 16);
  const auto low = [](byte_vector a, byte_vector b) { return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23); };
  const auto high = [](byte_vector a, byte_vector b) { return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31); };
  half_vector made[4];
  if constexpr (terms == 4) {
    const half_vector a[] = {half_vector(low(rows[0], rows[1])), half_vector(high(rows[0], rows[1]))};
    const half_vector b[] = {half_vector(low(rows[2], rows[3])), half_vector(high(rows[2], rows[3]))};
    for (int i = 0; i < 2; ++i) {
      made[2 * i] = __builtin_shufflevector(a[i], b[i], 0, 8, 1, 9, 2, 10, 3, 11);
      made[2 * i + 1] = __builtin_shufflevector(a[i], b[i], 4, 12, 5, 13, 6, 14, 7, 15);
    }
  } else {
    const byte_vector pairs[] = {low(rows[0], rows[1]), high(rows[0], rows[1])}, none{};
    for (int i = 0; i < 2; ++i) {
      made[2 * i] = half_vector(low(none, pairs[i])) >> 8;
      made[2 * i + 1] = half_vector(high(none, pairs[i])) >> 8;
    }
  }
  for (int i = 0; i < 4; ++i) __builtin_memcpy(to + 16 * i, made + i, 16);
}

/// Rows of a matrix of bytes, several together, as words: to[k / terms][n] has the elements k and following of column n.
template <class T, class Word, bool Left>
__attribute__((noinline)) void pack_bytes(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, int pitch) {
  constexpr int terms = word_of_terms<Word>::terms;
  using part = typename word_of_terms<Word>::part;
  const std::int8_t* from = static_cast<const std::int8_t*>(source);
  for (int k = 0; k < depth; k += terms, from += terms * row, to += pitch) {
    int n = 0;
    if constexpr (terms > 1 && !(Left && terms == 4)) {
      if (k + terms <= depth)
        for (; n + 16 <= cols; n += 16) interleave<Word>(from + n, row, reinterpret_cast<char*>(to + n));
    }
    for (; n < pitch; ++n) {
      part word[terms] = {};
      for (int t = 0; t < terms && k + t < depth && n < cols; ++t) word[t] = part_of<Word, Left>(from[t * row + n]);
      __builtin_memcpy(to + n, word, sizeof word);
    }
  }
}
/// Lines of a matrix of bytes as lines of words.
template <class T, class Word, bool Left>
__attribute__((noinline)) void pack_lines_of_bytes(const void* source, std::ptrdiff_t row, int lines, int depth, T* to, int pitch) {
  constexpr int terms = word_of_terms<Word>::terms;
  using part = typename word_of_terms<Word>::part;
  const std::int8_t* from = static_cast<const std::int8_t*>(source);
  for (; lines > 0; --lines, from += row, to += pitch) {
    char* const line = reinterpret_cast<char*>(to);
    int k = 0;
    if constexpr (terms == 4) {
      typedef std::uint64_t eight __attribute__((vector_size(16)));
      for (; k + 16 <= depth; k += 16) {
        eight x;
        __builtin_memcpy(&x, from + k, 16);
        if constexpr (Left) x ^= 0x8080808080808080u;
        __builtin_memcpy(line + k, &x, 16);
      }
    }
    for (; k < round_up(depth, terms); ++k) {
      const part x = k < depth ? part_of<Word, Left>(from[k]) : part(0);
      __builtin_memcpy(line + k * int(sizeof x), &x, sizeof x);
    }
  }
}
/// A transposed matrix of bytes as words.
template <class T, class Word>
__attribute__((noinline)) void transpose_bytes(const void* source, std::ptrdiff_t row, int depth, int cols, T* to, std::ptrdiff_t pitch,
                                               int filled) {
  constexpr int terms = word_of_terms<Word>::terms;
  const std::int8_t* const from = static_cast<const std::int8_t*>(source);
  for (int n = 0; n < filled; ++n)
    for (int k = 0; k < depth; k += terms) {
      typename word_of_terms<Word>::part word[terms] = {};
      for (int t = 0; t < terms && k + t < depth && n < cols; ++t) word[t] = part_of<Word, false>(from[n * row + k + t]);
      __builtin_memcpy(to + k / terms * pitch + n, word, sizeof word);
    }
}
template <class T, class Word, bool Left> inline constexpr packed_operand<T> bytes_operand = {
    &pack_bytes<T, Word, Left>, &pack_lines_of_bytes<T, Word, Left>, &transpose_bytes<T, Word>, 1, false};

/// Sums of integers, one term at a time.
template <class T> void portable_tile_of_integers(const tile_call<T>& call) {
  for (int i = 0; i < call.rows; ++i)
    for (int j = 0; j < call.cols; ++j) {
      const auto word = [](const T* at) { return std::uint32_t(reinterpret_cast<const one_word*>(at)->word); };
      T* const c = call.c + i * call.c_row + j;
      std::uint32_t sum = call.resume ? word(c) : 0;
      for (int k = 0; k < call.depth; ++k) sum += word(call.a + k * call.a_step + i * call.a_row) * word(call.b + k * call.b_step + j);
      __builtin_memcpy(c, &sum, sizeof sum);
    }
}

}  // namespace detail

/// Hides what the compiler knows about a value: it makes no versions of a loop for some values, and computes nothing
/// from it ahead of time.
template <class T> TFX_INLINE void hide(T& x) { asm("" : "+r"(x)); }

#if defined(TFX_SIMD_HAS_AVX512)
namespace avx512 {
#define TFX_TARGET TFX_AVX512
#include <tfx/backend/simd/avx512.inl>
#include <tfx/backend/simd/tile.inl>
#include <tfx/backend/simd/lines.inl>
#undef TFX_TARGET
}  // namespace avx512
#endif

#if defined(TFX_SIMD_HAS_AVX2)
namespace avx2 {
#define TFX_TARGET TFX_AVX2
#include <tfx/backend/simd/avx2.inl>
#include <tfx/backend/simd/tile.inl>
#include <tfx/backend/simd/lines.inl>
#undef TFX_TARGET
}  // namespace avx2
#endif

#if defined(TFX_SIMD_HAS_NEON)
namespace neon {
#define TFX_TARGET
#include <tfx/backend/simd/neon.inl>
#include <tfx/backend/simd/tile.inl>
#include <tfx/backend/simd/lines.inl>
#undef TFX_TARGET
}  // namespace neon
#endif

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
}  // namespace portable
#endif

/// `choose_table` makes one table per choice of tiles, whatever the launches that chose it; `widest_panel_of` is the
/// widest panel among its sets, in elements: scratch memory is planned for it.
#if defined(TFX_SIMD_HAS_AVX512) && defined(TFX_SIMD_HAS_AVX2)
template <class T, int First, int Second, summing Order, class Left, class Right>
inline constexpr tile_table<T> table_of = {{avx512::set_of<T, First, Order, Left, Right>,
                                            avx2::set_of<T, Second, Order, Left, Right>,
                                            portable::set_of<T, Order, Left, Right>}};
template <class T, int Rows, int Cols, tiling Use = tiling::balanced, layout Operands = layout::rows,
          summing Order = summing::chain, class Left = T, class Right = T>
constexpr const void* choose_table() {
  return &table_of<T, encode(avx512::choose<T>(Use, Rows, Cols, Operands, Order)),
                   encode(avx2::choose<T>(Use, Rows, Cols, Operands, Order)), Order, Left, Right>;
}
template <class T, int First, int Second>
inline constexpr tile_table<T> byte_table_of = {{avx512::byte_set_of<T, First>, avx2::byte_set_of<T, Second>, portable::byte_set_of<T>}};
template <class T, int Rows, int Cols, tiling Use, layout Operands> constexpr const void* choose_byte_table() {
  return &byte_table_of<T, encode(avx512::choose<T>(Use, Rows, Cols, Operands)), encode(avx2::choose<T>(Use, Rows, Cols, Operands))>;
}
template <class T> constexpr int widest_panel_of(int rows, int cols, tiling use, summing order = summing::chain) {
  return greater_of(
      greater_of(avx512::panel_of<T>(use, rows, cols, order), avx2::panel_of<T>(use, rows, cols, order)),
      portable::panel);
}
/// Columns in whole panels, of the set that needs most.
template <class T> constexpr int padded_cols_of(int rows, int cols, tiling use) {
  return greater_of(greater_of(round_up(cols, avx512::panel_of<T>(use, rows, cols)),
                               round_up(cols, avx2::panel_of<T>(use, rows, cols))),
                    round_up(cols, portable::panel));
}
template <class T, int M, int K, int N, bool LeftTransposed> inline constexpr tile_table<T> small_table_of = {
    {avx512::small_set_of<T, M, K, N, LeftTransposed, encode(avx512::choose<T>(tiling::balanced, M, N))>,
     avx2::small_set_of<T, M, K, N, LeftTransposed, encode(avx2::choose<T>(tiling::balanced, M, N))>,
     portable::set_of<T>}};
template <class T, line_kind Kind, int Rows, int Cols> inline constexpr tile_table<T> lines_table_of = {
    {avx512::lines_set_of<T, Kind, Rows, encode(avx512::choose<T>(tiling::wide, Rows, Cols))>,
     avx2::lines_set_of<T, Kind, Rows, encode(avx2::choose<T>(tiling::wide, Rows, Cols))>, portable::set_of<T>}};
#elif defined(TFX_SIMD_HAS_PORTABLE)
template <class T, line_kind, int, int> inline constexpr tile_table<T> lines_table_of = {{portable::set_of<T>}};
template <class T, int, int, int, bool> inline constexpr tile_table<T> small_table_of = {{portable::set_of<T>}};
template <class T> constexpr int widest_panel_of(int, int, tiling, summing = summing::chain) { return portable::panel; }
template <class T> inline constexpr tile_table<T> byte_table_of = {{portable::byte_set_of<T>}};
template <class T, int, int, tiling, layout> constexpr const void* choose_byte_table() { return &byte_table_of<T>; }
template <class T> constexpr int padded_cols_of(int, int cols, tiling) { return round_up(cols, portable::panel); }
template <class T, summing Order, class Left, class Right>
inline constexpr tile_table<T> table_of = {{portable::set_of<T, Order, Left, Right>}};
template <class T, int Rows, int Cols, tiling Use = tiling::balanced, layout Operands = layout::rows,
          summing Order = summing::chain, class Left = T, class Right = T>
constexpr const void* choose_table() {
  return &table_of<T, Order, Left, Right>;
}
#else
#if defined(TFX_SIMD_HAS_AVX512)
namespace of_this_build = avx512;
#elif defined(TFX_SIMD_HAS_AVX2)
namespace of_this_build = avx2;
#else
namespace of_this_build = neon;
#endif
template <class T> constexpr int widest_panel_of(int rows, int cols, tiling use, summing order = summing::chain) {
  return of_this_build::panel_of<T>(use, rows, cols, order);
}
template <class T> constexpr int padded_cols_of(int rows, int cols, tiling use) {
  return round_up(cols, widest_panel_of<T>(rows, cols, use));
}
template <class T, int M, int K, int N, bool LeftTransposed> inline constexpr tile_table<T> small_table_of = {
    {of_this_build::small_set_of<T, M, K, N, LeftTransposed,
                                 encode(of_this_build::choose<T>(tiling::balanced, M, N))>}};
template <class T, int Choice> inline constexpr tile_table<T> byte_table_of = {{of_this_build::byte_set_of<T, Choice>}};
template <class T, int Rows, int Cols, tiling Use, layout Operands> constexpr const void* choose_byte_table() {
  return &byte_table_of<T, encode(of_this_build::choose<T>(Use, Rows, Cols, Operands))>;
}
template <class T, int Choice, summing Order, class Left, class Right>
inline constexpr tile_table<T> table_of = {{of_this_build::set_of<T, Choice, Order, Left, Right>}};
template <class T, line_kind Kind, int Rows, int Cols> inline constexpr tile_table<T> lines_table_of = {
    {of_this_build::lines_set_of<T, Kind, Rows, encode(of_this_build::choose<T>(tiling::wide, Rows, Cols))>}};
template <class T, int Rows, int Cols, tiling Use = tiling::balanced, layout Operands = layout::rows,
          summing Order = summing::chain, class Left = T, class Right = T>
constexpr const void* choose_table() {
  return &table_of<T, encode(of_this_build::choose<T>(Use, Rows, Cols, Operands, Order)), Order, Left, Right>;
}
#endif

/// Whether a set of this build needs a panel that is not full packed.
#if defined(TFX_SIMD_HAS_NEON)
inline constexpr bool tiles_pad = neon::pads;
#else
inline constexpr bool tiles_pad = false;
#endif

/// The widest panel of any set but for `tiling::wide`, in elements.
template <class T> inline constexpr int widest_panel = int(256 / sizeof(T));

/// The tiling of a convolution: few rows by many columns broadcast least, where the columns fill the widest panels.
template <class T> constexpr tiling broad_or(tiling other, int cols) {
  return cols % widest_panel<T> == 0 ? tiling::broad : other;
}

namespace detail {

/// Rows [from, to) in tiles of one height; the last tile reaches back over rows that exist already and gives them
/// again.
template <class T> void sweep_rows(tile_function<T> tile, int height, tile_call<T> call, int from, int to) {
  const T* const a = call.a;
  const T* const coming = call.coming;
  T* const c = call.c;
  call.rows = height;
  for (int row = from; row < to; row += height) {
    const int start = lesser_of(row, to - height);
    call.a = a + start * call.a_row;
    call.c = c + start * call.c_row;
    call.coming = coming + start * call.coming_row;
    tile(call);
  }
}

/// Rows [from, to), fewer than any tile has: a tile all of whose rows are the same one takes no longer than a single
/// row.
template <class T> void single_rows(tile_function<T> tile, tile_call<T> call, int from, int to) {
  const std::ptrdiff_t a_row = call.a_row, c_row = call.c_row;
  call.a += from * a_row;
  call.c += from * c_row;
  call.coming += from * call.coming_row;
  call.a_row = call.c_row = 0;
  call.rows = 1;
  for (int row = from; row < to; ++row) {
    tile(call);
    call.a += a_row;
    call.c += c_row;
    call.coming += call.coming_row;
  }
}

}  // namespace detail

/// All rows of one panel of columns; `call` describes its first row, `call.cols` its columns.
template <class T>
__attribute__((noinline)) void run_panel(const tile_set<T>& set, const tile_call<T>& call, int rows) {
  const bool part = call.cols < set.panel(), narrow = part && call.cols <= set.rest_vectors * set.lanes;
  // Columns that fill no tile without a mask, though the launch said that they would: small tiles have one.
  int full = !part || (narrow && set.masks) ? rows : 0;
  const int over = full % set.rows;
  if (over != 0) {
    // Rows that fill no tile, perhaps with those of one that they do, take tiles of few rows, which are slower per row
    // than their sums alone tell, or reach back. A chain that goes on must not be given twice: no reaching back.
    const int full_cost = set.rows * set.vectors * 4, few_cost = greater_of(set.few_rows * set.vectors, 8) * 5;
    const auto cost_of = [&](int count) {
      const int single = count % set.few_rows;
      return (count / set.few_rows + (call.resume ? single : single > 0)) * few_cost;
    };
    const int cost = cost_of(over), cost_of_more = cost_of(over + set.rows) - full_cost;
    const bool any_full = rows >= set.rows;
    const bool all_full = any_full && !call.resume && full_cost <= lesser_of(cost, cost_of_more);
    if (!all_full) full -= any_full && cost_of_more < cost ? over + set.rows : over;
  }
  const int few = rows >= set.few_rows && !call.resume ? rows : rows - (rows - full) % set.few_rows;
  const tile_function<T> few_tile = part ? set.few : set.few_full;
  detail::sweep_rows(narrow ? set.rest : set.full, set.rows, call, 0, full);
  detail::sweep_rows(few_tile, set.few_rows, call, full, few);
  detail::single_rows(few_tile, call, few, rows);
}

}  // namespace tfx::backend::inline TFX_SIMD_BUILD
