// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <utility>

#include <tfx/backend/call.hpp>
#include <tfx/backend/lanes/lane.hpp>
#include <tfx/backend/reduce_order.hpp>
#include <tfx/compile/plan.hpp>

namespace tfx {

/// One instruction of a kernel as a type: the functor and the packed word of `instruction`.
template <class F, std::uint64_t Word> struct ins {
  using functor = F;
  static constexpr int store = int(Word >> 30 & 1023) - 1;
  static constexpr int phase = int(Word >> 40 & 1);
  static constexpr int source(int k) {
    const int s = int(Word >> (10 * k) & 1023);
    return s & instruction::operand_flag ? ~(s & (instruction::operand_flag - 1)) : s;
  }
};

/// The content of a kernel as a type: equal content, in whatever program or file, is one function.
template <group_kind Kind, int Axis, int Output, std::uint64_t P0, std::uint64_t P1, std::uint64_t P2, std::uint64_t P3, class... Instruction>
struct kernel_code {
  static constexpr pattern pattern_at(int k) {
    const std::uint64_t word = k < 32 ? P0 : k < 64 ? P1 : k < 96 ? P2 : P3;
    return pattern(word >> (k % 32 * 2) & 3);
  }
};

namespace detail {

template <class Source, class Sequence> struct code_of_source;
template <class Source, std::size_t... I> struct code_of_source<Source, std::index_sequence<I...>> {
  static constexpr const typename Source::table& t = Source::value;
  using type = kernel_code<t.kind, t.axis, t.output, t.patterns[0], t.patterns[1], t.patterns[2], t.patterns[3],
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

/// The function that one kernel is: straight-line code over lanes, once per vector of the domain.
template <class Backend, class T, class Code, class Sequence> struct kernel;

template <class Backend, class T, group_kind Kind, int Axis, int Output, std::uint64_t P0, std::uint64_t P1, std::uint64_t P2, std::uint64_t P3,
          class... I, std::size_t... At>
struct kernel<Backend, T, kernel_code<Kind, Axis, Output, P0, P1, P2, P3, I...>, std::index_sequence<At...>> {
  using code = kernel_code<Kind, Axis, Output, P0, P1, P2, P3, I...>;
  using vector = typename Backend::template lanes<T>;
  using many = lanes::lane<vector>;
  using one = lanes::lane<T>;
  static constexpr int width = lanes::traits<vector>::width, count = int(sizeof...(I));

  static constexpr int n_reductions = (0 + ... + int(I::functor::kind == op_kind::reduce));
  static constexpr int reduction_index(int at) {   // among the reductions
    int k = 0, n = 0;
    ((I::functor::kind == op_kind::reduce && int(At) < at ? void(++n) : void(), void(++k)), ...);
    return n;
  }

  /// Where in the domain the code stands: row r, columns [c, c + n).
  struct place {
    int r, c, n;
  };
  struct strands_t {
    alignas(64) T value[n_reductions ? n_reductions : 1][reduce_order::strands];
  };

  template <class L> static constexpr bool is_scalar = lanes::traits<decltype(L::v)>::width == 1;

  template <class L, bool Partial> static TFX_INLINE L load(const T* from, int n) {
    if constexpr (!Partial) {
      (void)n;
      return L::load(from);
    } else {
      alignas(64) T t[width] = {};
      for (int i = 0; i < n; ++i) t[i] = from[i];
      return L::load(t);
    }
  }
  template <bool Partial, class L> static TFX_INLINE void put(T* to, L x, int n) {
    if constexpr (!Partial) {
      (void)n;
      x.put(to);
    } else {
      alignas(64) T t[width];
      x.put(t);
      for (int i = 0; i < n; ++i) to[i] = t[i];
    }
  }
  template <int K> static TFX_INLINE T* address(const call<T>& a, place p) {
    T* const base = static_cast<T*>(a.operand[K]);
    constexpr pattern lies = code::pattern_at(K);
    if constexpr (lies == pattern::scalar) return base;
    else if constexpr (lies == pattern::row) return base + p.c;
    else if constexpr (lies == pattern::column) return base + p.r;
    else return base + std::ptrdiff_t(p.r) * a.cols + p.c;
  }
  template <int Source, bool Partial, class L> static TFX_INLINE L fetch(const L* reg, const call<T>& a, place p) {
    if constexpr (Source >= 0) {
      return reg[Source];
    } else {
      constexpr pattern lies = code::pattern_at(~Source);
      const T* from = address<~Source>(a, p);
      if constexpr (lies == pattern::scalar || lies == pattern::column || is_scalar<L>) return L(*from);
      else return load<L, Partial>(from, p.n);
    }
  }

  template <class Ins, int Self, bool Partial, class L> static TFX_INLINE void execute(L* reg, const call<T>& a, place p, strands_t* strands) {
    using F = typename Ins::functor;
    if constexpr (is_producer(F::kind)) {
      // its value is in reg already
    } else if constexpr (F::kind == op_kind::reduce) {
      const L x = fetch<Ins::source(0), Partial>(reg, a, p);
      if constexpr (Axis == over_rows) {
        reg[Self] = F::combine(reg[Self], x);
      } else {
        T* const strand = strands->value[reduction_index(Self)] + p.c % reduce_order::strands;
        put<Partial>(strand, F::combine(L::load(strand), x), p.n);
      }
    } else if constexpr (F::kind == op_kind::generate) {
      using V = decltype(L::v);
      if constexpr (F::by_column) {
        reg[Self] = F::template generate<V>(std::uint64_t(p.c), *a.run);
      } else {
        const std::uint64_t first = std::uint64_t(reinterpret_cast<std::uintptr_t>(a.operand[~Ins::source(2)])) +
                                    std::uint64_t(p.r) * std::uint64_t(a.cols) + std::uint64_t(p.c);
        reg[Self] = F::template generate<V>(first, *a.run, *static_cast<const T*>(a.operand[~Ins::source(0)]),
                                            *static_cast<const T*>(a.operand[~Ins::source(1)]));
      }
    } else if constexpr (F::arity == 1) {
      reg[Self] = F::apply(fetch<Ins::source(0), Partial>(reg, a, p));
    } else if constexpr (F::arity == 2) {
      reg[Self] = F::apply(fetch<Ins::source(0), Partial>(reg, a, p), fetch<Ins::source(1), Partial>(reg, a, p));
    } else {
      reg[Self] = F::apply(fetch<Ins::source(0), Partial>(reg, a, p), fetch<Ins::source(1), Partial>(reg, a, p), fetch<Ins::source(2), Partial>(reg, a, p));
    }
    if constexpr (Ins::store >= 0 && F::kind != op_kind::reduce) store<Ins::store, Partial>(reg[Self], a, p);
  }
  template <int K, bool Partial, class L> static TFX_INLINE void store(L x, const call<T>& a, place p) {
    if constexpr (code::pattern_at(K) == pattern::scalar || code::pattern_at(K) == pattern::column || is_scalar<L>) {
      alignas(64) T t[width];
      x.put(t);
      *address<K>(a, p) = t[0];
    } else {
      put<Partial>(address<K>(a, p), x, p.n);
    }
  }
  template <int Phase, bool Partial, class Ins, int Self, class L> static TFX_INLINE void step(L* reg, const call<T>& a, place p, strands_t* strands) {
    if constexpr (Ins::phase == Phase) execute<Ins, Self, Partial>(reg, a, p, strands);
  }
  template <int Phase, bool Partial, class L> static TFX_INLINE void body(L* reg, const call<T>& a, place p, strands_t* strands = nullptr) {
    (step<Phase, Partial, I, int(At)>(reg, a, p, strands), ...);
  }

  // ---- elementwise
  static TFX_INLINE void row_of_vectors(const call<T>& a, int r, int begin, int end, strands_t* strands = nullptr) {
    int c = begin;
    for (; c + width <= end; c += width) {
      many reg[count];
      body<0, false>(reg, a, place{r, c, width}, strands);
    }
    if constexpr (width > 1) {
      if (c < end) {
        many reg[count];
        body<0, true>(reg, a, place{r, c, end - c}, strands);
      }
    }
  }
  static void run_map(const call<T>& a) {
    if (a.rows == 1) {
      const detail::share s = detail::share_of(a.cols, a.part, a.parts, reduce_order::strands);
      row_of_vectors(a, 0, s.begin, s.end);
    } else {
      const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
      for (int r = s.begin; r < s.end; ++r) row_of_vectors(a, r, 0, a.cols);
    }
  }

  // ---- rows, or everything as one row
  template <class Ins, int Self> static TFX_INLINE void reset(strands_t& strands, int used) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      const many identity = Ins::functor::template identity<many>();
      for (int i = 0; i < used; i += width) identity.put(strands.value[reduction_index(Self)] + i);
    }
  }
  template <class F> static TFX_INLINE T halve(T* strand, int used) {
    int half = used / 2;
    for (; half >= width; half /= 2)
      for (int i = 0; i < half; i += width) F::combine(many::load(strand + i), many::load(strand + i + half)).put(strand + i);
    for (; half > 0; half /= 2)
      for (int i = 0; i < half; ++i) strand[i] = F::combine(one(strand[i]), one(strand[i + half])).v;
    return strand[0];
  }
  template <class Ins, int Self> static TFX_INLINE void close(one* reg, strands_t& strands, strands_t* blocks, int used, int block) {
    if constexpr (Ins::functor::kind == op_kind::reduce) {
      using F = typename Ins::functor;
      const T value = halve<F>(strands.value[reduction_index(Self)], used);
      if (!blocks) {
        reg[Self] = one(value);
        return;
      }
      T& slot = blocks->value[reduction_index(Self)][block % reduce_order::strands];
      slot = F::combine(one(slot), one(value)).v;
    }
  }
  template <class Ins, int Self> static TFX_INLINE void close_blocks(one* reg, strands_t& blocks) {
    if constexpr (Ins::functor::kind == op_kind::reduce) reg[Self] = one(halve<typename Ins::functor>(blocks.value[reduction_index(Self)], reduce_order::strands));
  }
  template <class Ins, int Self> static TFX_INLINE void store_result(const one* reg, const call<T>& a, int r) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::store >= 0) static_cast<T*>(a.operand[Ins::store])[Axis == over_all ? 0 : r] = reg[Self].v;
  }
  static TFX_INLINE void reduce_row(const call<T>& a, int r) {
    strands_t strands;
    one reg[count];
    if (a.cols <= reduce_order::block) {
      int used = width;
      while (used < a.cols && used < reduce_order::strands) used *= 2;
      (reset<I, int(At)>(strands, used), ...);
      row_of_vectors(a, r, 0, a.cols, &strands);
      (close<I, int(At)>(reg, strands, nullptr, used, 0), ...);
    } else {
      strands_t blocks;
      (reset<I, int(At)>(blocks, reduce_order::strands), ...);
      for (int begin = 0, k = 0; begin < a.cols; begin += reduce_order::block, ++k) {
        (reset<I, int(At)>(strands, reduce_order::strands), ...);
        const int end = begin + reduce_order::block < a.cols ? begin + reduce_order::block : a.cols;
        row_of_vectors(a, r, begin, end, &strands);
        (close<I, int(At)>(reg, strands, &blocks, reduce_order::strands, k), ...);
      }
      (close_blocks<I, int(At)>(reg, blocks), ...);
    }
    (store_result<I, int(At)>(reg, a, r), ...);
    body<1, false>(reg, a, place{r, 0, 1});
  }
  static void run_rows(const call<T>& a) {
    const detail::share s = detail::share_of(a.rows, a.part, a.parts, 1);
    for (int r = s.begin; r < s.end; ++r) reduce_row(a, r);
  }
  static void run_all(const call<T>& a) {
    if (a.part == 0) reduce_row(a, 0);
  }

  // ---- columns
  template <class Ins, int Self> static TFX_INLINE void identity_into(many* reg) {
    if constexpr (Ins::functor::kind == op_kind::reduce) reg[Self] = Ins::functor::template identity<many>();
  }
  template <class Ins, int Self> static TFX_INLINE void combine_into(many* to, const many* from) {
    if constexpr (Ins::functor::kind == op_kind::reduce) to[Self] = Ins::functor::combine(to[Self], from[Self]);
  }
  template <class Ins, int Self, bool Partial> static TFX_INLINE void store_total(const many* reg, const call<T>& a, place p) {
    if constexpr (Ins::functor::kind == op_kind::reduce && Ins::store >= 0) put<Partial>(static_cast<T*>(a.operand[Ins::store]) + p.c, reg[Self], p.n);
  }
  template <bool Partial> static TFX_INLINE void reduce_column(const call<T>& a, int c, int n) {
    many part[count], sum[count], total[count];
    (identity_into<I, int(At)>(total), ...);
    for (int begin = 0; begin < a.rows; begin += reduce_order::block) {
      (identity_into<I, int(At)>(sum), ...);
      const int end = begin + reduce_order::block < a.rows ? begin + reduce_order::block : a.rows;
      for (int first = begin; first < end; first += reduce_order::chain) {
        (identity_into<I, int(At)>(part), ...);
        const int past = first + reduce_order::chain < end ? first + reduce_order::chain : end;
        for (int r = first; r < past; ++r) body<0, Partial>(part, a, place{r, c, n});
        (combine_into<I, int(At)>(sum, part), ...);
      }
      (combine_into<I, int(At)>(total, sum), ...);
    }
    (store_total<I, int(At), Partial>(total, a, place{0, c, n}), ...);
    body<1, Partial>(total, a, place{0, c, n});
  }
  static void run_columns(const call<T>& a) {
    const detail::share s = detail::share_of(a.cols, a.part, a.parts, width);
    int c = s.begin;
    for (; c + width <= s.end; c += width) reduce_column<false>(a, c, width);
    if constexpr (width > 1)
      if (c < s.end) reduce_column<true>(a, c, s.end - c);
  }

  // ---- after a producer
  template <bool Partial> static TFX_INLINE void finish_vector(const call<T>& a, const T* from, place p) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    many reg[count];
    reg[Output] = load<many, Partial>(from, p.n);
    if constexpr (Out::store >= 0) store<Out::store, Partial>(reg[Output], a, p);
    body<0, Partial>(reg, a, p);
  }
  static void finish(const call<T>& a, int row, int rows, int col, int cols, const T* block, std::ptrdiff_t stride) {
    for (int i = 0; i < rows; ++i) {
      const T* from = block + i * stride;
      int j = 0;
      for (; j + width <= cols; j += width) finish_vector<false>(a, from + j, place{row + i, col + j, width});
      if constexpr (width > 1)
        if (j < cols) finish_vector<true>(a, from + j, place{row + i, col + j, cols - j});
    }
  }
  static void run_producer(const call<T>& a) {
    using Out = detail::type_at<std::size_t(Output), I...>;
    using P = producer<typename Out::functor, Backend, T>;
    if constexpr (count == 1 && Out::store >= 0) P::run(a, static_cast<T*>(a.operand[Out::store]), nullptr);
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
