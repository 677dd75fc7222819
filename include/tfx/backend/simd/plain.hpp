// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/kernel/stored_element.hpp>

/// Fused kernels on a processor without the instruction sets that kernels are compiled for: a kernel is a table, which
/// one function carries out, 64 columns at a time. The same bits as all other versions, and next to nothing to compile.
namespace tfx::detail {

/// The lanes of one instruction. An input has one number for all lanes where its step is 0.
template <class T> struct plain_lanes {
  T* out;
  const T* in[3];
  int step[3];
  lies_as lies[3];
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

/// An element of an operand, which lies as its instruction says.
template <class T> TFX_COLD T element_at(const T* from, std::ptrdiff_t i, lies_as lies) {
  if (lies == lies_as::word) return from[i];
  return load_stored<T>(further(from, i, lies), lies);
}

template <class F, class T> TFX_COLD void run_plain(const plain_lanes<T>& s) {
  using one = lanes::lane<T>;
  for (int i = 0; i < s.n; ++i) {
    const auto in = [&](int k) { return one(element_at(s.in[k], std::ptrdiff_t(i) * s.step[k], s.lies[k])); };
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
  plain_instruction<T> made = {word, F::kind, F::arity, kept, T(0), &run_plain<F, T>};
  if constexpr (F::kind == op_kind::reduce) made.identity = F::template identity<lanes::lane<T>>().v;
  return made;
}

/// A kernel as a table.
template <class T> struct plain_kernel {
  const plain_instruction<T>* code;
  int count, sweeps, n_reductions;
  form kind;
};

template <class T, class Code> struct plain_table;
template <class T, form Form, class... I> struct plain_table<T, kernel_code<Form, I...>> {
  using facts = kernel_facts<kernel_code<Form, I...>>;
  template <int... N> static constexpr auto fill(std::integer_sequence<int, N...>) {
    struct table {
      plain_instruction<T> code[sizeof...(I)];
    };
    return table{{plain_form<typename I::functor, T>(I::word, facts::kept.slot[N])...}};
  }
  static constexpr auto table = fill(std::make_integer_sequence<int, facts::count>{});
  static constexpr plain_kernel<T> value = {table.code, facts::count, facts::sweeps, facts::n_reductions, Form};
};

/// Carries out a kernel on a frame. `memory` has room for `plain_machine::elements(kernel)`.
template <class T> struct plain_machine {
  static constexpr int width = reduce_order::strands;
  static constexpr int elements(int count, int reductions) { return count * (width + 1) + 3 * reductions * width; }

  const plain_kernel<T>& k;
  const frame<T>& f;
  T* const vectors;                      ///< per instruction; of columns, results and their tails stay
  T* const single = vectors + k.count * width;  ///< per instruction, of what is one number in a row
  T* const chains = single + k.count;    ///< per reduction; of rows, the results of blocks
  T* const block_sums = chains + k.n_reductions * width;
  T* const totals = block_sums + k.n_reductions * width;

  /// Columns [c, c + n) of row r.
  struct place {
    int r, c, n;
  };

  T* address(int operand, instruction::operand_class is, place p) const { return further(f.at[operand], p.r * f.step[operand] + (is.moves ? p.c : 0), is.lies); }
  TFX_COLD static void copy(T* to, const T* from, int n) {
    for (int i = 0; i < n; ++i) to[i] = from[i];
  }
  /// To an operand of the kernel.
  TFX_COLD static void store(T* to, const T* from, int n, lies_as lies) {
    if (lies == lies_as::word) return copy(to, from, n);
    for (int i = 0; i < n; ++i) put_stored<T>(further(to, i, lies), from[i], lies);
  }
  TFX_COLD static void fill(T* to, T value) {
    for (int i = 0; i < width; ++i) to[i] = value;
  }
  bool is_result(int i) const {
    return k.kind != form::map && (k.code[i].kind == op_kind::reduce || instruction::phase_of(k.code[i].word) % 2 != 0);
  }
  /// Where results of reductions are, and what is made of them alone: of rows one number each, of columns one per column.
  T* result(int i) const { return k.kind == form::rows ? single + i : vectors + i * width; }

  /// Input j of instruction i.
  TFX_COLD void find_input(plain_lanes<T>& s, int i, int j, place p) const {
    const std::uint64_t word = k.code[i].word;
    const int source = instruction::source_of(word, j);
    s.step[j] = 1;
    s.lies[j] = lies_as::word;
    if (source < 0) {
      const instruction::operand_class is = instruction::source_class(word, j);
      s.in[j] = address(~source, is, p);
      s.step[j] = is.moves;
      s.lies[j] = is.lies;
    } else if (is_result(source)) {
      s.in[j] = result(source);
      s.step[j] = k.kind != form::rows;
    } else if (instruction::phase_of(k.code[source].word) == instruction::phase_of(word)) {
      s.in[j] = vectors + source * width;
    } else {
      const int stored = instruction::store_of(k.code[source].word);
      const lies_as lies = instruction::store_class(k.code[source].word).lies;
      s.in[j] = stored >= 0 ? address(stored, {true, lies}, p) : kept_at(k.code[source].kept, p);
      if (stored >= 0) s.lies[j] = lies;
    }
  }
  /// Of rows, what a row keeps lies behind each other; of columns, what a panel keeps does.
  T* kept_at(int slot, place p) const {
    if (k.kind == form::rows) return f.kept + slot * kept_pitch(f.cols) + p.c;
    return f.kept + (std::ptrdiff_t(slot) * f.rows + p.r) * width + p.c % width;
  }

  TFX_COLD void execute(int i, place p) const {
    const plain_instruction<T>& now = k.code[i];
    plain_lanes<T> s = {is_result(i) && now.kind != op_kind::reduce ? result(i) : vectors + i * width, {}, {}, {}, p.n, 0, 0, f.run};
    for (int j = 0; j < now.arity; ++j) find_input(s, i, j, p);
    if (now.kind == op_kind::generate) {
      const instruction::operand_class is = instruction::source_class(now.word, now.arity);
      s.first = place_at(address(~instruction::source_of(now.word, now.arity), is, p));
      s.place_step = is.moves;
    }
    now.run(s);
    if (now.kind == op_kind::reduce) return;
    if (const int to = instruction::store_of(now.word); to >= 0) {
      const instruction::operand_class is = instruction::store_class(now.word);
      store(address(to, is, p), s.out, is.moves ? p.n : 1, is.lies);
    }
    if (now.kept >= 0) copy(kept_at(now.kept, p), s.out, p.n);
  }
  /// All of a phase.
  TFX_COLD void body(int phase, place p) const {
    for (int i = 0; i < k.count; ++i)
      if (instruction::phase_of(k.code[i].word) == phase) execute(i, p);
  }
  void row(int phase, int r, int begin, int end) const {
    for (int c = begin; c < end; c += width) body(phase, {r, c, end - c < width ? end - c : width});
  }
  /// Calls use(instruction, number) for the reductions of a phase.
  template <class Use> void for_reductions(int phase, Use use) const {
    for (int i = 0, n = 0; i < k.count; ++i) {
      if (k.code[i].kind != op_kind::reduce) continue;
      if (instruction::phase_of(k.code[i].word) == phase) use(i, n);
      ++n;
    }
  }
  TFX_COLD void combine(int i, T* to, const T* from, int n) const { k.code[i].run({to, {from}, {1}, {}, n, 0, 0, nullptr}); }
  T halve(int i, T* strand, int used) const {
    for (int half = used / 2; half > 0; half /= 2) combine(i, strand, strand + half, half);
    return strand[0];
  }
  void put_result(int i, place p) const {
    if (const int to = instruction::store_of(k.code[i].word); to >= 0) {
      const lies_as lies = instruction::store_class(k.code[i].word).lies;
      store(address(to, {k.kind == form::columns, lies}, p), result(i), p.n, lies);
    }
  }

  TFX_COLD void sweep_row(int phase, int r) const {
    const bool many_blocks = f.cols > reduce_order::block;
    if (many_blocks) for_reductions(phase, [&](int i, int n) { fill(chains + n * width, k.code[i].identity); });
    int used = 1;
    while (used < f.cols && used < width) used *= 2;
    int begin = 0;
    do {  // an empty row has one empty block
      for_reductions(phase, [&](int i, int) { fill(vectors + i * width, k.code[i].identity); });
      const int end = f.cols - begin < reduce_order::block ? f.cols : begin + reduce_order::block;
      row(phase, r, begin, end);
      for_reductions(phase, [&](int i, int n) {
        single[i] = halve(i, vectors + i * width, used);
        if (many_blocks) combine(i, chains + n * width + begin / reduce_order::block % width, single + i, 1);
      });
      begin = end;
    } while (begin < f.cols);
    for_reductions(phase, [&](int i, int n) {
      if (many_blocks) single[i] = halve(i, chains + n * width, width);
      put_result(i, {r, 0, 1});
    });
    body(phase + 1, {r, 0, 1});
  }

  /// Calls use(what is kept of the columns from c on, its memory between calls).
  template <class Use> void each_sum(int c, int columns, Use use) const {
    for (int n = 0; n < k.n_reductions; ++n) {
      T* const at = f.sums + std::ptrdiff_t(n) * column_sums * f.pitch + c;
      use(chains + n * width, at, columns);
      use(block_sums + n * width, at + f.pitch, columns);
      use(totals + n * width, at + 2 * f.pitch, columns);
    }
  }
  TFX_COLD void sweep_columns(int phase, int c, int columns) const {
    if (f.before > 0) {
      each_sum(c, columns, copy);
    } else {
      for_reductions(phase, [&](int i, int n) {
        for (T* each : {chains, block_sums, totals}) fill(each + n * width, k.code[i].identity);
      });
    }
    const int rows = f.before + f.rows;  // so far; row r is row r - f.before of this call
    for (int first = f.before; first < rows;) {
      const int end = (first / reduce_order::chain + 1) * reduce_order::chain, past = end < rows ? end : rows;
      const bool all = past == rows && f.last;
      for_reductions(phase, [&](int i, int n) { copy(vectors + i * width, chains + n * width, width); });
      for (int r = first - f.before; r < past - f.before; ++r) body(phase, {r, c, columns});
      for_reductions(phase, [&](int i, int n) {
        T *const chain = chains + n * width, *const sum = block_sums + n * width;
        copy(chain, vectors + i * width, width);
        if (past == end || all) {
          combine(i, sum, chain, width);
          fill(chain, k.code[i].identity);
        }
        if (past % reduce_order::block == 0 || all) {
          combine(i, totals + n * width, sum, width);
          fill(sum, k.code[i].identity);
        }
      });
      first = past;
    }
    if (!f.last) return each_sum(c, columns, [](const T* x, T* to, int n) { copy(to, x, n); });
    for_reductions(phase, [&](int i, int n) {
      copy(result(i), totals + n * width, width);
      put_result(i, {0, c, columns});
    });
    body(phase + 1, {0, c, columns});
  }

  TFX_COLD void run_map() const {
    for (int r = 0; r < f.rows; ++r) row(0, r, 0, f.cols);
  }
  TFX_COLD void run_rows() const {
    for (int r = 0; r < f.rows; ++r)
      for (int n = 0; n < k.sweeps; ++n) sweep_row(2 * n, r);
  }
  TFX_COLD void run_columns() const {
    for (int c = 0; c < f.cols; c += width)
      for (int n = 0; n < k.sweeps; ++n) sweep_columns(2 * n, c, f.cols - c < width ? f.cols - c : width);
  }
};

template <class T, class Code> TFX_COLD void run_plain_kernel(const frame<T>& f) {
  constexpr plain_kernel<T> k = plain_table<T, Code>::value;
  T memory[plain_machine<T>::elements(k.count, k.n_reductions)];
  const plain_machine<T> machine{plain_table<T, Code>::value, f, memory};
  if constexpr (k.kind == form::map) machine.run_map();
  else if constexpr (k.kind == form::rows) machine.run_rows();
  else machine.run_columns();
}

}  // namespace tfx::detail
