// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <tfx/backend/call.hpp>
#include <tfx/lanes/reduce_order.hpp>
#include <tfx/compile/plan.hpp>
#include <tfx/lanes/lane.hpp>
#include <tfx/lanes/partial.hpp>

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
using code_of = typename code_of_source<kernel_source<Plan, K>,
                                        std::make_index_sequence<std::size_t(kernel_source<Plan, K>::count)>>::type;

template <std::size_t I, class T> struct indexed_type {
  using type = T;
};
template <class Sequence, class... T> struct indexed_types;
template <std::size_t... I, class... T>
struct indexed_types<std::index_sequence<I...>, T...> : indexed_type<I, T>... {};
template <std::size_t I, class T> indexed_type<I, T> find_type(const indexed_type<I, T>*);
template <std::size_t I, class... T>
using type_at =
    typename decltype(find_type<I>(static_cast<indexed_types<std::index_sequence_for<T...>, T...>*>(nullptr)))::type;

/// Equal shares of [0, n), in multiples of `grain`.
struct share {
  int begin, end;
};
constexpr share share_of(int n, int part, int parts, int grain) {
  if (parts == 1) return {0, n};
  const int grains = (n + grain - 1) / grain;
  const int begin = int(std::int64_t(grains) * part / parts) * grain;
  const int end = int(std::int64_t(grains) * (part + 1) / parts) * grain;
  return {begin < n ? begin : n, end < n ? end : n};
}

}  // namespace detail

/// The producer of an operation on a backend; the backends specialise it.
template <class F, class Backend, class T> struct producer;

namespace detail {

/// The function `Finish::finish`: of a backend that compiles it for its vectors, or that itself.
template <class Backend, class Finish, class T> constexpr finish_function<T> finisher() {
  if constexpr (requires { Backend::template finisher<Finish, T>(); }) return Backend::template finisher<Finish, T>();
  else return &Finish::whole_finish;
}

/// Where in the domain a kernel stands: row r, columns [c, c + n); of a vector of strands its number.
struct place {
  int r, c, n, strands = 0;
};

/// Addresses of a kernel's operands at the first column of one row. Found once per row: in the loop over columns the
/// compiler could not know that a store leaves the call as it is.
template <class T, int Operands> struct operand_row {
  T* at[Operands ? Operands : 1];
};

/// Does an operand that lies so have an element of its own in every column?
constexpr bool moves(pattern lies) { return lies == pattern::row || lies == pattern::full; }

/// What all kernels over lanes L of scalars T read and write: an operand that lies in one way against the domain, from
/// `at` on in this row.
template <class T, class L> struct lane_access {
  using vector = decltype(L::v);
  static constexpr int width = lanes::traits<vector>::width;

  template <pattern Lies> static TFX_INLINE L load(const T* at, place p) {
    if constexpr (!moves(Lies)) return L(*at);
    else if constexpr (width == 1) return L(at[p.c]);
    else return L::wrap(lanes::partial<vector>::load(at + p.c, p.n));
  }
  template <pattern Lies> static TFX_INLINE void store(L x, T* at, place p) {
    if constexpr (!moves(Lies)) lanes::partial<vector>::put(at, x.v, 1);
    else lanes::partial<vector>::put(at + p.c, x.v, width == 1 ? 1 : p.n);
  }
};

/// How many rows a backend takes through the sweeps of a kernel together, at most.
template <class Backend> inline constexpr int most_rows_together = 1;
template <class Backend> requires requires { Backend::most_rows_together; }
inline constexpr int most_rows_together<Backend> = Backend::most_rows_together;

/// What the sweeps over one row have in common.
template <class T, class L, int Reductions> struct row_state {
  static constexpr int vectors = reduce_order::strands / lanes::traits<decltype(L::v)>::width;
  using strand_set = L[Reductions ? Reductions : 1][vectors];
  strand_set* strands;             ///< of the block that is being reduced
  lanes::lane<T>* reduced;         ///< per instruction, of reductions and of what is made of them alone
  T* kept;                         ///< values that a later sweep reads
  std::ptrdiff_t pitch;            ///< from one kept row to the next
  std::ptrdiff_t ahead;            ///< from a row to the one that takes its place when it is done
};

}  // namespace detail

