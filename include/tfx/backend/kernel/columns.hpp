// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/body.hpp>

namespace tfx {

/// A kernel that reduces columns, each in `reduce_order::column`: a panel of vectors at a time, 32 rows at a time, so that
/// memory is read in order. A panel goes through all sweeps; the rows of one sweep may come in several calls.
template <class Backend, class T, class Code> struct column_tile : tile_body<Backend, T, Code> {
  using base = tile_body<Backend, T, Code>;
  using facts = typename base::facts;
  using typename base::place, typename base::row, typename base::tables, typename base::sweep_state, typename base::many;
  template <int N> using functor = typename facts::template functor<N>;
  static constexpr int width = base::width, sweeps = base::sweeps;
  static constexpr int panel = sweeps > 1 ? kept_panel / 16 : 64;   ///< vectors; what sweeps keep of it stays in a cache

  static TFX_PART void run(const tables& f) { run(f, std::make_integer_sequence<int, sweeps>{}); }

 private:
  /// Of a vector of columns, per reduction: the chain that has been begun, the sum of the chains of a block, and the total
  /// of the blocks.
  struct columns {
    typename base::strand_set chain;
    many sum[base::n_reductions], total[base::n_reductions];
    typename base::result_set results;
  };
  struct range {
    int begin, end;
    int vectors() const { return (end - begin + width - 1) / width; }
    place at(int k) const {
      const int c = begin + k * width;
      return {c, end - c < width ? end - c : width};
    }
  };

  template <int... K> static TFX_PART void run(const tables& f, std::integer_sequence<int, K...>) {
    columns of[panel];
    for (int c = 0; c < f.cols; c += panel * width) {
      const range part{c, f.cols - c < panel * width ? f.cols : c + panel * width};
      (sweep<2 * K>(f, part, of, typename base::template reduced_in<2 * K>{}), ...);
    }
  }
  template <int Phase, int... R>
  static TFX_PART void sweep(const tables& f, range part, columns* of, std::integer_sequence<int, R...>) {
    const int n = part.vectors(), rows = f.before + f.rows;   // rows so far; row r is row r - f.before of this call
    if constexpr (sizeof...(R) > 0) {
      for (int k = 0; k < n; ++k) {
        if (f.before > 0) each(of[k], f, part.at(k).c, [](many& v, const T* from) { v = many::load(from); });
        else (open<R>(of[k]), ...);
      }
    }
    for (int first = f.before; first < rows;) {
      const int chain_end = (first / reduce_order::chain + 1) * reduce_order::chain;
      const int past = chain_end < rows ? chain_end : rows;
      add_rows<Phase, R...>(f, part, of, first - f.before, past - f.before);
      for (int k = 0; k < n; ++k) (close_chain<R>(of[k], past, past == rows && f.last), ...);
      first = past;
    }
    if constexpr (sizeof...(R) > 0) {
      const row a = base::row_of(f, 0);
      for (int k = 0; k < n; ++k) {
        if (!f.last) {
          each(of[k], f, part.at(k).c, [](const many& v, T* to) { v.put(to); });
          continue;
        }
        sweep_state s{of[k].chain, of[k].results, nullptr, 0};
        ((s.template result<R>() = of[k].total[facts::reduction(R)]), ...);
        (base::template put_result<R>(s, a.at, part.at(k)), ...);
        if constexpr (facts::executed(Phase + 1) > 0)
          base::template body<many, Phase + 1>(f, a.at, part.at(k), &s);
      }
    }
  }
  /// Rows of one chain. Few vectors take their turn as columns: a chain in a register waits for sums only.
  template <int Phase, int... R>
  static TFX_PART void add_rows(const tables& f, range part, columns* of, int begin, int end) {
    const int n = part.vectors(), pitch = (part.end - part.begin + 15) / 16 * 16;
    const auto state = [&](columns& c, typename base::strand_set& chain, int r) __attribute__((always_inline)) {
      if constexpr (sweeps == 1) return sweep_state{chain, c.results, nullptr, 0};
      else return sweep_state{chain, c.results, f.kept + std::ptrdiff_t(r) * pitch - part.begin, std::ptrdiff_t(f.rows) * pitch};
    };
    if (sweeps == 1 && n <= 2) {
      for (int k = 0; k < n; ++k) {
        typename base::strand_set chain;
        ((chain[facts::reduction(R)][0] = of[k].chain[facts::reduction(R)][0]), ...);
        row a = base::row_of(f, begin);
        for (int r = begin; r < end; ++r, base::advance(a, f)) {
          sweep_state s = state(of[k], chain, r);
          base::template body<many, Phase>(f, a.at, part.at(k), &s);
        }
        ((of[k].chain[facts::reduction(R)][0] = chain[facts::reduction(R)][0]), ...);
      }
      return;
    }
    row a = base::row_of(f, begin), later = base::row_of(f, begin + (f.cols < 2048 ? 2048 / f.cols : 1));
    for (int r = begin; r < end; ++r, base::advance(a, f), base::advance(later, f))
      for (int k = 0; k < n; ++k) {
        if constexpr (sweeps == 1) base::ask(later, part.at(k).c);
        sweep_state s = state(of[k], of[k].chain, r);
        base::template body<many, Phase>(f, a.at, part.at(k), &s);
      }
  }
  template <int R> static TFX_PART void open(columns& c) {
    constexpr int i = facts::reduction(R);
    c.chain[i][0] = c.sum[i] = c.total[i] = functor<R>::template identity<many>();
  }
  /// After so many rows: chains of 32 are added to the sum of their block, blocks of 4096 to the total. `end`: these were
  /// all rows.
  template <int R> static TFX_PART void close_chain(columns& c, int rows, bool end) {
    constexpr int i = facts::reduction(R);
    using F = functor<R>;
    if (rows % reduce_order::chain == 0 || end) {
      c.sum[i] = F::combine(c.sum[i], c.chain[i][0]);
      c.chain[i][0] = F::template identity<many>();
    }
    if (rows % reduce_order::block == 0 || end) {
      c.total[i] = F::combine(c.total[i], c.sum[i]);
      c.sum[i] = F::template identity<many>();
    }
  }
  /// Calls use(vector, its memory between calls) for all of the columns from c on.
  template <class Use> static TFX_PART void each(columns& of, const tables& f, int c, Use use) {
    for (int i = 0; i < base::n_reductions; ++i) {
      T* const at = f.sums + std::ptrdiff_t(i) * column_sums * f.pitch + c;
      use(of.chain[i][0], at);
      use(of.sum[i], at + f.pitch);
      use(of.total[i], at + 2 * f.pitch);
    }
  }
};

}  // namespace tfx
