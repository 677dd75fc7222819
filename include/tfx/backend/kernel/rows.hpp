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
  static constexpr int most_together = facts::template rows_together<Backend>(0);

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
      for (int i = 0; i < n; ++i) at[i % most_together] = base::row_of(f, first + i);
      const auto each = [&](auto sweep) __attribute__((always_inline)) {
        for (int i = 0; i < n; ++i) {
          sweep_state s{strands, results + i % most_together, f.kept + i * facts::kept.count * pitch, pitch};
          sweep_row<2 * sweep.value>(f, at[i % most_together], first + i + n, s,
                                     typename base::template reduced_in<2 * sweep.value>{});
        }
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
  /// A sweep with the reductions R, and what is made of their results.
  template <int Phase, int... R>
  static TFX_PART void sweep_row(const tables& f, const row& a, int, sweep_state& s,
                                 std::integer_sequence<int, R...>) {
    T blocks[base::n_reductions][reduce_order::strands];   // results of blocks, the strands of a row of their own
    const bool many_blocks = f.cols > reduce_order::block;
    if (many_blocks)
      (base::fill(blocks[facts::reduction(R)], functor<R>::template identity<one>().v), ...);
    int used = 1;   // vectors; strands beyond the row stay at the identity, which changes nothing
    while (used * width < f.cols && used < strand_vectors) used *= 2;
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
    (base::template put_result<R>(s, a.at, place{0, 1}), ...);
    if constexpr (facts::executed(Phase + 1) > 0) base::template body<one, Phase + 1>(f, a.at, place{0, 1}, &s);
  }
  /// Columns [begin, end), a block of a row. While there are columns for all strands, these are in registers, if that
  /// takes few.
  template <int Phase, int... R, int... V>
  static TFX_PART void add_block(const tables& f, const row& a, int begin, int end, sweep_state& s,
                                 std::integer_sequence<int, V...>) {
    int c = begin;
    if constexpr (sizeof...(V) <= 4) {
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
    } else {   // whole vectors have a loop of their own
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