/// What is known of a kernel's instructions, whatever it is compiled for.
template <class Code> struct kernel_facts;

template <group_kind Kind, int Axis, int Output, class... I>
struct kernel_facts<kernel_code<Kind, Axis, Output, I...>> {
  static constexpr int count = int(sizeof...(I));
  static constexpr std::uint64_t words[count] = {I::word...};
  static constexpr op_kind kinds[count] = {I::functor::kind...};
  static constexpr int arities[count] = {I::functor::arity...}, phases[count] = {I::phase...};
  static constexpr int n_reductions = (0 + ... + int(I::functor::kind == op_kind::reduce));
  template <int N> using functor = typename detail::type_at<std::size_t(N), I...>::functor;
  /// What a sweep or a tail executes, in order; and the reductions among it.
  static constexpr bool is_executed(int at, int phase) { return phases[at] == phase && !is_producer(kinds[at]); }
  static constexpr bool is_reduced(int at, int phase) { return phases[at] == phase && kinds[at] == op_kind::reduce; }
  static constexpr int executed(int phase) {
    int n = 0;
    for (int i = 0; i < count; ++i) n += is_executed(i, phase);
    return n;
  }
  static constexpr int reduced(int phase) {
    int n = 0;
    for (int i = 0; i < count; ++i) n += is_reduced(i, phase);
    return n;
  }
  static constexpr int nth_executed(int n, int phase) {
    int i = 0;
    for (; !is_executed(i, phase) || n-- > 0; ++i) {}
    return i;
  }
  static constexpr int nth_reduced(int n, int phase) {
    int i = 0;
    for (; !is_reduced(i, phase) || n-- > 0; ++i) {}
    return i;
  }
  template <int N> using numbers = std::make_integer_sequence<int, N>;
  template <int Phase, int... N>
  static std::integer_sequence<int, nth_executed(N, Phase)...> all_executed(std::integer_sequence<int, N...>);
  template <int Phase, int... N>
  static std::integer_sequence<int, nth_reduced(N, Phase)...> all_reduced(std::integer_sequence<int, N...>);
  template <int Phase> using executed_in = decltype(all_executed<Phase>(numbers<executed(Phase)>{}));
  template <int Phase> using reduced_in = decltype(all_reduced<Phase>(numbers<reduced(Phase)>{}));
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
  /// Calls note(operand, pattern) for all that instructions load and store. (A producer knows its operands by its
  /// geometry.)
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
    bool stored[n_operands ? n_operands : 1] = {};
  };
  static constexpr operand_table operands = [] {
    operand_table t;
    for_operands([&](int operand, pattern lies) { t.lies[operand] = lies; });
    for (std::uint64_t word : words)
      if (const int s = instruction::store_of(word); s >= 0) t.stored[s] = true;
    return t;
  }();

  /// Rows of so many columns that go through the sweeps together: as many as stay in the first-level cache.
  template <class Backend> static constexpr int rows_together(int cols) {
    constexpr int most = Axis == over_columns ? detail::most_rows_together<Backend> : 1;
    int rows = kept.count;
    for (pattern lies : operands.lies) rows += lies == pattern::full;
    const int together = cols > 0 && rows > 0 ? 6144 / rows / cols : most;
    return together < 1 ? 1 : together < most ? together : most;
  }

  static constexpr bool lies_flat(std::uint64_t word) {   // every operand like the domain, or one number
    for (int k = 0; k < 4; ++k) {
      const bool is_operand = k < 3 ? instruction::source_of(word, k) < 0 : instruction::store_of(word) >= 0;
      const pattern lies = k < 3 ? instruction::source_lies(word, k) : instruction::store_lies(word);
      if (is_operand && lies != pattern::full && lies != pattern::scalar) return false;
    }
    return true;
  }
  static constexpr bool needs_columns(op_kind of, int arity) { return of == op_kind::generate && arity == 0; }
  /// May whole rows be finished as one long row? Narrow results gain much from it.
  static constexpr bool flat =
      (true && ... && (lies_flat(I::word) && !needs_columns(I::functor::kind, I::functor::arity)));
};

