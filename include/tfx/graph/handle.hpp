// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/dtype.hpp>
#include <tfx/core/shape.hpp>

namespace tfx {

struct builder;

/// A node of the graph being recorded: what traced code passes around. Shape and type are known only while tracing;
/// `var` is the same with both in its type.
struct handle {
  builder* graph = nullptr;
  int id = -1;

  constexpr explicit operator bool() const = delete;
  constexpr bool empty() const { return id < 0; }
  constexpr dims shape() const;   // a copy: the nodes move when there are more of them
  constexpr dtype type() const;
};

}  // namespace tfx
