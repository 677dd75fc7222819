// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <tfx/backend/call.hpp>
#include <tfx/backend/lanes/lane.hpp>
#include <tfx/backend/lanes/partial.hpp>
#include <tfx/backend/reduce_order.hpp>
#include <tfx/compile/plan.hpp>

namespace tfx {

/// One instruction of a kernel as a type: the functor and the packed word of `instruction`.
template <class F, std::uint64_t Word> struct ins {
  using functor = F;
  static constexpr std::uint64_t word = Word;
  static constexpr int store = instruction::store_of(Word), phase = instruction::phase_of(Word);
};

/// The content of a kernel as a type: equal content, in whatever program or file, is one function.
template <group_kind Kind, int Axis, int Output, class... Instruction> struct kernel_code {};

namespace detail {

template <class Source, class Sequence> struct code_of_source;
template <class Source, std::size_t... I> struct code_of_source<Source, std::index_sequence<I...>> {
  using type = kernel_code<Source::value.kind, Source::value.axis, Source::value.output,
                           ins<decltype(functor_of(functor_key<Source::value.op[I]>{})), Source::value.word[I]>...>;
};
template <class Plan, int K>
using code_of = typename code_of_source<kernel_source<Plan, K>, std::make_index_sequence<std::size_t(kernel_source<Plan, K>::count)>>::type;

template <std::size_t I, class T> struct indexed_type {
  using type = T;
};
template <class Sequence, class... T> struct indexed_types;
template <std::size_t... I, class... T> struct indexed_types<std::index_sequence<I...>, T...> : indexed_type<I, T>... {};
template <std::size_t I, class T> indexed_type<I, T> find_type(const indexed_type<I, T>*);
template <std::size_t I, class... T>
using type_at = typename decltype(find_type<I>(static_cast<indexed_types<std::index_sequence_for<T...>, T...>*>(nullptr)))::type;

/// Equal shares of [0, n), in multiples of `grain`.
struct share {
  int begin, end;
};
constexpr share share_of(int n, int part, int parts, int grain) {
  if (parts == 1) return {0, n};
  const int grains = (n + grain - 1) / grain;
  const int begin = int(std::int64_t(grains) * part / parts) * grain, end = int(std::int64_t(grains) * (part + 1) / parts) * grain;
  return {begin < n ? begin : n, end < n ? end : n};
}

}  // namespace detail

/// The producer of an operation on a backend; the backends specialise it.
template <class F, class Backend, class T> struct producer;

namespace detail {

/// Where in the domain a kernel stands: row r, columns [c, c + n).
struct place {
  int r, c, n;
};

/// Addresses of a kernel's operands at the first column of one row. Found once per row: in the loop over columns the compiler
/// could not know that a store leaves the call as it is.
template <class T, int Operands> struct operand_row {
  T* at[Operands ? Operands : 1];
};

/// What all kernels over lanes L of scalars T are made of. Every function is inlined with constant arguments, so choosing by
/// them costs nothing; being shared by all kernels, it is compiled once.
template <class T, class L> struct lane_access {
  using vector = decltype(L::v);
  static constexpr int width = lanes::traits<vector>::width;

  static TFX_INLINE T* address(T* const* row, int operand, pattern lies, place p) {
    return row[operand] + (lies == pattern::row || lies == pattern::full ? p.c : 0);
  }
  static TFX_INLINE L fetch(const L* reg, T* const* row, std::uint64_t word, int k, place p) {
    const int source = instruction::source_of(word, k);
    if (source >= 0) return reg[source];
    const pattern lies = instruction::source_lies(word, k);
    const T* const from = address(row, ~source, lies, p);
    if (width == 1 || lies == pattern::scalar || lies == pattern::column) return L(*from);
    return L::wrap(lanes::partial<vector>::load(from, p.n));
  }
  static TFX_INLINE void store(L x, T* const* row, std::uint64_t word, place p) {
    const pattern lies = instruction::store_lies(word);
    T* const to = address(row, instruction::store_of(word), lies, p);
    lanes::partial<vector>::put(to, x.v, width == 1 || lies == pattern::scalar || lies == pattern::column ? 1 : p.n);
  }
};

/// What the sweeps over one row have in common.
template <class T, class L, int Reductions> struct row_state {
  static constexpr int vectors = reduce_order::strands / lanes::traits<decltype(L::v)>::width;
  L strands[Reductions ? Reductions : 1][vectors];
  const lanes::lane<T>* reduced;   ///< per instruction, of reductions and of what is made of them alone
  T* kept;                         ///< values that a later sweep reads
  std::ptrdiff_t pitch;            ///< from one kept row to the next
};

}  // namespace detail

/// The function that one kernel is: straight-line code over lanes, once per vector of the domain.
template <class Backend, class T, class Code, class Sequence> struct kernel;

template <class Backend, class T, group_kind Kind, int Axis, int Output, class... I, std::size_t... At>
struct kernel<Backend, T, kernel_code<Kind, Axis, Output, I...>, std::index_sequence<At...>> {
  using vector = typename Backend::template lanes<T>;
  using many = lanes::lane<vector>;
  using one = lanes::lane<T>;
  using place = detail::place;
  template <class L> using access = detail::lane_access<T, L>;
  static constexpr int width = lanes::traits<vector>::width, count = int(sizeof...(I));