/// The function that one kernel is: straight-line code over lanes, once per vector of the domain.
template <class Backend, class T, class Code> struct kernel;

template <class Backend, class T, group_kind Kind, int Axis, int Output, class... I>
struct kernel<Backend, T, kernel_code<Kind, Axis, Output, I...>> {
  using code = kernel_code<Kind, Axis, Output, I...>;
  using facts = kernel_facts<code>;
  using vector = typename Backend::template lanes<T>;
  using many = lanes::lane<vector>;
  using one = lanes::lane<T>;
  using place = detail::place;
  template <class L> using access = detail::lane_access<T, L>;
  template <int N> using functor = typename facts::template functor<N>;
  template <int Phase> using executed_in = typename facts::template executed_in<Phase>;
  template <int Phase> using reduced_in = typename facts::template reduced_in<Phase>;
  static constexpr int width = lanes::traits<vector>::width, count = facts::count;
  static constexpr int n_reductions = facts::n_reductions, n_operands = facts::n_operands;
  static constexpr int most_together = facts::template rows_together<Backend>(0);

  // ---- one row
  using row_state = detail::row_state<T, many, n_reductions>;
  using operand_row = detail::operand_row<T, n_operands>;
  template <int... K> static TFX_PART operand_row row_at(const call<T>& a, int r, std::integer_sequence<int, K...>) {
    const std::ptrdiff_t row = std::ptrdiff_t(r) * a.cols;
    constexpr auto& lies = facts::operands.lies;
    return {{static_cast<T*>(a.operand[K]) + (lies[K] == pattern::full ? row : lies[K] == pattern::column ? r : 0)...}};
  }
  static TFX_PART operand_row row_at(const call<T>& a, int r) {
    return row_at(a, r, std::make_integer_sequence<int, n_operands>{});
  }

