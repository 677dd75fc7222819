// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/code.hpp>
#include <tfx/backend/kernel/operand.hpp>
#include <tfx/lanes/reduce_order.hpp>

namespace tfx {

/// What the forms of a kernel share: its instructions as straight-line code over lanes, for one vector of a row.
template <class Backend, class T, class Code>
struct tile_body : tile_operands<T, typename Backend::template lanes<T>, kernel_facts<Code>> {
  using facts = kernel_facts<Code>;
  using vector = typename Backend::template lanes<T>;
  using operands = tile_operands<T, vector, facts>;
  using typename operands::place, typename operands::row, typename operands::tables;
  using many = lanes::lane<vector>;
  using one = lanes::lane<T>;
  template <int N> using functor = typename facts::template functor<N>;
  template <int Phase> using executed_in = typename facts::template executed_in<Phase>;
  template <int Phase> using reduced_in = typename facts::template reduced_in<Phase>;
  static constexpr int width = operands::width, count = facts::count, sweeps = facts::sweeps;
  static constexpr int n_reductions = facts::n_reductions ? facts::n_reductions : 1;

  static constexpr bool across = facts::kind == form::rows;
  /// One result per row, or one per column.
  using result_lane = std::conditional_t<across, one, many>;
  /// Per reduction, the vectors that add up: the strands of a row, or one chain of these columns.
  static constexpr int strand_vectors = across ? reduce_order::strands / width : 1;
  using strand_set = many[n_reductions][strand_vectors];
  /// Of rows, results of those that go through the sweeps together lie side by side.
  static constexpr int results_apart = across ? facts::template rows_together<Backend>(0) : 1;
  using result_set = result_lane[(facts::n_results ? facts::n_results : 1) * results_apart];

  /// What the sweeps over a row, or over a vector of columns, have in common.
  struct sweep_state {
    many (*strands)[strand_vectors];
    result_lane* results;
    T* kept;               ///< values that a later sweep reads, of this row
    std::ptrdiff_t pitch;  ///< from one kept value to the next

    template <int Self> TFX_PART result_lane& result() const { return results[facts::result(Self) * results_apart]; }
  };

  /// All instructions of a phase: of a sweep, or of the tail that follows it. `First`: nothing is in these strands yet.
  template <class L, int Phase, bool First = false>
  static TFX_PART void body(const tables& f, T* const* at, place p, sweep_state* s = nullptr) {
    body<L, First>(f, at, p, s, executed_in<Phase>{});
  }
  /// The result of reduction R, where it is stored.
  template <int R> static TFX_PART void put_result(const sweep_state& s, T* const* at, place p) {
    if constexpr (constexpr int to = instruction::store_of(facts::words[R]); to >= 0)
      operands::template put<!across, instruction::store_class(facts::words[R]).lies>(s.template result<R>(), at[to], p);
  }
  template <class L, int N> static TFX_PART void fill(L (&all)[N], L value) {
    for (L& each : all) each = value;
  }

 private:
  /// Argument K of an instruction: results of reductions are at hand, and values of an earlier sweep where they were
  /// stored, or kept.
  template <int Self, int K, class L>
  static TFX_PART L argument(const L* reg, T* const* at, place p, const sweep_state* s) {
    constexpr int source = instruction::source_of(facts::words[Self], K);
    if constexpr (source < 0) {
      constexpr instruction::operand_class is = instruction::source_class(facts::words[Self], K);
      return operands::template load<is.moves, is.lies, L>(at[~source], p);
    } else if constexpr (facts::is_result(source)) {
      if constexpr (std::is_same_v<L, result_lane>) return s->template result<source>();
      else return L(s->template result<source>().v);
    } else if constexpr (facts::phases[source] == facts::phases[Self]) {
      return reg[source];
    } else if constexpr (constexpr int stored = instruction::store_of(facts::words[source]); stored >= 0) {
      return operands::template load<true, instruction::store_class(facts::words[source]).lies, L>(at[stored], p);
    } else {
      return operands::template load<true, lies_as::word, L>(s->kept + facts::kept.slot[source] * s->pitch, p);
    }
  }
  template <int Self, class L>
  static TFX_PART L computed(const L* reg, const tables& f, T* const* at, place p, const sweep_state* s) {
    using F = functor<Self>;
    if constexpr (F::kind == op_kind::generate) return generated<Self, L>(f, at, p);
    else if constexpr (F::arity == 1) return F::apply(argument<Self, 0>(reg, at, p, s));
    else if constexpr (F::arity == 2) return F::apply(argument<Self, 0>(reg, at, p, s), argument<Self, 1>(reg, at, p, s));
    else
      return F::apply(argument<Self, 0>(reg, at, p, s), argument<Self, 1>(reg, at, p, s),
                      argument<Self, 2>(reg, at, p, s));
  }
  template <int Self, int K> static TFX_PART const T* source_at(T* const* at) {
    return at[~instruction::source_of(facts::words[Self], K)];
  }
  /// A generator's place is its last source.
  template <int Self, class L> static TFX_PART L generated(const tables& f, T* const* at, place p) {
    using F = functor<Self>;
    constexpr bool moves = instruction::source_class(facts::words[Self], F::arity).moves;
    using V = std::conditional_t<moves, decltype(L::v), T>;
    const std::uint64_t first = place_at(source_at<Self, F::arity>(at)) + (moves ? std::uint64_t(p.c) : 0);
    if constexpr (F::arity == 0) return L(F::template generate<V>(first, *f.run).v);
    else return L(F::template generate<V>(first, *f.run, *source_at<Self, 0>(at), *source_at<Self, 1>(at)).v);
  }
  template <int Self, bool First, class L>
  static TFX_PART void execute(L* reg, const tables& f, T* const* at, place p, sweep_state* s) {
    using F = functor<Self>;
    if constexpr (F::kind == op_kind::reduce) {
      many& strand = s->strands[facts::reduction(Self)][p.strands];
      const many before = First ? F::template identity<many>() : strand;
      const many total = F::combine(before, argument<Self, 0>(reg, at, p, s));
      strand = !across || p.n == width ? total : many::wrap(lanes::partial<vector>::first_of(total.v, before.v, p.n));
    } else {
      const L x = computed<Self>(reg, f, at, p, s);
      if constexpr (facts::is_result(Self)) s->template result<Self>() = x;
      else reg[Self] = x;
      if constexpr (constexpr int to = instruction::store_of(facts::words[Self]); to >= 0) {
        constexpr instruction::operand_class is = instruction::store_class(facts::words[Self]);
        operands::template put<is.moves, is.lies>(x, at[to], p);
      }
      if constexpr (constexpr int slot = facts::kept.slot[Self]; slot >= 0)
        operands::template put<true, lies_as::word>(x, s->kept + slot * s->pitch, p);
    }
  }
  template <class L, bool First, int... Self>
  static TFX_PART void body(const tables& f, T* const* at, place p, sweep_state* s,
                            std::integer_sequence<int, Self...>) {
    L reg[count];
    (execute<Self, First>(reg, f, at, p, s), ...);
  }
};

}  // namespace tfx
