// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one order in which every backend reduces, so that all give the same bits.
///
/// Rows (and reductions over everything, which are one row): element i of a block of 4096 goes to strand i mod 64, each strand
/// is a chain in ascending order starting from the identity, and the 64 strands are halved: 32, 16, 8, 4, 2, 1. If there is
/// more than one block, the blocks' results are a row of their own (without further blocks).
/// Columns: chains of 32 rows; 128 of them are added in ascending order; such blocks of 4096 rows are added in ascending order.
namespace tfx::reduce_order {

inline constexpr int strands = 64, block = 4096, chain = 32;

/// The result of `used` strands, a power of two: the others hold the identity, which changes nothing.
template <class F, class L> constexpr L halve(L* strand, int used = strands) {
  for (int half = used / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) strand[i] = F::combine(strand[i], strand[i + half]);
  return strand[0];
}

/// Reduces get(0) .. get(n - 1) as one row.
template <class F, class L, class Get> constexpr L row(int n, Get get) {
  L blocks[strands], strand[strands];
  if (n <= block) {
    int used = 1;
    while (used < n && used < strands) used *= 2;
    for (int i = 0; i < used; ++i) strand[i] = F::template identity<L>();
    for (int i = 0; i < n; ++i) strand[i % strands] = F::combine(strand[i % strands], get(i));
    return halve<F>(strand, used);
  }
  for (L& s : blocks) s = F::template identity<L>();
  for (int begin = 0, k = 0; begin < n; begin += block, ++k) {
    for (L& s : strand) s = F::template identity<L>();
    const int end = begin + block < n ? begin + block : n;
    for (int i = begin; i < end; ++i) strand[(i - begin) % strands] = F::combine(strand[(i - begin) % strands], get(i));
    blocks[k % strands] = F::combine(blocks[k % strands], halve<F>(strand));
  }
  return halve<F>(blocks);
}

/// Reduces get(0) .. get(n - 1) as one column.
template <class F, class L, class Get> constexpr L column(int n, Get get) {
  L total = F::template identity<L>();
  for (int begin = 0; begin < n; begin += block) {
    L sum = F::template identity<L>();
    const int end = begin + block < n ? begin + block : n;
    for (int first = begin; first < end; first += chain) {
      L part = F::template identity<L>();
      const int past = first + chain < end ? first + chain : end;
      for (int i = first; i < past; ++i) part = F::combine(part, get(i));
      sum = F::combine(sum, part);
    }
    total = F::combine(total, sum);
  }
  return total;
}

}  // namespace tfx::reduce_order