  static TFX_PART T* kept_row(const row_state* row, int slot) { return row->kept + slot * row->pitch; }
  /// The result of instruction Self, if it is stored.
  template <int Self, class L> static TFX_PART void store(L x, T* const* at, place p) {
    if constexpr (constexpr int to = instruction::store_of(facts::words[Self]); to >= 0)
      access<L>::template store<instruction::store_lies(facts::words[Self])>(x, at[to], p);
  }
  /// Argument K of an instruction of a sweep: a later one finds results of reductions in `reduced`, and values of an
  /// earlier sweep where they were stored, or kept.
  template <int Self, int K, class L>
  static TFX_PART L argument(const L* reg, T* const* at, place p, const row_state* row) {
    constexpr int source = instruction::source_of(facts::words[Self], K), phase = facts::phases[Self];
    if constexpr (source < 0) {
      return access<L>::template load<instruction::source_lies(facts::words[Self], K)>(at[~source], p);
    } else if constexpr (phase < 2 || phase % 2) {
      return reg[source];
    } else if constexpr (facts::kinds[source] == op_kind::reduce || facts::phases[source] % 2) {
      return L(row->reduced[source].v);
    } else if constexpr (facts::phases[source] == phase) {
      return reg[source];
    } else {
      constexpr int stored = instruction::store_of(facts::words[source]);
      if constexpr (stored >= 0) return access<L>::template load<pattern::full>(at[stored], p);
      else return access<L>::template load<pattern::full>(kept_row(row, facts::kept.slot[source]), p);
    }
  }
  /// Instruction Self, for the place p.
  template <int Self, class L>
  static TFX_PART void execute(L* reg, const call<T>& a, T* const* at, place p, row_state* row) {
    using F = functor<Self>;
    constexpr std::uint64_t word = facts::words[Self];
    if constexpr (F::kind == op_kind::reduce) {
      const L x = argument<Self, 0>(reg, at, p, row);
      if constexpr (Axis == over_rows) {
        reg[Self] = F::combine(reg[Self], x);
      } else {
        many& strand = (*row->strands)[facts::reduction(Self)][p.strands];
        const many total = F::combine(strand, x);
        strand = p.n == width ? total : many::wrap(lanes::partial<vector>::first_of(total.v, strand.v, p.n));
      }
    } else {
      if constexpr (F::kind == op_kind::generate) {
        reg[Self] = generated<F, word, L>(a, p);
      } else if constexpr (F::arity == 1) {
        reg[Self] = F::apply(argument<Self, 0>(reg, at, p, row));
      } else if constexpr (F::arity == 2) {
        reg[Self] = F::apply(argument<Self, 0>(reg, at, p, row), argument<Self, 1>(reg, at, p, row));
      } else {
        reg[Self] = F::apply(argument<Self, 0>(reg, at, p, row), argument<Self, 1>(reg, at, p, row),
                             argument<Self, 2>(reg, at, p, row));
      }
      store<Self>(reg[Self], at, p);
      if constexpr (constexpr int slot = facts::kept.slot[Self]; slot >= 0 && facts::phases[Self] % 2 == 0)
        access<L>::template store<pattern::full>(reg[Self], kept_row(row, slot), p);
    }
  }
  template <std::uint64_t Word> static TFX_PART const T* operand_of(const call<T>& a, int source) {
    return static_cast<const T*>(a.operand[~instruction::source_of(Word, source)]);
  }
  template <class F, std::uint64_t Word, class L> static TFX_PART L generated(const call<T>& a, place p) {
    using V = decltype(L::v);
    if constexpr (F::by_column) {
      return F::template generate<V>(std::uint64_t(p.c), *a.run);
    } else {
      constexpr pattern lies = instruction::source_lies(Word, 2);
      std::uint64_t first = std::uint64_t(reinterpret_cast<std::uintptr_t>(operand_of<Word>(a, 2)));
      if constexpr (lies == pattern::full) first += std::uint64_t(p.r) * std::uint64_t(a.cols);
      if constexpr (lies == pattern::full || lies == pattern::row) first += std::uint64_t(p.c);
      if constexpr (lies == pattern::column) first += std::uint64_t(p.r);
      constexpr bool one_number = lies == pattern::scalar || lies == pattern::column;
      using G = std::conditional_t<one_number, T, V>;
      const auto drawn = F::template generate<G>(first, *a.run, *operand_of<Word>(a, 0), *operand_of<Word>(a, 1));
      if constexpr (one_number) return L(drawn.v);
      else return drawn;
    }
  }
  /// All of a phase: of a sweep, or of the tail that follows it.
  template <class L, int... Self>
  static TFX_PART void body([[maybe_unused]] L* reg, const call<T>& a, [[maybe_unused]] T* const* at,
                            [[maybe_unused]] place p, [[maybe_unused]] row_state* row,
                            std::integer_sequence<int, Self...>) {
    (execute<Self>(reg, a, at, p, row), ...);
  }
  /// Asks for what lies like the domain so many elements behind column c of a row; what will be stored, for this core
  /// alone: another one may have it.
  template <int K> static TFX_PART void ask_for(const T* operand) {
    if constexpr (facts::operands.lies[K] != pattern::full) return;
    else if constexpr (facts::operands.stored[K]) __builtin_prefetch(operand, 1);
    else __builtin_prefetch(operand);
  }
  template <int... K>
  static TFX_PART void ask_for([[maybe_unused]] T* const* at, [[maybe_unused]] std::ptrdiff_t place,
                               std::integer_sequence<int, K...>) {
    (ask_for<K>(at[K] + place), ...);
  }
  static TFX_PART void ask_for(T* const* at, std::ptrdiff_t place) {
    if constexpr (width > 1) ask_for(at, place, std::make_integer_sequence<int, n_operands>{});
  }
  /// The last sweep over a row asks for the row that comes next in its place.
  template <int Phase> static TFX_PART void ask_ahead(T* const* at, int c, const row_state* row) {
    if constexpr (most_together > 1 && Phase == 2 * facts::sweeps - 2) ask_for(at, row->ahead + c);
  }
  /// The domain's columns [begin, end) of row r, a vector at a time; whole ones without the cost of a mask.
  template <int Phase = 0>
  static TFX_PART void row_of_vectors(const call<T>& a, int r, int begin, int end, row_state* row = nullptr) {
    const operand_row operand = row_at(a, r);
    int c = begin;
    for (; c <= end - width; c += width) {
      many reg[count];
      ask_ahead<Phase>(operand.at, c, row);
      body(reg, a, operand.at, place{r, c, width}, row, executed_in<Phase>{});
    }
    if (width > 1 && c < end) {
      many reg[count];
      body(reg, a, operand.at, place{r, c, end - c}, row, executed_in<Phase>{});
    }
  }

