// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>

/// Fused kernels on a processor without the instruction sets that kernels are compiled for: a kernel is a table, which
/// one function carries out, 64 columns at a time. The same bits as all other versions, and next to nothing to compile.
namespace tfx::detail {

/// The lanes of one instruction. An input has one number for all lanes where its step is 0.
template <class T> struct plain_lanes {
  T* out;
  const T* in[3];
  int step[3];
  int n;
  std::uint64_t first;  ///< of a generator: the place of lane 0
  int place_step;
  const run_state* run;
};

/// One instruction: its lanes computed, and of a reduction combined with what is there.
template <class T> struct plain_instruction {
  std::uint64_t word;
  op_kind kind;
  int arity;
  int kept;    ///< row of scratch memory, or -1
  T identity;  ///< of a reduction
  void (*run)(const plain_lanes<T>&);
};

template <class F, class T> TFX_COLD void run_plain(const plain_lanes<T>& s) {
  using one = lanes::lane<T>;
  for (int i = 0; i < s.n; ++i) {
    const auto in = [&](int k) { return one(s.in[k][std::ptrdiff_t(i) * s.step[k]]); };
    const std::uint64_t place = s.first + std::uint64_t(i * s.place_step);
    if constexpr (F::kind == op_kind::reduce) s.out[i] = F::combine(one(s.out[i]), in(0)).v;
    else if constexpr (F::kind == op_kind::generate && F::arity == 0)
      s.out[i] = F::template generate<T>(place, *s.run).v;
    else if constexpr (F::kind == op_kind::generate)
      s.out[i] = F::template generate<T>(place, *s.run, *s.in[0], *s.in[1]).v;
    else if constexpr (F::arity == 1) s.out[i] = F::apply(in(0)).v;
    else if constexpr (F::arity == 2) s.out[i] = F::apply(in(0), in(1)).v;
    else s.out[i] = F::apply(in(0), in(1), in(2)).v;
  }
}

template <class F, class T> constexpr plain_instruction<T> plain_form(std::uint64_t word, int kept) {
  plain_instruction<T> made = {word, F::kind, F::arity, kept, T(0), nullptr};
  if constexpr (!is_producer(F::kind)) made.run = &run_plain<F, T>;
  if constexpr (F::kind == op_kind::reduce) made.identity = F::template identity<lanes::lane<T>>().v;
  return made;
}

/// A kernel as a table.
template <class T> struct plain_kernel {
  const plain_instruction<T>* code;
  int count, axis, sweeps, output, n_reductions;
  bool flat;
};

template <class T, class Code> struct plain_table;
template <class T, group_kind Kind, int Axis, int Output, class... I>
struct plain_table<T, kernel_code<Kind, Axis, Output, I...>> {
  using facts = kernel_facts<kernel_code<Kind, Axis, Output, I...>>;
  template <int... N> static constexpr auto fill(std::integer_sequence<int, N...>) {
    struct table {
      plain_instruction<T> code[sizeof...(I)];
    };
    return table{{plain_form<typename I::functor, T>(I::word, facts::kept.slot[N])...}};
  }
  static constexpr auto table = fill(std::make_integer_sequence<int, facts::count>{});
  static constexpr plain_kernel<T> value = {table.code, facts::count, Axis, facts::sweeps, Output, facts::n_reductions,
                                            facts::flat};
};

/// Carries out a kernel. `memory` has room for `plain_machine::elements(kernel)`.
template <class T> struct plain_machine {
  static constexpr int width = reduce_order::strands;
  static constexpr int elements(int count, int reductions) { return count * (width + 1) + 3 * reductions * width; }

  const plain_kernel<T>& k;
  const call<T>& a;
  T* const vectors;                      ///< per instruction
  T* const single = vectors + k.count * width;  ///< per instruction, of what is one number in a row
  T* const chains = single + k.count;    ///< per reduction; of rows, the results of blocks
  T* const block_sums = chains + k.n_reductions * width;
  T* const totals = block_sums + k.n_reductions * width;

  T* address(int operand, pattern lies, place p) const {
    T* const base = static_cast<T*>(a.operand[operand]);
    switch (lies) {
      case pattern::full: return base + std::ptrdiff_t(p.r) * a.cols + p.c;
      case pattern::row: return base + p.c;
      case pattern::column: return base + p.r;
      default: return base;
    }
  }
  TFX_COLD static void copy(T* to, const T* from, int n) {
    for (int i = 0; i < n; ++i) to[i] = from[i];
  }
  TFX_COLD static void fill(T* to, T value) {
    for (int i = 0; i < width; ++i) to[i] = value;
  }

  /// Input j of instruction i, whose results lie in rows of `pitch` elements from `bank` on.
  TFX_COLD void find_input(plain_lanes<T>& s, int i, int j, place p, T* bank, int pitch) const {
    const std::uint64_t word = k.code[i].word;
    const int source = instruction::source_of(word, j), phase = instruction::phase_of(word);
    s.step[j] = 1;
    if (source < 0) {
      const pattern lies = instruction::source_lies(word, j);
      s.in[j] = address(~source, lies, p);
      s.step[j] = moves(lies);
      return;
    }
    const plain_instruction<T>& from = k.code[source];
    const int made = instruction::phase_of(from.word);
    s.in[j] = bank + source * pitch;
    if (phase < 2 || phase % 2 != 0) return;
    if (from.kind == op_kind::reduce || made % 2 != 0) {
      s.in[j] = single + source;
      s.step[j] = 0;
    } else if (made != phase) {
      const int stored = instruction::store_of(from.word);
      s.in[j] = stored >= 0 ? address(stored, pattern::full, p) : kept_at(from.kept, p);
    }
  }
  T* kept_at(int row, place p) const { return a.scratch + std::ptrdiff_t(row) * kept_pitch(a.cols) + p.c; }

  TFX_COLD void execute(int i, place p, T* bank, int pitch) const {
    const plain_instruction<T>& now = k.code[i];
    plain_lanes<T> s = {bank + i * pitch, {}, {}, p.n, std::uint64_t(p.c), 1, a.run};
    for (int j = 0; j < now.arity; ++j) find_input(s, i, j, p, bank, pitch);
    if (now.kind == op_kind::generate && now.arity > 0) {
      const pattern lies = instruction::source_lies(now.word, 2);
      s.first = std::uint64_t(reinterpret_cast<std::uintptr_t>(a.operand[~instruction::source_of(now.word, 2)]));
      if (lies == pattern::full) s.first += std::uint64_t(p.r) * std::uint64_t(a.cols);
      if (moves(lies)) s.first += std::uint64_t(p.c);
      if (lies == pattern::column) s.first += std::uint64_t(p.r);
      s.place_step = moves(lies);
    }
    now.run(s);
    if (now.kind == op_kind::reduce) return;
    const int phase = instruction::phase_of(now.word);
    store(i, p, s.out);
    if (now.kept >= 0 && phase % 2 == 0) copy(kept_at(now.kept, p), s.out, p.n);
  }
  TFX_COLD void store(int i, place p, const T* from) const {
    const int to = instruction::store_of(k.code[i].word);
    const pattern lies = instruction::store_lies(k.code[i].word);
    if (to >= 0) copy(address(to, lies, p), from, moves(lies) ? p.n : 1);
  }
  /// All of a phase.
  TFX_COLD void body(int phase, place p, T* bank, int pitch) const {
    for (int i = 0; i < k.count; ++i)
      if (instruction::phase_of(k.code[i].word) == phase && !is_producer(k.code[i].kind)) execute(i, p, bank, pitch);
  }
  void body(int phase, place p) const { body(phase, p, vectors, width); }
  void row(int phase, int r, int begin, int end) const {
    for (int c = begin; c < end; c += width) body(phase, {r, c, end - c < width ? end - c : width});
  }
  /// Calls f(instruction, number) for the reductions of a phase.
  template <class F> void for_reductions(int phase, F f) const {
    for (int i = 0, n = 0; i < k.count; ++i) {
      if (k.code[i].kind != op_kind::reduce) continue;
      if (instruction::phase_of(k.code[i].word) == phase) f(i, n);
      ++n;
    }
  }
  TFX_COLD void combine(int i, T* to, const T* from, int n) const { k.code[i].run({to, {from}, {1}, n, 0, 0, nullptr}); }
  T halve(int i, T* strand, int used) const {
    for (int half = used / 2; half > 0; half /= 2) combine(i, strand, strand + half, half);
    return strand[0];
  }

  TFX_COLD void run_map() const {
    const bool one_row = a.rows == 1;
    const share s = one_row ? share_of(a.cols, a.part, a.parts, width) : share_of(a.rows, a.part, a.parts, 1);
    for (int r = one_row ? 0 : s.begin; r < (one_row ? 1 : s.end); ++r)
      row(0, r, one_row ? s.begin : 0, one_row ? s.end : a.cols);
  }

  TFX_COLD void sweep_row(int phase, int r) const {
    const bool many_blocks = a.cols > reduce_order::block;
    if (many_blocks) for_reductions(phase, [&](int i, int n) { fill(chains + n * width, k.code[i].identity); });
    int used = 1;
    while (used < a.cols && used < width) used *= 2;
    int begin = 0;
    do {  // an empty row has one empty block
      for_reductions(phase, [&](int i, int) { fill(vectors + i * width, k.code[i].identity); });
      const int end = begin + reduce_order::block < a.cols ? begin + reduce_order::block : a.cols;
      row(phase, r, begin, end);
      for_reductions(phase, [&](int i, int n) {
        single[i] = halve(i, vectors + i * width, used);
        if (many_blocks) combine(i, chains + n * width + begin / reduce_order::block % width, single + i, 1);
      });
      begin = end;
    } while (begin < a.cols);
    for_reductions(phase, [&](int i, int n) {
      if (many_blocks) single[i] = halve(i, chains + n * width, width);
      const int to = instruction::store_of(k.code[i].word);
      if (to >= 0) static_cast<T*>(a.operand[to])[k.axis == over_all ? 0 : r] = single[i];
    });
    body(phase + 1, {r, 0, 1}, single, 1);
  }
  TFX_COLD void run_rows() const {
    const bool all = k.axis == over_all;
    const share s = all ? share{0, a.part == 0} : share_of(a.rows, a.part, a.parts, 1);
    for (int r = s.begin; r < s.end; ++r) {
      for (int i = 0; i < k.count; ++i) single[i] = T(0);  // defined even for a row without columns
      for (int n = 0; n < k.sweeps; ++n) sweep_row(2 * n, r);
    }
  }

  /// Calls f(what is kept of the columns from c on, its memory between calls).
  template <class F> void each_sum(int c, F f) const {
    const std::ptrdiff_t pitch = padded_columns(a.cols);
    for (int n = 0; n < k.n_reductions; ++n) {
      T* const at = a.sums + std::ptrdiff_t(n) * column_sums * pitch + c;
      f(chains + n * width, at);
      f(block_sums + n * width, at + pitch);
      f(totals + n * width, at + 2 * pitch);
    }
  }
  TFX_COLD void reduce_columns(int c, int columns) const {
    if (a.before > 0) {
      each_sum(c, [&](T* x, const T* from) { copy(x, from, width); });
    } else {
      for_reductions(0, [&](int i, int n) {
        fill(block_sums + n * width, k.code[i].identity);
        fill(totals + n * width, k.code[i].identity);
      });
    }
    const int rows = a.before + a.rows;  // so far; row r is row r - a.before of this call
    for (int first = a.before; first < rows;) {
      const int end = (first / reduce_order::chain + 1) * reduce_order::chain, past = end < rows ? end : rows;
      for_reductions(0, [&](int i, int n) {
        if (first % reduce_order::chain == 0) fill(vectors + i * width, k.code[i].identity);
        else copy(vectors + i * width, chains + n * width, width);
      });
      for (int r = first - a.before; r < past - a.before; ++r) body(0, {r, c, columns});
      for_reductions(0, [&](int i, int n) {
        T *const sum = block_sums + n * width, *const part = vectors + i * width;
        if (past == end || a.last) combine(i, sum, part, width);
        else copy(chains + n * width, part, width);
        if (past % reduce_order::block != 0 && !(past == rows && a.last)) return;
        combine(i, totals + n * width, sum, width);
        fill(sum, k.code[i].identity);
      });
      first = past;
    }
    if (!a.last) return each_sum(c, [&](const T* x, T* to) { copy(to, x, width); });
    for_reductions(0, [&](int i, int n) {
      copy(vectors + i * width, totals + n * width, width);
      store(i, {0, c, columns}, vectors + i * width);
    });
    body(1, {0, c, columns});
  }
  void run_columns() const {
    const share s = share_of(a.cols, a.part, a.parts, width);
    for (int c = s.begin; c < s.end; c += width) reduce_columns(c, s.end - c < width ? s.end - c : width);
  }

  TFX_COLD void run() const {
    if (k.axis < 0) run_map();
    else if (k.axis == over_rows) run_columns();
    else run_rows();
  }
  /// What is made of a block of a producer's results, as `kernel::finish`.
  TFX_COLD void finish(int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) const {
    if (k.flat && cols == a.cols && stride == cols) {
      cols *= rows;
      rows = 1;
    }
    for (int i = 0; i < rows; ++i)
      for (int j = 0; j < cols; j += width) {
        const place p{row + i, col + j, cols - j < width ? cols - j : width};
        T* const result = vectors + k.output * width;
        copy(result, block + i * stride + j, p.n);
        store(k.output, p, result);
        body(0, p);
      }
  }
};

template <class T, class Code> TFX_COLD void run_plain_kernel(const call<T>& a) {
  constexpr plain_kernel<T> k = plain_table<T, Code>::value;
  T memory[plain_machine<T>::elements(k.count, k.n_reductions)];
  plain_machine<T>{plain_table<T, Code>::value, a, memory}.run();
}
template <class T, class Code>
TFX_COLD void finish_plain_kernel(const call<T>& a, int row, int rows, int col, int cols, const T* block,
                                               std::ptrdiff_t stride) {
  constexpr plain_kernel<T> k = plain_table<T, Code>::value;
  T memory[plain_machine<T>::elements(k.count, k.n_reductions)];
  plain_machine<T>{plain_table<T, Code>::value, a, memory}.finish(row, rows, col, cols, block, stride);
}

}  // namespace tfx::detail
