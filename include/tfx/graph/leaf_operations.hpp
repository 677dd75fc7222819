// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/op_kind.hpp>

namespace tfx {

struct gradient_scope;

/// Stands for nothing; the record of a graph's entry points.
struct leaf_op {
  static constexpr std::string_view name = "leaf";
  static constexpr op_kind kind = op_kind::leaf;
  static constexpr int arity = 0;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope&) {}
};
struct constant_op {
  static constexpr std::string_view name = "constant";
  static constexpr op_kind kind = op_kind::constant;
  static constexpr int arity = 0;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope&) {}
};
struct assign_op {
  static constexpr std::string_view name = "assign";
  static constexpr op_kind kind = op_kind::assign;
  static constexpr int arity = 1;
  static constexpr bool differentiable = true;
  static constexpr void backward(gradient_scope&) {}
  static constexpr auto apply(auto x) { return x; }
};

}  // namespace tfx