  // ---- facts of the instructions
  static constexpr std::uint64_t words[count] = {I::word...};
  static constexpr op_kind kinds[count] = {I::functor::kind...};
  static constexpr int arities[count] = {I::functor::arity...}, phases[count] = {I::phase...};
  static constexpr int n_reductions = (0 + ... + int(I::functor::kind == op_kind::reduce));
  static constexpr bool reduces_in(int phase) { return (false || ... || (I::functor::kind == op_kind::reduce && I::phase == phase)); }
  static constexpr int sweeps = [] {
    int last = 0;
    for (int phase : phases) last = phase > last ? phase : last;
    return Axis == over_columns ? last / 2 + 1 : 1;
  }();
  static constexpr kept_rows<count> kept = rows_kept<count>(words, kinds, arities);
  /// The number of a reduction among the reductions.
  static constexpr int reduction(int at) {
    int n = 0;
    for (int i = 0; i < at; ++i) n += kinds[i] == op_kind::reduce;
    return n;
  }
  /// Calls note(operand, pattern) for all that instructions load and store. (A producer knows its operands by its geometry.)
  template <class Note> static constexpr void for_operands(Note note) {
    for (int i = 0; i < count; ++i) {
      for (int k = 0; k < (is_producer(kinds[i]) ? 0 : arities[i]); ++k)
        if (const int s = instruction::source_of(words[i], k); s < 0) note(~s, instruction::source_lies(words[i], k));
      if (const int s = instruction::store_of(words[i]); s >= 0) note(s, instruction::store_lies(words[i]));
    }
  }
  static constexpr int n_operands = [] {
    int n = 0;
    for_operands([&](int operand, pattern) { n = operand >= n ? operand + 1 : n; });
    return n;
  }();
  struct operand_table {
    pattern lies[n_operands ? n_operands : 1] = {};
  };
  static constexpr operand_table operands = [] {
    operand_table t;
    for_operands([&](int operand, pattern lies) { t.lies[operand] = lies; });
    return t;
  }();

  // ---- one row
  using row_state = detail::row_state<T, many, n_reductions>;
  using operand_row = detail::operand_row<T, n_operands>;
  template <int... K> static TFX_INLINE operand_row row_at(const call<T>& a, int r, std::integer_sequence<int, K...>) {
    auto at = [&](int operand, pattern lies) {
      T* const base = static_cast<T*>(a.operand[operand]);
      return lies == pattern::full ? base + std::ptrdiff_t(r) * a.cols : lies == pattern::column ? base + r : base;
    };
    return {{at(K, operands.lies[K])...}};
  }
  static TFX_INLINE operand_row row_at(const call<T>& a, int r) {
    return row_at(a, r, std::make_integer_sequence<int, n_operands>{});
  }

