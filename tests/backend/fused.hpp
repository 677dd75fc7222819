// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstring>
#include <deque>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/simd/backend.hpp>
#include <tfx/ops/arithmetic.hpp>

#include "guarded.hpp"
#include "producer.hpp"

namespace tfx::test {

/// The kernel that negates results of a producer: those of the bits in Wanted.
template <unsigned Wanted> struct negating_code {
  static constexpr int results = std::bit_width(Wanted);
  static constexpr instruction::operand_class operands[2 * max_results] = {{true}, {true}, {true}, {true}, {true}, {true}, {true}, {true}};
  static constexpr std::uint64_t word(int nth) {
    int result = 0;
    for (int left = nth; !(Wanted >> result & 1) || left-- > 0;) ++result;
    const int sources[3] = {~result};
    return instruction::pack(sources, results + nth, 0, operands);
  }
  template <std::size_t... K>
  static kernel_code<form::map, ins<negate_op, word(int(K))>...> find(std::index_sequence<K...>);
  using type = decltype(find(std::make_index_sequence<std::size_t(std::popcount(Wanted))>{}));
};

/// Runs a producer in parts, and compares the bits of its guarded results, those of the bits in Wanted; `negates`: through a
/// kernel.
template <class T, class Backend, class Op, unsigned Wanted>
void check_fused_on(const geometry& g, const void* tiles, int bound_rows, int rows, int cols,
                    std::vector<void*> operands, std::vector<guarded<T>*> expected, int parts, bool negates,
                    int contracted) {
  constexpr int results = std::bit_width(Wanted);
  REQUIRE(int(expected.size()) == std::popcount(Wanted));
  scratch_memory<T> scratch(producer<Op, Backend, T>::scratch(g, bound_rows, cols));
  std::deque<guarded<T>> made;   // which stay where they are
  for (guarded<T>* e : expected) {
    made.emplace_back(e->size());
    std::memset(made.back().data(), 0xff, e->size() * sizeof(T));
  }
  call<T> a = call_of(g, tiles, rows, cols, contracted, operands, scratch, parts);
  const std::vector<operand_step> steps(operands.size() + 2 * results, operand_step{cols, 1});
  launch_layout layout;
  layout.inputs = std::int16_t(operands.size());
  layout.results = results;
  for (int k = 0, nth = 0; k < results; ++k) {
    const bool wanted = Wanted >> k & 1;
    operands.push_back(wanted && !negates ? made[std::size_t(nth)].data() : nullptr);
    nth += wanted;
  }
  layout.destination = layout.inputs;
  if (negates) {
    layout.handed = Wanted;
    layout.operands = std::int16_t(results + int(made.size()));
    for (guarded<T>& m : made) operands.push_back(m.data());
    a.kernel = &kernel_entry<Backend, T, typename negating_code<Wanted>::type>::run;
  }
  a.operand = operands.data();
  a.step = steps.data();
  a.layout = &layout;
  for (a.part = 0; a.part < parts; ++a.part) producer_entry<Backend, T, Op, Wanted>::run(a);
  for (std::size_t k = 0; k < made.size(); ++k) {
    for (std::size_t i = 0; negates && i < made[k].size(); ++i) made[k][i] = -made[k][i];
    CAPTURE(k);
    CHECK(made[k].same_bits(*expected[k]));
  }
}

/// The same on the vectors that the processor has, and in a build for any processor without vectors.
template <class T, class Op, unsigned Wanted = 1, class G>
void check_fused(const G& known, const void* tiles, int bound_rows, int rows, int cols, std::vector<void*> operands,
                 std::vector<guarded<T>*> expected, int parts, bool negates = false, int contracted = 0) {
  const geometry g = row_of(known);
  check_fused_on<T, backend::simd<>, Op, Wanted>(g, tiles, bound_rows, rows, cols, operands, expected, parts, negates,
                                            contracted);
#if defined(TFX_SIMD_CHOOSES)
  if (parts != 3) return;
  using without_vectors = backend::simd<backend::vectors_of<sizeof(T)>>;
  check_fused_on<T, without_vectors, Op, Wanted>(g, tiles, bound_rows, rows, cols, operands, expected, parts, negates,
                                            contracted);
#endif
}

}  // namespace tfx::test
