// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <tfx/core/element.hpp>
#include <tfx/core/length.hpp>
#include <tfx/core/shape.hpp>
#include <tfx/init/initializer.hpp>

namespace tfx {

/// The memory a leaf lives in. A program binds one base address per space; inputs and outputs have a space each.
enum space : int {
  arena_space,       ///< intermediate values, planned
  parameter_space,   ///< trained
  state_space,       ///< kept between runs, not trained (running statistics)
  slot_space,        ///< the optimizer's memory
  constant_space,    ///< numbers of the program
  batch_space,       ///< rows present in this run, and the inverse; the same of its lengths
  counter_space,     ///< iteration numbers of loops
  first_io_space,
  max_spaces = 136
};

inline constexpr int batch_numbers = 2 + 2 * max_lengths;   ///< in `batch_space`
inline constexpr int leaf_alignment = 16;   ///< words; sizes and arena offsets are multiples of it
template <class Count> constexpr Count padded(Count size) { return (size + leaf_alignment - 1) / leaf_alignment * leaf_alignment; }

/// One named tensor of a program.
struct leaf_info {
  int space = 0, offset = 0, size = 0;   ///< offset in words, size in elements
  bool trainable = false;
  initializer init{};
  int fan_in = 0, fan_out = 0;
  dims shape{};
  dtype type = dtype::real_type;
  std::uint32_t hash = 0;            ///< of its path
  int path = 0, path_length = 0;     ///< characters in the graph's pool of names

  constexpr int words() const { return words_for(size, form_of(type)); }
};

}  // namespace tfx