  /// Where a kept row lies for the place p: in scratch memory.
  static TFX_INLINE T* kept_at(const row_state* row, int slot, place p) { return row->kept + slot * row->pitch + p.c; }
  /// Argument K of an instruction of a sweep: a later one finds results of reductions in `reduced`, and values of an earlier sweep
  /// where they were stored, or kept.
  template <class Ins, int K, class L> static TFX_INLINE L argument(const L* reg, T* const* at, place p, const row_state* row) {
    constexpr int source = instruction::source_of(Ins::word, K);
    if constexpr (Ins::phase < 2 || Ins::phase % 2 || source < 0) {
      return access<L>::fetch(reg, at, Ins::word, K, p);
    } else if constexpr (kinds[source] == op_kind::reduce || phases[source] % 2) {
      return L(row->reduced[source].v);
    } else if constexpr (phases[source] == Ins::phase) {
      return reg[source];
    } else {
      constexpr int stored = instruction::store_of(words[source]);
      const T* const from = stored >= 0 ? access<L>::address(at, stored, pattern::full, p) : kept_at(row, kept.slot[source], p);
      return L::wrap(lanes::partial<decltype(L::v)>::load(from, p.n));
    }
  }
  template <class Ins, int Phase, class L> static TFX_INLINE void execute(L* reg, int self, const call<T>& a, T* const* at, place p, row_state* row) {
    using F = typename Ins::functor;
    using X = access<L>;
    constexpr std::uint64_t word = Ins::word;
    if constexpr (Ins::phase != Phase || is_producer(F::kind)) {
      // belongs to the other phase, or its value is in reg already
    } else if constexpr (F::kind == op_kind::reduce) {
      const L x = argument<Ins, 0>(reg, at, p, row);
      if constexpr (Axis == over_rows) {
        reg[self] = F::combine(reg[self], x);
      } else {
        many& strand = row->strands[reduction(self)][p.c / width % row_state::vectors];
        const many total = F::combine(strand, x);
        strand = p.n == width ? total : many::wrap(lanes::partial<vector>::first_of(total.v, strand.v, p.n));
      }
    } else {
      if constexpr (F::kind == op_kind::generate) {
        using V = decltype(L::v);
        if constexpr (F::by_column) {
          reg[self] = F::template generate<V>(std::uint64_t(p.c), *a.run);
        } else {
          constexpr pattern lies = instruction::source_lies(word, 2);
          std::uint64_t first = std::uint64_t(reinterpret_cast<std::uintptr_t>(a.operand[~instruction::source_of(word, 2)]));
          if constexpr (lies == pattern::full) first += std::uint64_t(p.r) * std::uint64_t(a.cols);
          if constexpr (lies == pattern::full || lies == pattern::row) first += std::uint64_t(p.c);
          if constexpr (lies == pattern::column) first += std::uint64_t(p.r);
          constexpr bool one_number = lies == pattern::scalar || lies == pattern::column;
          using G = std::conditional_t<one_number, T, V>;
          const auto drawn = F::template generate<G>(first, *a.run, *static_cast<const T*>(a.operand[~instruction::source_of(word, 0)]),
                                                     *static_cast<const T*>(a.operand[~instruction::source_of(word, 1)]));
          if constexpr (one_number) reg[self] = L(drawn.v);
          else reg[self] = drawn;
        }
      } else if constexpr (F::arity == 1) {
        reg[self] = F::apply(argument<Ins, 0>(reg, at, p, row));
      } else if constexpr (F::arity == 2) {
        reg[self] = F::apply(argument<Ins, 0>(reg, at, p, row), argument<Ins, 1>(reg, at, p, row));
      } else {
        reg[self] = F::apply(argument<Ins, 0>(reg, at, p, row), argument<Ins, 1>(reg, at, p, row), argument<Ins, 2>(reg, at, p, row));
      }
      if constexpr (Ins::store >= 0) X::store(reg[self], at, word, p);
      if constexpr (kept.count > 0 && Phase % 2 == 0)
        if (kept.slot[self] >= 0) lanes::partial<decltype(L::v)>::put(kept_at(row, kept.slot[self], p), reg[self].v, p.n);
    }
  }
  template <int Phase = 0> static TFX_INLINE void body(many* reg, const call<T>& a, T* const* at, place p, row_state* row = nullptr) {
    (execute<I, Phase>(reg, int(At), a, at, p, row), ...);
  }
  template <int Phase = 1, class L> static TFX_INLINE void tail(L* reg, const call<T>& a, T* const* at, place p) {
    (execute<I, Phase>(reg, int(At), a, at, p, nullptr), ...);
  }
  /// The domain's columns [begin, end) of row r, a vector at a time.
  template <int Phase = 0> static TFX_INLINE void row_of_vectors(const call<T>& a, int r, int begin, int end, row_state* row = nullptr) {
    const operand_row operand = row_at(a, r);
    for (int c = begin; c < end; c += width) {
      many reg[count];
      body<Phase>(reg, a, operand.at, place{r, c, end - c < width ? end - c : width}, row);
    }
  }

