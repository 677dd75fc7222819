// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include <tfx/geometry/movement.hpp>
#include <tfx/graph/op_kind.hpp>

namespace tfx {

struct gradient_scope;

/// A part of a `joined_op`, which lies there and has no memory of its own. Made from a finished graph, as that is.
struct part_op : recorded<op_kind::map, 1, false> {
  using attributes = movement_geometry;   ///< where it lies there
  static constexpr std::string_view name = "part";
  static constexpr bool strided = true;
  static constexpr void backward(gradient_scope&) {}
  static constexpr auto apply(auto x) { return x; }
};
/// Matrices side by side, each made where it lies. Inputs: parts; `link`: the leaf whose memory they lie in, or -1.
struct joined_op : recorded<op_kind::result, -1, false> {
  using attributes = concatenate_geometry;
  static constexpr std::string_view name = "joined";
  static constexpr void backward(gradient_scope&) {}
  template <class T> static constexpr T element(const concatenate_geometry& g, const T* const* in, int row, int col, int, int) {
    return element_of_joined(g, in, row, col);
  }
};

}  // namespace tfx