  // ---- elementwise
  static TFX_PART void run_map(const call<T>& a) {
    const bool one_row = a.rows == 1;
    const detail::share s = one_row ? detail::share_of(a.cols, a.part, a.parts, reduce_order::strands)
                                    : detail::share_of(a.rows, a.part, a.parts, 1);
    for (int r = one_row ? 0 : s.begin; r < (one_row ? 1 : s.end); ++r)
      row_of_vectors(a, r, one_row ? s.begin : 0, one_row ? s.end : a.cols);
  }

  // ---- rows, or everything as one row
  /// Per reduction the results of blocks, the strands of a row of their own: only rows of several blocks have them.
  struct block_table {
    T value[n_reductions ? n_reductions : 1][reduce_order::strands];
  };
  /// `reduce_order::halve` of the first `used` vectors of strands.
  template <class F> static TFX_PART T halve(many* part, int used) {
    for (int half = row_state::vectors / 2; half > 0; half /= 2)
      if (used > half)
        for (int i = 0; i < half; ++i) part[i] = F::combine(part[i], part[i + half]);
    return lanes::halved<F>(part[0]);
  }
  template <int R> static TFX_PART void add_block(T& sum, one x) { sum = functor<R>::combine(one(sum), x).v; }
  template <int R> static TFX_PART void close_blocks(one* reg, block_table& blocks) {
    many part[row_state::vectors];
    for (int i = 0; i < row_state::vectors; ++i) part[i] = many::load(blocks.value[facts::reduction(R)] + i * width);
    reg[R] = one(halve<functor<R>>(part, row_state::vectors));
  }
  /// Columns [begin, end), a block of row r, in a sweep with the reductions R. While there are columns for all strands,
  /// these are in registers, if that takes few.
  template <int Phase, int... R, int... V>
  static TFX_PART void reduce_block(const call<T>& a, int r, int begin, int end, row_state& row,
                                    std::integer_sequence<int, R...>, std::integer_sequence<int, V...>) {
    const operand_row operand = row_at(a, r);
    typename row_state::strand_set& strands = *row.strands;
    (fill(strands[facts::reduction(R)], functor<R>::template identity<many>()), ...);
    int c = begin;
    if constexpr (sizeof...(V) <= 4) {
      if (end - begin >= reduce_order::strands) {
        typename row_state::strand_set in_registers;
        (fill(in_registers[facts::reduction(R)], functor<R>::template identity<many>()), ...);
        row_state here = row;
        here.strands = &in_registers;
        for (; c <= end - reduce_order::strands; c += reduce_order::strands) {
          many reg[count];
          ((ask_ahead<Phase>(operand.at, c + V * width, &row),
            body(reg, a, operand.at, place{r, c + V * width, width, V}, &here, executed_in<Phase>{})),
           ...);
        }
        (copy(strands[facts::reduction(R)], in_registers[facts::reduction(R)]), ...);
      }
    } else {
      for (; c <= end - width; c += width) {
        many reg[count];
        ask_ahead<Phase>(operand.at, c, &row);
        const place p{r, c, width, (c - begin) / width % row_state::vectors};
        body(reg, a, operand.at, p, &row, executed_in<Phase>{});
      }
    }
    for (; width > 1 && c < end; c += width) {
      many reg[count];
      const place p{r, c, end - c < width ? end - c : width, (c - begin) / width % row_state::vectors};
      body(reg, a, operand.at, p, &row, executed_in<Phase>{});
    }
  }
  /// One sweep over row r, the reductions R in it, and what is made of their results.
  template <int Phase, int... R>
  static TFX_PART void sweep_row(const call<T>& a, int r, row_state& row, std::integer_sequence<int, R...> reduced) {
    one* const reg = row.reduced;
    block_table blocks;
    const bool many_blocks = a.cols > reduce_order::block;
    if (many_blocks) (fill(blocks.value[facts::reduction(R)], functor<R>::template identity<one>().v), ...);
    int used = 1;   // vectors; strands beyond the row stay at the identity, which changes nothing
    while (used * width < a.cols && used < row_state::vectors) used *= 2;
    int begin = 0;
    do {   // an empty row has one empty block
      const int end = begin + reduce_order::block < a.cols ? begin + reduce_order::block : a.cols;
      reduce_block<Phase>(a, r, begin, end, row, reduced, std::make_integer_sequence<int, row_state::vectors>{});
      ((reg[R] = one(halve<functor<R>>((*row.strands)[facts::reduction(R)], used))), ...);
      if (many_blocks) {
        const int block = begin / reduce_order::block % reduce_order::strands;
        (add_block<R>(blocks.value[facts::reduction(R)][block], reg[R]), ...);
      }
      begin += reduce_order::block;
    } while (begin < a.cols);
    if (many_blocks) (close_blocks<R>(reg, blocks), ...);
    (store_reduced<R>(reg, a, r), ...);
    if constexpr (facts::executed(Phase + 1) > 0)
      body(reg, a, row_at(a, r).at, place{r, 0, 1}, &row, executed_in<Phase + 1>{});
  }
  template <class V, int N> static TFX_PART void fill(V (&all)[N], V value) {
    for (V& v : all) v = value;
  }
  template <class V, int N> static TFX_PART void copy(V (&to)[N], const V (&from)[N]) {
    for (int i = 0; i < N; ++i) to[i] = from[i];
  }
  template <int R> static TFX_PART void store_reduced(const one* reg, const call<T>& a, int r) {
    if constexpr (constexpr int to = instruction::store_of(facts::words[R]); to >= 0)
      static_cast<T*>(a.operand[to])[Axis == over_all ? 0 : r] = reg[R].v;
  }
  template <int Phase>
  static TFX_PART void sweep_row(const call<T>& a, int r, row_state& row, std::integer_sequence<int>) {
    row_of_vectors<Phase>(a, r, 0, a.cols, &row);
  }
  /// Rows [first, past) together, sweep after sweep: no row waits for its own reductions while there are others.
  template <int... K>
  static TFX_PART void reduce_rows(const call<T>& a, int first, int past, std::integer_sequence<int, K...>) {
    one reg[most_together][count] = {};   // defined even for rows without columns
    typename row_state::strand_set strands;
    row_state row;
    row.strands = &strands;
    row.pitch = kept_pitch(a.cols);
    row.ahead = std::ptrdiff_t(past - first) * a.cols;
    const auto each = [&](auto sweep) __attribute__((always_inline)) {
      for (int r = first; r < past; ++r) {
        row.reduced = reg[r - first];
        row.kept = a.scratch + (r - first) * facts::kept.count * row.pitch;
        sweep_row<2 * sweep.value>(a, r, row, reduced_in<2 * sweep.value>{});
      }
    };
    (each(std::integral_constant<int, K>{}), ...);
  }
  static TFX_PART void reduce_rows(const call<T>& a, int first, int past) {
    reduce_rows(a, first, past, std::make_integer_sequence<int, facts::sweeps>{});
  }
  static TFX_PART void run_rows(const call<T>& a) {
    const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
    const int together = facts::template rows_together<Backend>(a.cols);
    for (int r = s.begin; r < s.end; r += together) reduce_rows(a, r, r + together < s.end ? r + together : s.end);
  }
  static TFX_PART void run_all(const call<T>& a) {
    if (a.part == 0) reduce_rows(a, 0, 1);
  }