  // ---- elementwise
  static TFX_INLINE void run_map(const call<T>& a) {
    const bool one_row = a.rows == 1;
    const detail::share s = one_row ? detail::share_of(a.cols, a.part, a.parts, reduce_order::strands) : detail::share_of(a.rows, a.part, a.parts, 1);
    for (int r = one_row ? 0 : s.begin; r < (one_row ? 1 : s.end); ++r) row_of_vectors(a, r, one_row ? s.begin : 0, one_row ? s.end : a.cols);
  }

  // ---- rows, or everything as one row
  /// Per reduction the results of blocks, the strands of a row of their own: only rows of several blocks have them.
  struct block_table {
    T value[n_reductions ? n_reductions : 1][reduce_order::strands];
  };
  template <class Ins, int Phase> static TFX_INLINE void reset(row_state& row, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::phase == Phase)
      for (many& strand : row.strands[reduction(self)]) strand = Ins::functor::template identity<many>();
  }
  template <class Ins, int Phase> static TFX_INLINE void reset_blocks(block_table& blocks, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::phase == Phase)
      for (T& block : blocks.value[reduction(self)]) block = Ins::functor::template identity<one>().v;
  }
  /// `reduce_order::halve` of the first `used` vectors of strands.
  template <class F> static TFX_INLINE T halve(many* part, int used) {
    for (int half = row_state::vectors / 2; half > 0; half /= 2)
      if (used > half)
        for (int i = 0; i < half; ++i) part[i] = F::combine(part[i], part[i + half]);
    return lanes::halved<F>(part[0]);
  }
  template <class Ins, int Phase> static TFX_INLINE void close(one* reg, int self, row_state& row, int used) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::phase == Phase)
      reg[self] = one(halve<typename Ins::functor>(row.strands[reduction(self)], used));
  }
  template <class Ins, int Phase> static TFX_INLINE void add_block(const one* reg, int self, block_table& blocks, int block) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::phase == Phase) {
      T& sum = blocks.value[reduction(self)][block % reduce_order::strands];
      sum = Ins::functor::combine(one(sum), reg[self]).v;
    }
  }
  template <class Ins, int Phase> static TFX_INLINE void close_blocks(one* reg, int self, block_table& blocks) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::phase == Phase) {
      many part[row_state::vectors];
      for (int i = 0; i < row_state::vectors; ++i) part[i] = many::load(blocks.value[reduction(self)] + i * width);
      reg[self] = one(halve<typename Ins::functor>(part, row_state::vectors));
    }
  }
  template <class Ins, int Phase> static TFX_INLINE void store_reduced(const one* reg, int self, const call<T>& a, int r) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::phase == Phase && Ins::store >= 0)
      static_cast<T*>(a.operand[Ins::store])[Axis == over_all ? 0 : r] = reg[self].v;
  }
  /// One sweep over row r, the reductions in it, and what is made of their results.
  template <int Phase> static TFX_INLINE void sweep_row(const call<T>& a, int r, one* reg, row_state& row) {
    if constexpr (!reduces_in(Phase)) {
      row_of_vectors<Phase>(a, r, 0, a.cols, &row);
    } else {
      block_table blocks;
      const bool many_blocks = a.cols > reduce_order::block;
      if (many_blocks) (reset_blocks<I, Phase>(blocks, int(At)), ...);
      int used = 1;   // vectors; strands beyond the row stay at the identity, which changes nothing
      while (used * width < a.cols && used < row_state::vectors) used *= 2;
      int begin = 0;
      do {   // an empty row has one empty block
        (reset<I, Phase>(row, int(At)), ...);
        const int end = begin + reduce_order::block < a.cols ? begin + reduce_order::block : a.cols;
        row_of_vectors<Phase>(a, r, begin, end, &row);
        (close<I, Phase>(reg, int(At), row, used), ...);
        if (many_blocks) (add_block<I, Phase>(reg, int(At), blocks, begin / reduce_order::block), ...);
        begin += reduce_order::block;
      } while (begin < a.cols);
      if (many_blocks) (close_blocks<I, Phase>(reg, int(At), blocks), ...);
      (store_reduced<I, Phase>(reg, int(At), a, r), ...);
      tail<Phase + 1>(reg, a, row_at(a, r).at, place{r, 0, 1});
    }
  }
  template <int... K> static TFX_INLINE void reduce_row(const call<T>& a, int r, std::integer_sequence<int, K...>) {
    one reg[count] = {};   // defined even for a row without columns
    row_state row;
    row.reduced = reg;
    row.kept = a.scratch;
    row.pitch = kept_pitch(a.cols);
    (sweep_row<2 * K>(a, r, reg, row), ...);
  }
  static TFX_INLINE void reduce_row(const call<T>& a, int r) { reduce_row(a, r, std::make_integer_sequence<int, sweeps>{}); }
  static TFX_INLINE void run_rows(const call<T>& a) {
    const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
    for (int r = s.begin; r < s.end; ++r) reduce_row(a, r);
  }
  static TFX_INLINE void run_all(const call<T>& a) {
    if (a.part == 0) reduce_row(a, 0);
  }

  // ---- columns: a panel of vectors at a time, 32 rows at a time, so that memory is read in order
  static constexpr int panel = 16;
  template <class Ins> static TFX_INLINE void clear(many* reg, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce) reg[self] = Ins::functor::template identity<many>();
  }
  template <class Ins> static TFX_INLINE void combine(many* to, const many* from, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce) to[reduction(self)] = Ins::functor::combine(to[reduction(self)], from[self]);
  }
  template <class Ins> static TFX_INLINE void restart(many* sum, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce) sum[reduction(self)] = Ins::functor::template identity<many>();
  }
  template <class Ins> static TFX_INLINE void add_block(many* total, many* sum, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      total[reduction(self)] = Ins::functor::combine(total[reduction(self)], sum[reduction(self)]);
      sum[reduction(self)] = Ins::functor::template identity<many>();
    }
  }
  template <class Ins> static TFX_INLINE void take_total(many* reg, const many* total, int self, const call<T>& a, place p) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      reg[self] = total[reduction(self)];
      if constexpr (Ins::store >= 0) lanes::partial<vector>::put(static_cast<T*>(a.operand[Ins::store]) + p.c, reg[self].v, p.n);
    }
  }
  /// The state of a panel: per vector and reduction the chain that has been begun, the sum of the chains of a block, and the
  /// total of the blocks.
  struct column_state {
    many chain[panel][n_reductions ? n_reductions : 1], sum[panel][n_reductions ? n_reductions : 1], total[panel][n_reductions ? n_reductions : 1];

    /// Calls f(vector, its place in memory) for all of it.
    template <class F> void each(const call<T>& a, int first_column, int vectors, F f) {
      const std::ptrdiff_t pitch = padded_columns(a.cols);
      for (int k = 0; k < vectors; ++k)
        for (int r = 0; r < n_reductions; ++r) {
          T* const at = a.sums + std::ptrdiff_t(r) * column_sums * pitch + first_column + k * width;
          f(chain[k][r], at);
          f(sum[k][r], at + pitch);
          f(total[k][r], at + 2 * pitch);
        }
    }
  };
  template <class Ins> static TFX_INLINE void resume(many* reg, const many* chain, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce) reg[self] = chain[reduction(self)];
  }
  template <class Ins> static TFX_INLINE void suspend(const many* reg, many* chain, int self) {
    if constexpr (Ins::functor::kind == op_kind::reduce) chain[reduction(self)] = reg[self];
  }
  static TFX_INLINE void reduce_panel(const call<T>& a, int first_column, int past_column) {
    column_state state;
    const int vectors = (past_column - first_column + width - 1) / width;
    auto at = [&](int r, int k) {
      const int c = first_column + k * width;
      return place{r, c, past_column - c < width ? past_column - c : width};
    };
    if (a.before > 0) {
      state.each(a, first_column, vectors, [](many& v, const T* from) { v = many::load(from); });
    } else {
      for (int k = 0; k < vectors; ++k) {
        (restart<I>(state.sum[k], int(At)), ...);
        (restart<I>(state.total[k], int(At)), ...);
      }
    }
    const int rows = a.before + a.rows;   // so far; row r is row r - a.before of this call
    for (int first = a.before; first < rows;) {
      const int end = (first / reduce_order::chain + 1) * reduce_order::chain, past = end < rows ? end : rows;
      const bool closes = past == end || a.last;
      for (int k = 0; k < vectors; ++k) {
        many part[count];
        if (first % reduce_order::chain == 0) (clear<I>(part, int(At)), ...);
        else (resume<I>(part, state.chain[k], int(At)), ...);
        for (int r = first; r < past; ++r) body(part, a, row_at(a, r - a.before).at, at(r - a.before, k));
        if (closes) (combine<I>(state.sum[k], part, int(At)), ...);
        else (suspend<I>(part, state.chain[k], int(At)), ...);
      }
      if (past % reduce_order::block == 0 || (past == rows && a.last))
        for (int k = 0; k < vectors; ++k) (add_block<I>(state.total[k], state.sum[k], int(At)), ...);
      first = past;
    }
    if (!a.last) return state.each(a, first_column, vectors, [](const many& v, T* to) { v.put(to); });
    for (int k = 0; k < vectors; ++k) {
      many reg[count];
      (take_total<I>(reg, state.total[k], int(At), a, at(0, k)), ...);
      tail(reg, a, row_at(a, 0).at, at(0, k));
    }
  }
  static TFX_INLINE void run_columns(const call<T>& a) {
    const detail::share s = detail::share_of(a.cols, a.part, a.parts, width);
    for (int c = s.begin; c < s.end; c += panel * width) reduce_panel(a, c, c + panel * width < s.end ? c + panel * width : s.end);
  }

  // ---- after a producer
  static constexpr bool lies_flat(std::uint64_t word) {   // every operand like the domain, or one number
    for (int k = 0; k < 4; ++k) {
      const bool is_operand = k < 3 ? instruction::source_of(word, k) < 0 : instruction::store_of(word) >= 0;
      const pattern lies = k < 3 ? instruction::source_lies(word, k) : instruction::store_lies(word);
      if (is_operand && lies != pattern::full && lies != pattern::scalar) return false;
    }
    return true;
  }
  static constexpr bool needs_columns(op_kind kind, int arity) { return kind == op_kind::generate && arity == 0; }
  /// May whole rows be finished as one long row? Narrow results gain much from it.
  static constexpr bool flat = (true && ... && (lies_flat(I::word) && !needs_columns(I::functor::kind, I::functor::arity)));

  static TFX_INLINE void finish(const call<T>& a, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    if (flat && cols == a.cols && stride == cols) {
      cols *= rows;
      rows = 1;
    }
    for (int i = 0; i < rows; ++i) {
      const operand_row operand = row_at(a, row + i);
      for (int j = 0; j < cols; j += width) {
        const place p{row + i, col + j, cols - j < width ? cols - j : width};
        many reg[count];
        reg[Output] = many::wrap(lanes::partial<vector>::load(block + i * stride + j, p.n));
        if constexpr (Out::store >= 0) access<many>::store(reg[Output], operand.at, Out::word, p);
        body(reg, a, operand.at, p);
      }
    }
  }
  /// The function that takes the blocks: of a backend that compiles it for its vectors, or `finish` itself.
  static constexpr finish_function<T> finisher() {
    if constexpr (requires { Backend::template finisher<kernel, T>(); }) return Backend::template finisher<kernel, T>();
    else return &finish;
  }
  static TFX_INLINE void run_producer(const call<T>& a) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    using P = producer<typename Out::functor, Backend, T>;
    if constexpr (requires { P::template run_in<kernel>(a); }) P::template run_in<kernel>(a);
    else if constexpr (count == 1 && Out::store >= 0) P::run(a, static_cast<T*>(a.operand[Out::store]), nullptr);
    else P::run(a, nullptr, finisher());
  }

  static TFX_INLINE void run(const call<T>& a) {
    if constexpr (Kind == group_kind::producer) run_producer(a);
    else if constexpr (Axis < 0) run_map(a);
    else if constexpr (Axis == over_rows) run_columns(a);
    else if constexpr (Axis == over_columns) run_rows(a);
    else run_all(a);
  }
};

/// The function by which a backend calls a kernel. One that chooses among several specialises it.
template <class Backend, class T, class Code, class Sequence> struct kernel_entry : kernel<Backend, T, Code, Sequence> {};

}  // namespace tfx
