// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/core/dtype.hpp>

// What a plan says of a launch, and a backend is told.
namespace tfx {

/// Which results a tile has, and along what vectors lie.
enum class form : std::uint8_t {
  map,     ///< one per element
  rows,    ///< one per row, perhaps in several sweeps over it; vectors lie along what is reduced
  columns  ///< one per column; vectors lie along what is kept
};

/// How an operand lies against the rows and columns of a launch: elements from one to the next, along columns 0 or 1; and in
/// memory.
struct operand_step {
  int row = 0;
  std::int16_t column = 0;
  lies_as lies = lies_as::word;
};
/// How the first two inputs of a producer lie in memory.
struct operand_types {
  lies_as left = lies_as::word, right = lies_as::word;
  constexpr bool operator==(const operand_types&) const = default;
};
/// Which operand is what.
struct launch_layout {
  std::int16_t inputs = 0, operands = 0;      ///< of the producer; of the kernel
  std::int16_t destination = -1;              ///< the operand to which a producer stores its first result without a kernel; else what the kernel writes in the same order
  std::int8_t results = 0;                    ///< of the producer: the first operands behind its inputs
  std::uint8_t handed = 0;                    ///< bit k: the k-th of them is handed to the kernel, block by block
  form kind{};                                ///< of the kernel
  bool folds = false;                         ///< operands lie in order, are numbers, or the same row again and again: some rows can be one
};

}  // namespace tfx
