// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/op_kind.hpp>

namespace tfx {

struct gradient_scope;

namespace detail {
template <op_kind Kind, int Arity> struct control_operation : recorded<Kind, Arity> {
  static constexpr void backward(gradient_scope&) {}   // the reverse sweep knows these nodes itself
  static constexpr auto apply(auto x) { return x; }
};
}  // namespace detail

/// A value carried from one iteration to the next. Input: the first value (of the region around); `link`: the next one.
struct carry_op : detail::control_operation<op_kind::port, 1> {
  static constexpr std::string_view name = "carry";
};
/// The number of the iteration.
struct iteration_op : detail::control_operation<op_kind::port, 0> {
  static constexpr std::string_view name = "iteration";
};
/// Row of an outer stack that belongs to this iteration; aux: reversed | shift << 1. Its batch may be bounded: a stack has
/// room for the bound in every row.
struct slice_op : detail::control_operation<op_kind::view, 1> {
  static constexpr std::string_view name = "slice";
};
/// Constant row `aux` of a stack.
struct row_op : detail::control_operation<op_kind::view, 1> {
  static constexpr std::string_view name = "row";
};
/// A carry after the last iteration. Inputs: carry, loop.
struct final_op : detail::control_operation<op_kind::result, 2> {
  static constexpr std::string_view name = "final";
};
/// All bound + 1 values of a carry. Inputs: carry, loop.
struct history_op : detail::control_operation<op_kind::result, 2> {
  static constexpr std::string_view name = "history";
};
/// A value of every iteration, stacked. Inputs: the inner value, loop, and if not every row is written what fills the rest;
/// aux: reversed | shift << 1.
struct stack_op : detail::control_operation<op_kind::result, -1> {
  static constexpr std::string_view name = "stack";
};
/// The value of the branch that ran. Inputs: copy in the first branch, loop of the second, copy in the second.
struct join_op : detail::control_operation<op_kind::result, 3> {
  static constexpr std::string_view name = "join";
};
/// Result `aux` of a producer that has several. Input: the first one, which is the producer's own node.
struct other_result_op : detail::control_operation<op_kind::other, 1> {
  static constexpr std::string_view name = "result";
};
/// Closes region `aux`. Inputs: none, or the condition, or condition (-1 is not stored: see `region_info`) and trip count.
struct loop_op : detail::control_operation<op_kind::loop, -1> {
  static constexpr std::string_view name = "loop";
};
/// The same value in memory of its own, possibly spread to a larger shape.
struct copy_op : recorded<op_kind::map, 1> {
  static constexpr std::string_view name = "copy";
  static constexpr auto apply(auto x) { return x; }
  static constexpr void backward(gradient_scope&) {}   // known to the reverse sweep too
};
/// The number of the forward iteration that a reverse body goes through. Inputs: how many there are, the number of its own.
struct forward_iteration_op : recorded<op_kind::map, 2> {
  static constexpr std::string_view name = "forward_iteration";
  static constexpr auto apply(auto count, auto i) { return count - decltype(count)(1) - i; }
  static constexpr void backward(gradient_scope&) {}   // a number of its own, whatever is differentiated
};

}  // namespace tfx
