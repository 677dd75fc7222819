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

/// What all kernels over lanes L of scalars T are made of. Every function is inlined with constant arguments, so choosing by
/// them costs nothing; being shared by all kernels, it is compiled once.
template <class T, class L> struct lane_access {
  using vector = decltype(L::v);
  static constexpr int width = lanes::traits<vector>::width;

  static TFX_INLINE T* address(const call<T>& a, int operand, pattern lies, place p) {
    T* const base = static_cast<T*>(a.operand[operand]);
    if (lies == pattern::scalar) return base;
    if (lies == pattern::row) return base + p.c;
    if (lies == pattern::column) return base + p.r;
    return base + std::ptrdiff_t(p.r) * a.cols + p.c;
  }
  static TFX_INLINE L fetch(const L* reg, const call<T>& a, std::uint64_t word, int k, place p) {
    const int source = instruction::source_of(word, k);
    if (source >= 0) return reg[source];
    const pattern lies = instruction::source_lies(word, k);
    const T* const from = address(a, ~source, lies, p);
    if (width == 1 || lies == pattern::scalar || lies == pattern::column) return L(*from);
    return L::wrap(lanes::partial<vector>::load(from, p.n));
  }
  static TFX_INLINE void store(L x, const call<T>& a, std::uint64_t word, place p) {
    const pattern lies = instruction::store_lies(word);
    T* const to = address(a, instruction::store_of(word), lies, p);
    lanes::partial<vector>::put(to, x.v, width == 1 || lies == pattern::scalar || lies == pattern::column ? 1 : p.n);
  }
};

