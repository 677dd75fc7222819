// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/graph/op_kind.hpp>

namespace tfx {

struct gradient_scope;

/// Stands for nothing; the record of a graph's entry points.
struct leaf_op : recorded<op_kind::leaf, 0> {
  static constexpr std::string_view name = "leaf";
  static constexpr void backward(gradient_scope&) {}
};
struct constant_op : recorded<op_kind::constant, 0> {
  static constexpr std::string_view name = "constant";
  static constexpr void backward(gradient_scope&) {}
};
struct assign_op : recorded<op_kind::assign, 1> {
  static constexpr std::string_view name = "assign";
  static constexpr void backward(gradient_scope&) {}
  static constexpr auto apply(auto x) { return x; }
};

}  // namespace tfx
