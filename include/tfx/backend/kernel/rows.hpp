// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/body.hpp>

namespace tfx {

/// A kernel that reduces rows, each in `reduce_order::row`. A row goes through all sweeps, in turn with some others: none
/// waits for its own reductions while there are others.
template <class Backend, class T, class Code> struct row_tile : tile_body<Backend, T, Code> {
  using base = tile_body<Backend, T, Code>;
  using facts = typename base::facts;
  using typename base::place, typename base::row, typename base::tables, typename base::sweep_state, typename base::many,
      typename base::one;
  template <int N> using functor = typename facts::template functor<N>;
  static constexpr int width = base::width, sweeps = base::sweeps, strand_vectors = base::strand_vectors;
  static constexpr int most_together = base::results_apart;

  static TFX_PART void run(const tables& f) { run(f, std::make_integer_sequence<int, sweeps>{}); }

 private:
  template <int... K> static TFX_PART void run(const tables& f, std::integer_sequence<int, K...>) {
    typename base::result_set results;
    typename base::strand_set strands;
    const std::ptrdiff_t pitch = kept_pitch(f.cols);
    const int together = facts::template rows_together<Backend>(f.cols);
    for (int first = 0; first < f.rows; first += together) {
      const int n = f.rows - first < together ? f.rows - first : together;
      row at[most_together];
      for (int i = 0; i < n; ++i) at[i % most_together] = base::row_of(f, first + i);   // not step by step: g++ 12 gets that wrong for AVX2
      const auto each = [&](auto sweep) __attribute__((always_inline)) {
        constexpr int tail_phase = 2 * sweep.value + 1;
        for (int i = 0; i < n; ++i) {
          sweep_state s{strands, results + i % most_together, f.kept + i * facts::kept.count * pitch, pitch};
          sweep_row<2 * sweep.value>(f, at[i % most_together], first + i + n, s,
                                     typename base::template reduced_in<2 * sweep.value>{});
          if constexpr (facts::executed(tail_phase) > 0 && !may_be_in_lanes<tail_phase>)
            base::template body<one, tail_phase>(f, at[i % most_together].at, place{0, 1}, &s);
        }
        if constexpr (may_be_in_lanes<tail_phase>) tail(f, at, results, n, typename base::template executed_in<tail_phase>{});
      };
      (each(std::integral_constant<int, K>{}), ...);
    }
  }

  /// A sweep without reductions asks, if it is the last, for the row that takes this one's place.
  template <int Phase>
  static TFX_PART void sweep_row(const tables& f, const row& a, int later, sweep_state& s, std::integer_sequence<int>) {
    constexpr bool asks = sweeps > 1 && Phase == 2 * sweeps - 2;
    row next{};
    if constexpr (asks) next = base::row_of(f, later);
    int c = 0;
    if constexpr (!facts::is_long(Phase)) {   // as in `map_tile`
      for (; c <= f.cols - width; c += width) {
        if constexpr (asks) base::ask(next, c);
        base::template body<many, Phase>(f, a.at, place{c, width}, &s);
      }
    }
    for (; c < f.cols; c += width) {
      if constexpr (asks) base::ask(next, c);
      base::template body<many, Phase>(f, a.at, place{c, f.cols - c < width ? f.cols - c : width}, &s);
    }
  }
  /// May a tail be carried out in vectors, with a row in each lane? Not what depends on its place.
  template <int Phase> static constexpr bool may_be_in_lanes = width > 1 && facts::executed(Phase) > 0 && !facts::generates(Phase);
  /// What is made of the results of n rows. All of them are waited for: rows that are few, and long, do better alone.
  template <int... Self> static TFX_PART void tail(const tables& f, const row* at, one* results, int n, std::integer_sequence<int, Self...>) {
    for (int first = 0; first < n; first += width) {
      many reg[base::count];
      (tail_instruction<Self>(reg, f, at + first, results + first, n - first < width ? n - first : width), ...);
    }
  }
  template <int Self> static TFX_PART void tail_instruction(many* reg, const tables& f, const row* at, one* results, int rows) {
    using F = functor<Self>;
    const auto in = [&](auto k) __attribute__((always_inline)) {
      constexpr int source = instruction::source_of(facts::words[Self], k.value);
      if constexpr (source < 0) return one_of_each<~source>(f, at, rows);
      else if constexpr (facts::phases[source] == facts::phases[Self]) return reg[source];
      else return many::load(&results[facts::result(source) * base::results_apart].v);
    };
    if constexpr (F::arity == 1) reg[Self] = F::apply(in(nth<0>{}));
    else if constexpr (F::arity == 2) reg[Self] = F::apply(in(nth<0>{}), in(nth<1>{}));
    else reg[Self] = F::apply(in(nth<0>{}), in(nth<1>{}), in(nth<2>{}));
    reg[Self].put(&results[facts::result(Self) * base::results_apart].v);
    if constexpr (constexpr int to = instruction::store_of(facts::words[Self]); to >= 0) {
      if (f.apart[to] == 1) return base::operands::template put<true, facts::operands.lies[to]>(reg[Self], at[0].at[to], place{0, rows});
      for (int i = 0; i < rows; ++i)
        base::operands::template put<false, facts::operands.lies[to]>(results[facts::result(Self) * base::results_apart + i], at[i].at[to], place{0, 1});
    }
  }
  /// An operand's number in each of some rows.
  template <int K> static TFX_PART many one_of_each(const tables& f, const row* at, int rows) {
    if (f.apart[K] == 0) return base::operands::template load<false, facts::operands.lies[K], many>(at[0].at[K], place{0, rows});
    if (f.apart[K] == 1) return base::operands::template load<true, facts::operands.lies[K], many>(at[0].at[K], place{0, rows});
    T each[width] = {};
    for (int i = 0; i < rows; ++i) each[i] = base::operands::template load<false, facts::operands.lies[K], one>(at[i].at[K], place{0, 1}).v;
    return many::load(each);
  }
  template <int K> using nth = std::integral_constant<int, K>;

  /// A sweep with the reductions R.
  template <int Phase, int... R>
  static TFX_PART void sweep_row(const tables& f, const row& a, int, sweep_state& s,
                                 std::integer_sequence<int, R...>) {
    if constexpr (facts::is_long(Phase)) add_blocks<Phase, R...>(f, a, s);   // much code stands there once
    else if (f.cols <= reduce_order::strands) add_short<Phase, R...>(f, a, s);
    else add_blocks<Phase, R...>(f, a, s);
    (base::template put_result<R>(s, a.at, place{0, 1}), ...);
  }
  /// A row with at most one element for every strand.
  template <int Phase, int... R> static TFX_PART void add_short(const tables& f, const row& a, sweep_state& s) {
    const int used = vectors_used(f.cols);
    int c = 0, v = 0;
    for (; c <= f.cols - width; c += width) base::template body<many, Phase, true>(f, a.at, place{c, width, v++}, &s);
    for (; c < f.cols; c += width)
      base::template body<many, Phase, true>(f, a.at, place{c, f.cols - c < width ? f.cols - c : width, v++}, &s);
    for (; v < used; ++v) ((s.strands[facts::reduction(R)][v] = functor<R>::template identity<many>()), ...);
    ((s.template result<R>() = one(halve<functor<R>>(s.strands[facts::reduction(R)], used))), ...);
  }
  template <int Phase, int... R> static TFX_PART void add_blocks(const tables& f, const row& a, sweep_state& s) {
    T blocks[base::n_reductions][reduce_order::strands];   // results of blocks, the strands of a row of their own
    const bool many_blocks = f.cols > reduce_order::block;
    if (many_blocks)
      (base::fill(blocks[facts::reduction(R)], functor<R>::template identity<one>().v), ...);
    const int used = vectors_used(f.cols);
    int begin = 0;
    do {   // an empty row has one empty block
      const int end = f.cols - begin < reduce_order::block ? f.cols : begin + reduce_order::block;
      (base::fill(s.strands[facts::reduction(R)], functor<R>::template identity<many>()), ...);
      add_block<Phase, R...>(f, a, begin, end, s, std::make_integer_sequence<int, strand_vectors>{});
      ((s.template result<R>() = one(halve<functor<R>>(s.strands[facts::reduction(R)], used))), ...);
      if (many_blocks) {
        const int block = begin / reduce_order::block % reduce_order::strands;
        (combine<R>(blocks[facts::reduction(R)][block], s.template result<R>()), ...);
      }
      begin += reduce_order::block;
    } while (begin < f.cols);
    if (many_blocks) (close_blocks<R>(s, blocks[facts::reduction(R)]), ...);
  }
  /// Strands beyond the row stay at the identity, which changes nothing.
  static TFX_PART int vectors_used(int cols) {
    int used = 1;
    while (used * width < cols && used < strand_vectors) used *= 2;
    return used;
  }
  /// Columns [begin, end), a block of a row. While there are columns for all strands, these are in registers, if that
  /// takes few, and little code.
  template <int Phase, int... R, int... V>
  static TFX_PART void add_block(const tables& f, const row& a, int begin, int end, sweep_state& s,
                                 std::integer_sequence<int, V...>) {
    int c = begin;
    if constexpr (sizeof...(V) <= 4 && !facts::is_long(Phase)) {
      if (end - begin >= reduce_order::strands) {
        typename base::strand_set in_registers;
        (base::fill(in_registers[facts::reduction(R)], functor<R>::template identity<many>()), ...);
        sweep_state here = s;
        here.strands = in_registers;
        for (; c <= end - reduce_order::strands; c += reduce_order::strands)
          (base::template body<many, Phase>(f, a.at, place{c + V * width, width, V}, &here), ...);
        for (int i = 0; i < strand_vectors; ++i)
          ((s.strands[facts::reduction(R)][i] = in_registers[facts::reduction(R)][i]), ...);
      }
    } else if constexpr (sizeof...(V) > 4) {   // whole vectors have a loop of their own where masks are not free
      for (; c <= end - width; c += width)
        base::template body<many, Phase>(f, a.at, place{c, width, (c - begin) / width % strand_vectors}, &s);
    }
    for (; c < end; c += width) {
      const place p{c, end - c < width ? end - c : width, (c - begin) / width % strand_vectors};
      base::template body<many, Phase>(f, a.at, p, &s);
    }
  }
  /// `reduce_order::halve` of the first `used` vectors of strands.
  template <class F> static TFX_PART T halve(many* part, int used) {
    for (int half = strand_vectors / 2; half > 0; half /= 2)
      if (used > half)
        for (int i = 0; i < half; ++i) part[i] = F::combine(part[i], part[i + half]);
    return lanes::halved<F>(part[0]);
  }
  template <int R> static TFX_PART void combine(T& to, one x) { to = functor<R>::combine(one(to), x).v; }
  template <int R> static TFX_PART void close_blocks(sweep_state& s, const T* blocks) {
    many part[strand_vectors];
    for (int i = 0; i < strand_vectors; ++i) part[i] = many::load(blocks + i * width);
    s.template result<R>() = one(halve<functor<R>>(part, strand_vectors));
  }
};

}  // namespace tfx
