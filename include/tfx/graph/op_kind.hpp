// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tfx {

/// What kinds of node a graph has. Everything a user can write is made of these.
enum class op_kind : std::uint8_t {
  leaf,       ///< a tensor that lives between runs, or comes in or goes out
  constant,   ///< one number
  generate,   ///< made from the place in the tensor alone (random bits, an index); emitted again in every kernel that reads it
  map,        ///< one result per element
  reduce,     ///< along columns, along rows, or over everything
  contract,   ///< matrix product and the three roles of a convolution
  window,     ///< one result per place from a neighbourhood or another place: pooling, permuting, slicing, gathering
  view,       ///< the same memory under another shape
  assign,     ///< the last value written to a leaf
  port,       ///< what a body sees: a carried value, the number of the iteration
  result,     ///< what comes out of a body: the final carry, stacked values, the join of two branches
  other,      ///< a result of a contraction or window besides its first one, which it reads
  loop        ///< closes a body
};
constexpr bool is_producer(op_kind k) { return k == op_kind::contract || k == op_kind::window; }

/// Base of operations that are recorded as one node: its kind, how many values it reads (-1: any number), has it a derivative?
template <op_kind Kind, int Arity, bool Differentiable = true> struct recorded {
  static constexpr op_kind kind = Kind;
  static constexpr int arity = Arity;
  static constexpr bool differentiable = Differentiable;
};

}  // namespace tfx
