// SPDX-License-Identifier: Apache-2.0
// What an instruction set offers: which tile for which result, and its functions.
#include TFX_LANES
#include <tfx/backend/simd/tile.inl>
#include <tfx/backend/simd/packing.inl>
#include <tfx/backend/simd/lines.inl>

/// The functions for one choice of tile (`encode`).
template <class T, int Choice, summing Order = summing::chain, class Left = T, class Right = T>
inline constexpr tile_set<T> set_of = [] {
  constexpr tile_shape s = decode(Choice);
  constexpr bool exact = s.rest_vectors == 0;
  // One tile for choices of one and of two vectors, where a mask protects its reads.
  constexpr int few_vectors = pads || s.operands == layout::gathered ? s.vectors : greater_of(s.vectors, 2);
  constexpr bool masked = !exact || s.vectors <= 5;  // a launch of few rows keeps its columns
  // A mask costs as much as a multiply-add: where few rows are many of a tile's, there is another one without.
  constexpr bool gathers = s.operands == layout::gathered;  // its few rows are rare
  constexpr bool always_masked = masked && (gathers || !(exact && s.vectors == 4 && s.rows > 4));
  constexpr layout of_few = gathers ? layout::gathered : layout::rows;
  using read = typename read_by_tiles<T, Right>::type;
  tile_set<T> set = {&tile<T, s.rows, s.only_rest ? s.rest_vectors : s.vectors, s.only_rest && s.masked, s.operands, Order, read>,
                     &tile<T, s.rows, exact ? s.vectors : s.rest_vectors, s.masked, s.operands, Order, read>,
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
                     s.masked,
                     pads};
  if constexpr (s.over != 0) {
    set.over_lines = &lines<T, s.over, true>;
    set.over = s.over;
  }
  constexpr bool pairs = Order == summing::pairs && std::is_same_v<Left, bfloat16> && std::is_same_v<Right, bfloat16>;
  if constexpr (has_unit_beyond && pairs && sizeof(T) == 4) set.beyond = in_matrix_unit<T, bfloat16>();
  return set;
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
  if constexpr (!std::is_same_v<Word, best_word_of_bytes>) {
    set.beyond = &byte_set_of<T, Choice, best_word_of_bytes>;
  } else if constexpr (has_unit_beyond) {
    set.beyond = in_matrix_unit<T, std::int8_t>();
    set.present = &has_products_of_bytes;
  }
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

/// The functions of a launch of so many rows, or columns where the lines are of the left operand; Choice is its tile
/// where they can't always be used.
template <class T, line_kind Kind, int Rows, int Choice>
inline constexpr tile_set<T> lines_set_of = [] {
  constexpr int together = lesser_of(Rows, 4);
  tile_set<T> set;
  if constexpr (Kind == line_kind::right_columns) set = set_of<T, Choice>;
  if constexpr (Kind == line_kind::right_rows) set.lines = &sweep<T>;
  else set.lines = &lines<T, together>;
  if constexpr (Kind == line_kind::left_rows) set.transpose = &transpose<T>;
  set.lanes = lanes<T>::count;
  set.lines_rows = together;
  set.lines_of = Kind;
  return set;
}();

/// What tables are made of.
struct kernels {
  static constexpr bool reads_whole_panels = pads;

  template <class T>
  static constexpr tile_shape choose(tiling use, int rows, int cols, layout operands, summing order, bool over = false) {
    return detail::choose_tile(use, rows, cols, operands, order, lanes<T>::count, tall_rows, tall_rows_of_one,
                               over && lanes<T>::count == 16 ? 4 : 0);
  }
  template <class T> static constexpr int choice(tiling use, int rows, int cols, layout operands, summing order, bool over) {
    return encode(choose<T>(use, rows, cols, operands, order, over));
  }
  template <class T> static constexpr int panel_of(tiling use, int rows, int cols, summing order) {
    return choose<T>(use, rows, cols, layout::rows, order).vectors * lanes<T>::count;
  }
  template <class T, int Choice, summing Order, class Left, class Right>
  static constexpr const tile_set<T>& tiles() { return set_of<T, Choice, Order, Left, Right>; }
  template <class T, int Choice> static constexpr const tile_set<T>& tiles_of_bytes() { return byte_set_of<T, Choice>; }
  template <class T, int M, int K, int N, bool LeftTransposed, int Choice>
  static constexpr const tile_set<T>& small() { return small_set_of<T, M, K, N, LeftTransposed, Choice>; }
  template <class T, line_kind Kind, int Rows, int Choice>
  static constexpr const tile_set<T>& lines() { return lines_set_of<T, Kind, Rows, Choice>; }
};
