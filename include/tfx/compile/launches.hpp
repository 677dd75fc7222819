// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/backend/kernel/instruction.hpp>
#include <tfx/core/element.hpp>
#include <tfx/core/launch.hpp>
#include <tfx/compile/location.hpp>
#include <tfx/core/list.hpp>
#include <tfx/core/view.hpp>

namespace tfx {

/// The address of an operand: base[space] + offset in words, and from there `moved` and terms in elements. `place_space` gives
/// the place of a generator, `block_space` what a producer makes, which is in no memory of the program.
struct operand_info {
  int space = 0, offset = 0, first_term = 0, n_terms = 0;
  int moved = 0;         ///< where elements are no words
  int row = 0;           ///< elements per row of the batch
  bool local = false;    ///< there is room for the rows that a run of launches takes at a time only, always at the same place
  operand_step step;   ///< along the rows and columns of the launch
  int outer = 0;         ///< of a kernel's operand: where its strides along the launch's outer loops begin in `outer_strides`
};
inline constexpr int place_space = max_spaces, block_space = max_spaces + 1;

/// Which extent of a launch follows the rows present.
enum class bounded_by : std::uint8_t { nothing, rows, columns, outer };
inline constexpr int max_outer_loops = max_loops - 2;

/// One launch of a program: a kernel; a producer and the kernel that gets its results; or a producer alone.
struct launch_info {
  int kernel = -1;                    ///< in the table of distinct kernels
  int producer = -1;                  ///< in the table of distinct producers
  int group = 0;                      ///< in the fusion
  int first_instruction = 0, instructions = 0;
  int first_operand = 0, inputs = 0;  ///< the producer's inputs come first
  int operands = 0;                   ///< with the inputs
  form kind = form::map;              ///< of the kernel
  int results = 0;                    ///< the operands behind the inputs are the producer's results
  unsigned handed = 0;                ///< bit k: it hands its k-th result to the kernel; others with an address it stores there itself
  int destination = -1;               ///< the operand to which it stores its first result itself; with a kernel, the first one that this writes in order
  int rows = 1, cols = 1;             ///< at the bound
  int outer_loops = 0;                ///< around rows and columns
  int outer[max_outer_loops] = {};    ///< their extents; the first one follows the batch, if an outer one does
  bounded_by bounded = bounded_by::nothing;
  bool folds = false;                 ///< see `launch_layout`
  int geometry = -1;                  ///< row of the graph's table
  long long flops = 0, bytes = 0;     ///< at the bound; bytes at 1 per word
};

/// What makes results before anything is fused: an operation, and which of its results are asked for.
struct producer_info {
  const op_info* op = nullptr;
  unsigned wanted = 0;   ///< bit k: the k-th
};

enum class step_kind : std::uint8_t { launch, begin, end };
/// The schedule: launches, and the begin and end of bodies.
struct step_info {
  step_kind kind{};
  int at = 0;   ///< launch or region
};

struct loop_info {
  int bound = 1, begin = 0, end = 0;   ///< steps
  bool counted = false, conditional = false, sense = true;
  operand_info condition{}, trips{};
};

/// A number of the program.
struct constant_info {
  double number = 0;
  bool whole = false;   ///< an integer

  template <class T> constexpr T word() const { return word_of<T>(number, whole); }
};

struct kernel_lists {
  list<instruction> code;
  list<operand_info> operands;
  list<int> outer_strides;
  list<address_term> terms;
  list<launch_info> launches;
  list<int> distinct;                  ///< one launch per distinct kernel
  list<producer_info> producers;       ///< distinct
  list<constant_info> constants;
  list<step_info> steps;
  list<loop_info> loops;               ///< per region
  long long flops = 0, bytes = 0;
};

struct kernel_sizes {
  int code = 0, operands = 0, outer_strides = 0, terms = 0, launches = 0, distinct = 0, producers = 0, constants = 0, steps = 0, regions = 0;
};

/// All kernels of a program as constants. The arrays have room for the most that a graph of this many nodes and edges can need
/// (a generator is made again, with three operands, for each edge that reads it; what a producer makes is an operand too), so that one evaluation fills them.
template <int Nodes, int Edges, int Groups, int Regions> struct kernel_tables {
  kernel_sizes sizes{};
  instruction code[Nodes + Edges + 1] = {};
  operand_info operands[2 * Nodes + 3 * Edges + 1] = {};
  int outer_strides[max_outer_loops * (2 * Nodes + 3 * Edges) + 1] = {};
  address_term terms[Regions > 1 ? max_loop_depth * (2 * Nodes + 3 * Edges) + 1 : 1] = {};
  launch_info launches[Groups + 1] = {};
  int distinct[Groups + 1] = {};
  producer_info producers[Groups + 1] = {};
  constant_info constants[Nodes + 1] = {};
  step_info steps[Groups + 2 * Regions + 1] = {};
  loop_info loops[Regions + 1] = {};
  long long flops = 0, bytes = 0;
};

template <class Tables> constexpr Tables freeze(const kernel_lists& lists, int regions) {
  Tables t;
  t.sizes = {lists.code.size(), lists.operands.size(), lists.outer_strides.size(), lists.terms.size(), lists.launches.size(), lists.distinct.size(), lists.producers.size(), lists.constants.size(), lists.steps.size(), regions};
  detail::copy_table(lists.code.data, lists.code.count, t.code);
  detail::copy_table(lists.operands.data, lists.operands.count, t.operands);
  detail::copy_table(lists.outer_strides.data, lists.outer_strides.count, t.outer_strides);
  detail::copy_table(lists.terms.data, lists.terms.count, t.terms);
  detail::copy_table(lists.launches.data, lists.launches.count, t.launches);
  detail::copy_table(lists.distinct.data, lists.distinct.count, t.distinct);
  detail::copy_table(lists.producers.data, lists.producers.count, t.producers);
  detail::copy_table(lists.constants.data, lists.constants.count, t.constants);
  detail::copy_table(lists.steps.data, lists.steps.count, t.steps);
  detail::copy_table(lists.loops.data, regions, t.loops);
  t.flops = lists.flops;
  t.bytes = lists.bytes;
  return t;
}

}  // namespace tfx
