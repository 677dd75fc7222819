// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <tfx/backend/kernel/frame.hpp>
#include <tfx/backend/kernel/instruction.hpp>
#include <tfx/lanes/reduce_order.hpp>

namespace tfx {

/// One instruction of a kernel as a type: the functor and the packed word of `instruction`.
template <class F, std::uint64_t Word> struct ins {
  using functor = F;
  static constexpr std::uint64_t word = Word;
  static constexpr int store = instruction::store_of(Word), phase = instruction::phase_of(Word);
};

/// The content of a kernel as a type: equal content, in whatever program or file, is one function.
template <form Form, class... Instruction> struct kernel_code {};

namespace detail {

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

/// How many rows a backend takes through the sweeps of a kernel together, at most.
template <class Backend> inline constexpr int most_rows_together = 1;
template <class Backend> requires requires { Backend::most_rows_together; }
inline constexpr int most_rows_together<Backend> = Backend::most_rows_together;

}  // namespace detail

/// What is known of a kernel's instructions, whatever it is compiled for.
template <class Code> struct kernel_facts;

template <form Form, class... I> struct kernel_facts<kernel_code<Form, I...>> {
  static constexpr form kind = Form;
  static constexpr int count = int(sizeof...(I));
  static constexpr std::uint64_t words[count] = {I::word...};
  static constexpr op_kind kinds[count] = {I::functor::kind...};
  static constexpr int arities[count] = {I::functor::arity...}, phases[count] = {I::phase...};
  static constexpr int n_reductions = (0 + ... + int(I::functor::kind == op_kind::reduce));
  template <int N> using functor = typename detail::type_at<std::size_t(N), I...>::functor;

  /// What a sweep or a tail executes, in order; and the reductions among it.
  static constexpr bool is_reduced(int at, int phase) { return phases[at] == phase && kinds[at] == op_kind::reduce; }
  static constexpr int executed(int phase) {
    int n = 0;
    for (int i = 0; i < count; ++i) n += phases[i] == phase;
    return n;
  }
  static constexpr int reduced(int phase) {
    int n = 0;
    for (int i = 0; i < count; ++i) n += is_reduced(i, phase);
    return n;
  }
  static constexpr int nth_executed(int n, int phase) {
    int i = 0;
    for (; phases[i] != phase || n-- > 0; ++i) {}
    return i;
  }
  static constexpr int nth_reduced(int n, int phase) {
    int i = 0;
    for (; !is_reduced(i, phase) || n-- > 0; ++i) {}
    return i;
  }
  /// Is that much code, so that it should stand in a loop once? The bits of a generator are worth many instructions.
  static constexpr bool is_long(int phase) {
    int n = 0;
    for (int i = 0; i < count; ++i)
      if (phases[i] == phase) n += kinds[i] == op_kind::generate && arities[i] > 0 ? 6 : 1;
    return n > 5;
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
    return last / 2 + 1;
  }();
  static constexpr kept_rows<count> kept = rows_kept<count>(words, kinds, arities);

  /// The number of a reduction among the reductions.
  static constexpr int reduction(int at) {
    int n = 0;
    for (int i = 0; i < at; ++i) n += kinds[i] == op_kind::reduce;
    return n;
  }
  /// Results of reductions, and what is made of them alone: one per row, or one per column.
  static constexpr bool is_result(int at) {
    return Form != form::map && (kinds[at] == op_kind::reduce || phases[at] % 2 != 0);
  }
  static constexpr int result(int at) {
    int n = 0;
    for (int i = 0; i < at; ++i) n += is_result(i);
    return n;
  }
  static constexpr int n_results = result(count);

  /// Calls note(operand, its class) for all that instructions load and store.
  template <class Note> static constexpr void for_operands(Note note) {
    for (int i = 0; i < count; ++i) {
      for (int k = 0; k < instruction::sources(kinds[i], arities[i]); ++k)
        if (const int s = instruction::source_of(words[i], k); s < 0) note(~s, instruction::source_class(words[i], k));
      if (const int s = instruction::store_of(words[i]); s >= 0) note(s, instruction::store_class(words[i]));
    }
  }
  static constexpr int n_operands = [] {
    int n = 0;
    for_operands([&](int operand, instruction::operand_class) { n = operand >= n ? operand + 1 : n; });
    return n;
  }();
  struct operand_table {
    bool moves[n_operands ? n_operands : 1] = {}, stored[n_operands ? n_operands : 1] = {};
    lies_as lies[n_operands ? n_operands : 1] = {};
  };
  static constexpr operand_table operands = [] {
    operand_table t;
    for_operands([&](int operand, instruction::operand_class is) {
      t.moves[operand] = is.moves;
      t.lies[operand] = is.lies;
    });
    for (std::uint64_t word : words)
      if (const int s = instruction::store_of(word); s >= 0) t.stored[s] = true;
    return t;
  }();

  /// Rows of so many columns that go through the sweeps together: as many as stay in the first-level cache.
  template <class Backend> static constexpr int rows_together(int cols) {
    constexpr int most = Form == form::rows && sweeps > 1 ? detail::most_rows_together<Backend> : 1;
    int rows = kept.count;
    for (bool moves : operands.moves) rows += moves;
    const int together = cols > 0 && rows > 0 ? 6144 / rows / cols : most;
    return together < 1 ? 1 : together < most ? together : most;
  }
};

}  // namespace tfx
