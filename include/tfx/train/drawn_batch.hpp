// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: text of failures

#include <cstdio>
#include <cstring>
#include <span>

#include <tfx/data/source.hpp>
#include <tfx/train/sequence_columns.hpp>

namespace tfx::detail {

/// Columns of sequences, and where a source says how many numbers each has.
struct sequences_of_batch {
  std::span<const sequence_column> all{};
  int* const* present = nullptr;
};

/// The batch that was drawn last, and where it comes from.
struct drawn_batch {
  const char* who = "";
  data::detail::source_view from{};
  void* const* column = nullptr;     ///< memory of a batch
  sequences_of_batch sequences{};
  int length[max_lengths] = {};      ///< of its sequences
  std::int64_t rows = 0;             ///< before it
  int drawn = 0;                     ///< rows that it has
};

/// The number of a row's example in its source.
inline long long example_at(const drawn_batch& b, int row) { return b.from.drawn ? static_cast<long long>((*b.from.drawn)[row]) : static_cast<long long>(b.rows) + row; }
[[noreturn]] TFX_COLD inline void fail_steps(const drawn_batch& b, int column, long long example, int numbers, int step) {
  char text[160];
  if (numbers == 0) std::snprintf(text, sizeof text, "%s: column %d of example %lld has no steps", b.who, column, example);
  else std::snprintf(text, sizeof text, "%s: column %d of example %lld has %d numbers, no whole number of steps of %d", b.who, column, example, numbers, step);
  fail(text);
}
/// Sequences get the length of the longest in their batch: zeros follow the others.
inline void align_sequences(drawn_batch& b, int rows) {
  for (int& length : b.length) length = 1;
  for (const sequence_column& c : b.sequences.all)
    for (int r = 0; r < rows; ++r) {
      const int numbers = b.sequences.present[c.column][r];
      if (numbers == 0 || numbers % c.step != 0) fail_steps(b, c.column, example_at(b, r), numbers, c.step);
      if (numbers / c.step > b.length[c.which]) b.length[c.which] = numbers / c.step;
    }
  for (const sequence_column& c : b.sequences.all) {
    char* const all = static_cast<char*>(b.column[c.column]);
    const std::size_t row = std::size_t(b.length[c.which]) * std::size_t(c.step) * c.bytes;
    for (int r = 0; r < rows; ++r) {
      const std::size_t bytes = std::size_t(b.sequences.present[c.column][r]) * c.bytes;
      std::memmove(all + std::size_t(r) * row, all + std::size_t(r) * c.room() * c.bytes, bytes);
      std::memset(all + std::size_t(r) * row + bytes, 0, row - bytes);
    }
  }
}
/// The next batch; gives its rows, 0 at the end.
inline int draw(drawn_batch& b, int capacity) {
  b.drawn = b.from.next(b.column, capacity);
  if (b.drawn > 0 && !b.sequences.all.empty()) align_sequences(b, b.drawn);
  return b.drawn;
}

}  // namespace tfx::detail
