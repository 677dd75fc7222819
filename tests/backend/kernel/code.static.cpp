// SPDX-License-Identifier: Apache-2.0
// What is known of a kernel before it is compiled for anything.
#include <tfx/backend/kernel/code.hpp>
#include <tfx/ops.hpp>

namespace {

using namespace tfx;

// x, y, of which a row has one number, and z
constexpr instruction::operand_class operands[] = {{true}, {false, lies_as::uint8}, {true, lies_as::bfloat16}};
constexpr std::uint64_t word(int phase, int store, int a, int b = 0) {
  const int sources[] = {a, b, 0};
  return instruction::pack(sources, store, phase, operands);
}

constexpr std::uint64_t packed = word(2, 1, 5, ~2);
static_assert(instruction::source_of(packed, 0) == 5 && instruction::source_of(packed, 1) == ~2);
static_assert(instruction::store_of(packed) == 1 && instruction::phase_of(packed) == 2);
static_assert(!instruction::source_class(packed, 0).moves && instruction::source_class(packed, 1).moves);
static_assert(instruction::source_class(packed, 1).lies == lies_as::bfloat16 && instruction::store_class(packed).lies == lies_as::uint8);
static_assert(!instruction::store_class(packed).moves && instruction::store_class(word(0, 2, ~0)).moves);
static_assert(instruction::store_of(word(0, -1, ~0)) == -1);

// z = x * y - mean of that
using code = kernel_code<form::rows, ins<multiply_op, word(0, -1, ~0, ~1)>, ins<sum_op, word(0, -1, 0)>,
                         ins<multiply_op, word(1, -1, 1, ~1)>, ins<subtract_op, word(2, 2, 0, 2)>>;
using facts = kernel_facts<code>;
static_assert(facts::count == 4 && facts::n_operands == 3 && facts::n_reductions == 1 && facts::sweeps == 2);
static_assert(facts::operands.moves[0] && !facts::operands.moves[1] && facts::operands.stored[2]);
static_assert(facts::kept.count == 1 && facts::kept.slot[0] == 0);
static_assert(!facts::is_result(0) && facts::is_result(1) && facts::is_result(2) && facts::n_results == 2);
static_assert(facts::executed(0) == 2 && facts::executed(1) == 1 && facts::executed(2) == 1);

struct four_rows {
  static constexpr int most_rows_together = 4;
};
struct one_row {};
static_assert(facts::rows_together<four_rows>(10) == 4 && facts::rows_together<four_rows>(1000) == 2);
static_assert(facts::rows_together<four_rows>(100000) == 1 && facts::rows_together<one_row>(10) == 1);

}  // namespace
