// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/kernel.hpp>
#include <tfx/backend/simd/backend.hpp>
#include <tfx/ops/arithmetic.hpp>

#include "guarded.hpp"
#include "producer.hpp"

namespace tfx::test {

/// The kernel that negates what a producer makes, and what it makes beside that.
template <int Results> struct negating_code {
  static constexpr instruction::operand_class operands[4] = {{true}, {true}, {true}, {true}};
  static constexpr std::uint64_t word(int result) {
    const int sources[3] = {~result};
    return instruction::pack(sources, Results + result, 0, operands);
  }
  template <std::size_t... K>
  static kernel_code<form::map, ins<negate_op, word(int(K))>...> find(std::index_sequence<K...>);
  using type = decltype(find(std::make_index_sequence<std::size_t(Results)>{}));
};

/// Runs a producer of Op (and Beside) in parts, and compares the bits of its guarded results; `negates`: through a kernel.
template <class T, class Backend, class Op, class... Beside>
void check_fused_on(const geometry& g, const void* tiles, int bound_rows, int rows, int cols,
                    std::vector<void*> operands, std::vector<guarded<T>*> expected, int parts, bool negates,
                    int contracted) {
  constexpr int results = 1 + int(sizeof...(Beside));
  const std::size_t count = std::size_t(rows) * std::size_t(cols);
  scratch_memory<T> scratch(producer<Op, Backend, T>::scratch(g, bound_rows, cols));
  guarded<T> first(count), second(count);
  std::memset(first.data(), 0xff, count * sizeof(T));
  std::memset(second.data(), 0xff, count * sizeof(T));
  call<T> a = call_of(g, tiles, rows, cols, contracted, operands, scratch, parts);
  const std::vector<operand_step> steps(operands.size() + 2 * results, operand_step{cols, 1});
  launch_layout layout;
  layout.inputs = std::int16_t(operands.size());
  for (int k = 0; k < results && negates; ++k) {
    layout.block[k] = std::int16_t(k);
    operands.push_back(nullptr);
  }
  for (int k = 0; k < results; ++k) layout.destination[k] = std::int16_t(int(operands.size()) + k);
  operands.push_back(first.data());
  operands.push_back(second.data());
  a.operand = operands.data();
  a.step = steps.data();
  a.layout = &layout;
  if (negates) {
    layout.operands = 2 * results;
    a.kernel = &kernel_entry<Backend, T, typename negating_code<results>::type>::run;
  }
  for (a.part = 0; a.part < parts; ++a.part) producer_entry<Backend, T, Op, Beside...>::run(a);
  for (std::size_t i = 0; negates && i < count; ++i) {
    first[i] = -first[i];
    second[i] = -second[i];
  }
  CHECK(first.same_bits(*expected[0]));
  if (expected.size() > 1) CHECK(second.same_bits(*expected[1]));
}

/// The same on the vectors that the processor has, and in a build for any processor without vectors.
template <class T, class... Op, class G>
void check_fused(const G& known, const void* tiles, int bound_rows, int rows, int cols, std::vector<void*> operands,
                 std::vector<guarded<T>*> expected, int parts, bool negates = false, int contracted = 0) {
  const geometry g = row_of(known);
  check_fused_on<T, backend::simd<>, Op...>(g, tiles, bound_rows, rows, cols, operands, expected, parts, negates,
                                            contracted);
#if defined(TFX_SIMD_CHOOSES)
  if (parts != 3) return;
  using without_vectors = backend::simd<backend::vectors_of<sizeof(T)>>;
  check_fused_on<T, without_vectors, Op...>(g, tiles, bound_rows, rows, cols, operands, expected, parts, negates,
                                            contracted);
#endif
}

}  // namespace tfx::test