/// Accumulators of the reductions of a kernel along rows.
template <class T, int Count> struct strand_table {
  alignas(64) T value[Count ? Count : 1][reduce_order::strands];
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

  static constexpr int n_reductions = (0 + ... + int(I::functor::kind == op_kind::reduce));
  using strand_table = detail::strand_table<T, n_reductions>;
  static constexpr bool has_tail = (false || ... || (I::phase == 1));

  /// The number of a reduction among the reductions.
  static constexpr int reduction(int at) {
    const bool is_reduction[] = {(I::functor::kind == op_kind::reduce)...};
    int n = 0;
    for (int i = 0; i < at; ++i) n += is_reduction[i];
    return n;
  }

  template <class Ins, int Phase, class L> static TFX_INLINE void execute(L* reg, int self, const call<T>& a, place p, strand_table* strands) {
    using F = typename Ins::functor;
    using X = access<L>;
    constexpr std::uint64_t word = Ins::word;
    if constexpr (Ins::phase != Phase || is_producer(F::kind)) {
      // belongs to the other phase, or its value is in reg already
    } else if constexpr (F::kind == op_kind::reduce) {
      const L x = X::fetch(reg, a, word, 0, p);
      if constexpr (Axis == over_rows) {
        reg[self] = F::combine(reg[self], x);
      } else {
        T* const strand = strands->value[reduction(self)] + p.c % reduce_order::strands;
        lanes::partial<vector>::put(strand, F::combine(L::load(strand), x).v, p.n);
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
        reg[self] = F::apply(X::fetch(reg, a, word, 0, p));
      } else if constexpr (F::arity == 2) {
        reg[self] = F::apply(X::fetch(reg, a, word, 0, p), X::fetch(reg, a, word, 1, p));
      } else {
        reg[self] = F::apply(X::fetch(reg, a, word, 0, p), X::fetch(reg, a, word, 1, p), X::fetch(reg, a, word, 2, p));
      }
      if constexpr (Ins::store >= 0) X::store(reg[self], a, word, p);
    }
  }
  static TFX_INLINE void body(many* reg, const call<T>& a, place p, strand_table* strands = nullptr) {
    (execute<I, 0>(reg, int(At), a, p, strands), ...);
  }
  template <class L> static TFX_INLINE void tail(L* reg, const call<T>& a, place p) {
    if constexpr (has_tail) (execute<I, 1>(reg, int(At), a, p, nullptr), ...);
  }
  /// The domain's columns [begin, end) of row r, a vector at a time.
  static TFX_INLINE void row_of_vectors(const call<T>& a, int r, int begin, int end, strand_table* strands = nullptr) {
    for (int c = begin; c < end; c += width) {
      many reg[count];
      body(reg, a, place{r, c, end - c < width ? end - c : width}, strands);
    }
  }

  // ---- elementwise
  static void run_map(const call<T>& a) {
    const bool one_row = a.rows == 1;
    const detail::share s = one_row ? detail::share_of(a.cols, a.part, a.parts, reduce_order::strands) : detail::share_of(a.rows, a.part, a.parts, 1);
    for (int r = one_row ? 0 : s.begin; r < (one_row ? 1 : s.end); ++r) row_of_vectors(a, r, one_row ? s.begin : 0, one_row ? s.end : a.cols);
  }

  // ---- rows, or everything as one row
  template <class Ins> static TFX_INLINE void reset(strand_table& strands, int self, int used) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      const many identity = Ins::functor::template identity<many>();
      for (int i = 0; i < used; i += width) identity.put(strands.value[reduction(self)] + i);
    }
  }
  template <class F> static T halve(T* strand, int used) {
    int half = used / 2;
    for (; half >= width; half /= 2)
      for (int i = 0; i < half; i += width) F::combine(many::load(strand + i), many::load(strand + i + half)).put(strand + i);
    for (; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) strand[i] = F::combine(one(strand[i]), one(strand[i + half])).v;
    return strand[0];
  }
  template <class Ins> static TFX_INLINE void close(one* reg, int self, strand_table& strands, strand_table& blocks, int used, int block) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      using F = typename Ins::functor;
      reg[self] = one(halve<F>(strands.value[reduction(self)], used));
      T& slot = blocks.value[reduction(self)][block % reduce_order::strands];
      slot = F::combine(one(slot), reg[self]).v;
    }
  }
  template <class Ins> static TFX_INLINE void close_row(one* reg, int self, strand_table& blocks, bool many_blocks, const call<T>& a, int r) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      if (many_blocks) reg[self] = one(halve<typename Ins::functor>(blocks.value[reduction(self)], reduce_order::strands));
      if constexpr (Ins::store >= 0) static_cast<T*>(a.operand[Ins::store])[Axis == over_all ? 0 : r] = reg[self].v;
    }
  }
  static TFX_INLINE void reduce_row(const call<T>& a, int r) {
    strand_table strands, blocks;
    one reg[count] = {};   // defined even for a row without columns
    const bool many_blocks = a.cols > reduce_order::block;
    int used = width;   // strands beyond the row stay at the identity: they need not be there
    while (used < a.cols && used < reduce_order::strands) used *= 2;
    (reset<I>(blocks, int(At), many_blocks ? reduce_order::strands : width), ...);
    int begin = 0, k = 0;
    do {   // an empty row has one empty block
      (reset<I>(strands, int(At), used), ...);
      row_of_vectors(a, r, begin, begin + reduce_order::block < a.cols ? begin + reduce_order::block : a.cols, &strands);
      (close<I>(reg, int(At), strands, blocks, used, k), ...);
      begin += reduce_order::block;
      ++k;
    } while (begin < a.cols);
    (close_row<I>(reg, int(At), blocks, many_blocks, a, r), ...);
    tail(reg, a, place{r, 0, 1});
  }
  static void run_rows(const call<T>& a) {
    const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
    for (int r = s.begin; r < s.end; ++r) reduce_row(a, r);
  }
  static void run_all(const call<T>& a) {
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
  static TFX_INLINE void reduce_panel(const call<T>& a, int first_column, int past_column) {
    many sum[panel][n_reductions ? n_reductions : 1], total[panel][n_reductions ? n_reductions : 1];
    const int vectors = (past_column - first_column + width - 1) / width;
    auto at = [&](int r, int k) {
      const int c = first_column + k * width;
      return place{r, c, past_column - c < width ? past_column - c : width};
    };
    for (int k = 0; k < vectors; ++k) {
      (restart<I>(sum[k], int(At)), ...);
      (restart<I>(total[k], int(At)), ...);
    }
    for (int begin = 0; begin < a.rows; begin += reduce_order::block) {
      const int end = begin + reduce_order::block < a.rows ? begin + reduce_order::block : a.rows;
      for (int first = begin; first < end; first += reduce_order::chain) {
        const int past = first + reduce_order::chain < end ? first + reduce_order::chain : end;
        for (int k = 0; k < vectors; ++k) {
          many part[count];
          (clear<I>(part, int(At)), ...);
          for (int r = first; r < past; ++r) body(part, a, at(r, k));
          (combine<I>(sum[k], part, int(At)), ...);
        }
      }
      for (int k = 0; k < vectors; ++k) (add_block<I>(total[k], sum[k], int(At)), ...);
    }
    for (int k = 0; k < vectors; ++k) {
      many reg[count];
      (take_total<I>(reg, total[k], int(At), a, at(0, k)), ...);
      tail(reg, a, at(0, k));
    }
  }
  static void run_columns(const call<T>& a) {
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

  static void finish(const call<T>& a, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    if (flat && cols == a.cols && stride == cols) {
      cols *= rows;
      rows = 1;
    }
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < cols; j += width) {
        const place p{row + i, col + j, cols - j < width ? cols - j : width};
        many reg[count];
        reg[Output] = many::wrap(lanes::partial<vector>::load(block + i * stride + j, p.n));
        if constexpr (Out::store >= 0) access<many>::store(reg[Output], a, Out::word, p);
        body(reg, a, p);
      }
  }
  static void run_producer(const call<T>& a) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    using P = producer<typename Out::functor, Backend, T>;
    if constexpr (requires { P::template run_in<kernel>(a); }) P::template run_in<kernel>(a);
    else if constexpr (count == 1 && Out::store >= 0) P::run(a, static_cast<T*>(a.operand[Out::store]), nullptr);
    else P::run(a, nullptr, &finish);
  }

  static void run(const call<T>& a) {
    if constexpr (Kind == group_kind::producer) run_producer(a);
    else if constexpr (Axis < 0) run_map(a);
    else if constexpr (Axis == over_rows) run_columns(a);
    else if constexpr (Axis == over_columns) run_rows(a);
    else run_all(a);
  }
};

}  // namespace tfx