  // ---- columns: a panel of vectors at a time, 32 rows at a time, so that memory is read in order
  static constexpr int panel = 64;
  template <int R> static TFX_PART void combine(many* to, const many* from) {
    to[facts::reduction(R)] = functor<R>::combine(to[facts::reduction(R)], from[facts::reduction(R)]);
  }
  template <int R> static TFX_PART void add_block(many* total, many* sum) {
    total[facts::reduction(R)] = functor<R>::combine(total[facts::reduction(R)], sum[facts::reduction(R)]);
    sum[facts::reduction(R)] = functor<R>::template identity<many>();
  }
  template <int R> static TFX_PART void take_total(many* reg, const many* total, const call<T>& a, place p) {
    reg[R] = total[facts::reduction(R)];
    if constexpr (constexpr int to = instruction::store_of(facts::words[R]); to >= 0)
      lanes::partial<vector>::put(static_cast<T*>(a.operand[to]) + p.c, reg[R].v, p.n);
  }
  /// The state of a panel: per vector and reduction the chain that has been begun, the sum of the chains of a block,
  /// and the total of the blocks.
  struct column_state {
    using each_reduction = many[n_reductions ? n_reductions : 1];
    struct {
      each_reduction chain, sum, total;
    } of[panel];

    /// Calls f(vector, its place in memory) for all of it.
    template <class F> void each(const call<T>& a, int first_column, int vectors, F f) {
      const std::ptrdiff_t pitch = padded_columns(a.cols);
      for (int k = 0; k < vectors; ++k)
        for (int r = 0; r < n_reductions; ++r) {
          T* const at = a.sums + std::ptrdiff_t(r) * column_sums * pitch + first_column + k * width;
          f(of[k].chain[r], at);
          f(of[k].sum[r], at + pitch);
          f(of[k].total[r], at + 2 * pitch);
        }
    }
  };
  template <int... R>
  static TFX_PART void reduce_panel(const call<T>& a, int first_column, int past_column,
                                      std::integer_sequence<int, R...>) {
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
        ((state.of[k].sum[facts::reduction(R)] = functor<R>::template identity<many>()), ...);
        ((state.of[k].total[facts::reduction(R)] = functor<R>::template identity<many>()), ...);
      }
    }
    const int rows = a.before + a.rows;   // so far; row r is row r - a.before of this call
    const std::ptrdiff_t ahead = std::ptrdiff_t(a.cols < 2048 ? 2048 / a.cols : 1) * a.cols;
    for (int first = a.before; first < rows;) {
      const int end = (first / reduce_order::chain + 1) * reduce_order::chain, past = end < rows ? end : rows;
      if (first % reduce_order::chain == 0)
        for (int k = 0; k < vectors; ++k)
          ((state.of[k].chain[facts::reduction(R)] = functor<R>::template identity<many>()), ...);
      const auto take = [&](many* part, int k) __attribute__((always_inline)) {
        ((part[R] = state.of[k].chain[facts::reduction(R)]), ...);
      };
      const auto keep = [&](const many* part, int k) __attribute__((always_inline)) {
        ((state.of[k].chain[facts::reduction(R)] = part[R]), ...);
      };
      if (vectors <= 2) {   // a chain in a register waits for sums only
        for (int k = 0; k < vectors; ++k) {
          many part[count];
          take(part, k);
          for (int r = first - a.before; r < past - a.before; ++r)
            body(part, a, row_at(a, r).at, at(r, k), nullptr, executed_in<0>{});
          keep(part, k);
        }
      } else {
        for (int r = first - a.before; r < past - a.before; ++r) {
          const operand_row operand = row_at(a, r);
          for (int k = 0; k < vectors; ++k) {
            many part[count];
            take(part, k);
            ask_for(operand.at, ahead + at(r, k).c);
            body(part, a, operand.at, at(r, k), nullptr, executed_in<0>{});
            keep(part, k);
          }
        }
      }
      if (past == end || a.last)
        for (int k = 0; k < vectors; ++k) (combine<R>(state.of[k].sum, state.of[k].chain), ...);
      if (past % reduce_order::block == 0 || (past == rows && a.last))
        for (int k = 0; k < vectors; ++k) (add_block<R>(state.of[k].total, state.of[k].sum), ...);
      first = past;
    }
    if (!a.last) return state.each(a, first_column, vectors, [](const many& v, T* to) { v.put(to); });
    for (int k = 0; k < vectors; ++k) {
      many reg[count];
      (take_total<R>(reg, state.of[k].total, a, at(0, k)), ...);
      if constexpr (facts::executed(1) > 0) body(reg, a, row_at(a, 0).at, at(0, k), nullptr, executed_in<1>{});
    }
  }
  static TFX_PART void run_columns(const call<T>& a) {
    const detail::share s = detail::share_of(a.cols, a.part, a.parts, width);
    for (int c = s.begin; c < s.end; c += panel * width)
      reduce_panel(a, c, c + panel * width < s.end ? c + panel * width : s.end, reduced_in<0>{});
  }

  // ---- after a producer
  /// The producer whose result is made beside that of the first, or -1.
  static constexpr int beside = [] {
    int found = -1;
    for (int i = 0; i < count; ++i)
      if (Kind == group_kind::producer && is_producer(facts::kinds[i]) && i != Output) found = i;
    return found;
  }();
  /// Columns [col, col + cols) of row r: made(reg, place) sets what producers make there.
  template <class Made> static TFX_PART void finish_row(const call<T>& a, int r, int col, int cols, Made made) {
    const operand_row operand = row_at(a, r);
    for (int c = col; c < col + cols; c += width) {
      const place p{r, c, col + cols - c < width ? col + cols - c : width};
      many reg[count];
      made(reg, p);
      store<Output>(reg[Output], operand.at, p);
      if constexpr (beside >= 0) store<beside>(reg[beside], operand.at, p);
      body(reg, a, operand.at, p, nullptr, executed_in<0>{});
    }
  }
  /// What producers of the largest elements of windows make of one.
  static TFX_PART void set_maximum(many* reg, const auto& most) {
    reg[Output] = functor<Output>::of(most);
    if constexpr (beside >= 0) reg[beside] = functor<beside>::of(most);
  }
  static TFX_PART void finish(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                              std::ptrdiff_t stride) {
    using P = producer<functor<Output>, Backend, T>;
    if constexpr (requires { P::template finish_in<kernel>(a, row, rows, col, cols, block, stride); }) {
      return P::template finish_in<kernel>(a, row, rows, col, cols, block, stride);
    } else {
      if (facts::flat && cols == a.cols && stride == cols) {
        cols *= rows;
        rows = 1;
      }
      for (int i = 0; i < rows; ++i)
        finish_row(a, row + i, col, cols, [&](many* reg, place p) __attribute__((always_inline)) {
          reg[Output] = many::wrap(lanes::partial<vector>::load(block + i * stride + (p.c - col), p.n));
          if constexpr (beside >= 0) {   // without vectors, it is made by its definition
            const T* in[16] = {};
            for (int k = 0; k < functor<Output>::arity; ++k) in[k] = static_cast<const T*>(a.operand[k]);
            reg[beside] = many(functor<beside>::template element<T>(*a.geo, in, p.r, p.c, a.cols, a.contracted));
          }
        });
    }
  }
  TFX_FLATTEN static void whole_finish(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                                       std::ptrdiff_t stride) {
    finish(a, row, rows, col, cols, block, stride);
  }
  static TFX_PART void run_producer(const call<T>& a) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    using P = producer<typename Out::functor, Backend, T>;
    constexpr bool whole = requires { P::template finish_in<kernel>(a, 0, 0, 0, 0, nullptr, 0); };
    if constexpr (requires { P::template run_in<kernel>(a); }) P::template run_in<kernel>(a);
    else if constexpr (count == 1 && Out::store >= 0 && !whole)
      P::run(a, static_cast<T*>(a.operand[Out::store]), nullptr);
    else P::run(a, written(a), detail::finisher<Backend, kernel, T>());
  }
  /// An operand that an epilogue writes and that lies like the domain, so that the producer can ask for it, or null.
  static TFX_PART T* written([[maybe_unused]] const call<T>& a) {
    constexpr int found = [] {
      for (int k = 0; k < n_operands; ++k)
        if (facts::operands.stored[k] && facts::operands.lies[k] == pattern::full) return k;
      return -1;
    }();
    if constexpr (found >= 0) return static_cast<T*>(a.operand[found]);
    else return nullptr;
  }

  static TFX_PART void run(const call<T>& a) {
    if constexpr (Kind == group_kind::producer) run_producer(a);
    else if constexpr (Axis < 0) run_map(a);
    else if constexpr (Axis == over_rows) run_columns(a);
    else if constexpr (Axis == over_columns) run_rows(a);
    else run_all(a);
  }
};

/// The function by which a backend calls a kernel. One that chooses among several specialises it.
template <class Backend, class T, class Code> struct kernel_entry {
  TFX_FLATTEN static void run(const call<T>& a) { kernel<Backend, T, Code>::run(a); }
};

}  // namespace tfx
