// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include <tfx/backend/simd/backend.hpp>
#include <tfx/ops/arithmetic.hpp>

#include "guarded.hpp"
#include "producer.hpp"

namespace tfx::test {

namespace detail {
constexpr std::uint64_t word(int source, int store) {
  const int sources[3] = {source};
  const pattern lies[4] = {pattern::full, pattern::full, pattern::full, pattern::full};
  return instruction::pack(sources, store, 0, lies);
}
}  // namespace detail

/// Kernels with `Inputs` operands: a producer that is stored; the same and what it makes beside, both stored; and a
/// producer that goes through an epilogue, which negates it.
template <class Op, int Inputs> using stored =
    kernel_code<group_kind::producer, -1, 0, ins<Op, detail::word(0, Inputs)>>;
template <class Op, class Beside, int Inputs>
using both_stored = kernel_code<group_kind::producer, -1, 0, ins<Op, detail::word(0, Inputs)>,
                                ins<Beside, detail::word(0, Inputs + 1)>>;
template <class Op, int Inputs> using negated =
    kernel_code<group_kind::producer, -1, 0, ins<Op, detail::word(0, -1)>, ins<negate_op, detail::word(0, Inputs)>>;

/// Runs a kernel in parts, with guarded results behind its operands, and compares their bits.
template <class T, class Op, class Code, class Backend>
void check_kernel_on(const geometry& g, const void* tiles, int bound_rows, int rows, int cols,
                     std::vector<void*> operands, std::vector<guarded<T>*> expected, int parts, bool negates,
                     int contracted) {
  const std::size_t count = std::size_t(rows) * std::size_t(cols);
  scratch_memory<T> scratch(producer<Op, Backend, T>::scratch(g, bound_rows, cols));
  guarded<T> first(count), second(count);
  std::memset(first.data(), 0xff, count * sizeof(T));
  std::memset(second.data(), 0xff, count * sizeof(T));
  operands.push_back(first.data());
  operands.push_back(second.data());
  call<T> a = call_of(g, tiles, rows, cols, contracted, operands, scratch, parts);
  for (a.part = 0; a.part < parts; ++a.part) kernel_entry<Backend, T, Code>::run(a);
  for (std::size_t i = 0; negates && i < count; ++i) first[i] = -first[i];
  CHECK(first.same_bits(*expected[0]));
  if (expected.size() > 1) CHECK(second.same_bits(*expected[1]));
}

/// The same on the vectors that the processor has, and in a build for any processor without vectors.
template <class T, class Op, class Code, class G>
void check_kernel(const G& known, const void* tiles, int bound_rows, int rows, int cols, std::vector<void*> operands,
                  std::vector<guarded<T>*> expected, int parts, bool negates = false, int contracted = 0) {
  const geometry g = row_of(known);
  check_kernel_on<T, Op, Code, backend::simd<>>(g, tiles, bound_rows, rows, cols, operands, expected, parts, negates,
                                                contracted);
#if defined(TFX_SIMD_CHOOSES)
  if (parts != 3) return;
  using without_vectors = backend::simd<backend::vectors_of<sizeof(T)>>;
  check_kernel_on<T, Op, Code, without_vectors>(g, tiles, bound_rows, rows, cols, operands, expected, parts, negates,
                                                contracted);
#endif
}

}  // namespace tfx::test
