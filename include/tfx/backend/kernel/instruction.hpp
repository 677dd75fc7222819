// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/graph/node.hpp>

namespace tfx {

/// One instruction of a kernel, packed into a word: three sources of 10 bits (bit 9 set: operand, else an earlier instruction),
/// the operand it is stored to plus one, its phase (`fusion`; of a reduction that of the sweep in which it adds up), one bit
/// each for whether those four operands have an element of their own in every column, and four each for how they lie.
struct instruction {
  const op_info* op;
  std::uint64_t word;

  static constexpr int operand_flag = 512;
  /// What an instruction knows of an operand.
  struct operand_class {
    bool moves = false;
    lies_as lies = lies_as::word;
  };
  /// Of three sources, earlier instructions or ~operand.
  static constexpr std::uint64_t pack(const int* source, int store, int phase, const operand_class* operands) {
    std::uint64_t w = std::uint64_t(store + 1) << 30 | std::uint64_t(phase) << 40;
    if (store >= 0) w |= class_bits(operands[store], 3);
    for (int k = 0; k < 3; ++k) {
      const int s = source[k];
      if (s > 0) w |= std::uint64_t(s) << (10 * k);
      else if (s < 0) w |= std::uint64_t(operand_flag | ~s) << (10 * k) | class_bits(operands[~s], k);
    }
    return w;
  }
  static constexpr int source_of(std::uint64_t word, int k) {
    const int s = int(word >> (10 * k) & 1023);
    return s & operand_flag ? ~(s & (operand_flag - 1)) : s;
  }
  static constexpr int store_of(std::uint64_t word) { return int(word >> 30 & 1023) - 1; }
  static constexpr int phase_of(std::uint64_t word) { return int(word >> 40 & 15); }
  static constexpr operand_class source_class(std::uint64_t word, int k) { return {bool(word >> (44 + k) & 1), lies_as(word >> (48 + 4 * k) & 15)}; }
  static constexpr operand_class store_class(std::uint64_t word) { return source_class(word, 3); }
  /// A generator has one source more than inputs, the last: its place.
  static constexpr int sources(op_kind kind, int arity) { return kind == op_kind::generate ? arity + 1 : arity; }

 private:
  static constexpr std::uint64_t class_bits(operand_class c, int k) { return std::uint64_t(c.moves) << (44 + k) | std::uint64_t(c.lies) << (48 + 4 * k); }
};

/// Which instructions of a kernel make values that a later sweep over the row reads and that are not stored: each has a row in
/// scratch memory.
template <int Count> struct kept_rows {
  int slot[Count] = {}, count = 0;   ///< per instruction the number of its row; -1: none
};
/// Elements from one kept row to the next.
constexpr int kept_pitch(int cols) { return (cols + 15) / 16 * 16; }

template <int Count> constexpr kept_rows<Count> rows_kept(const std::uint64_t* word, const op_kind* kind, const int* arity) {
  kept_rows<Count> kept;
  for (int& slot : kept.slot) slot = -1;
  for (int i = 0; i < Count; ++i) {
    const int phase = instruction::phase_of(word[i]);
    if (phase % 2) continue;
    for (int k = 0; k < arity[i]; ++k) {
      const int from = instruction::source_of(word[i], k);
      if (from < 0 || kind[from] == op_kind::reduce || instruction::store_of(word[from]) >= 0) continue;
      const int made = instruction::phase_of(word[from]);
      if (made % 2 == 0 && made < phase && kept.slot[from] < 0) kept.slot[from] = kept.count++;
    }
  }
  return kept;
}

}  // namespace tfx
