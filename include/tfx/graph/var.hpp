// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <type_traits>

#include <tfx/graph/residuals.hpp>

namespace tfx {

/// A typed handle: what the arguments of a network, a loss or a training step are while they are traced.
/// Shape and element type are in the type, so every operation checks them while compiling; the node is a number in a recorder.
template <class Shape, class Type = real> struct var {
  handle h;

  using shape_type = Shape;
  using value_type = Type;
  using traced_tag = void;
  static constexpr dims dim = Shape::value;

  /// A traced value is not known yet: writing `if (x > 0)` is a mistake, which this notes.
  constexpr explicit operator bool() const {
    h.graph->complain("if: a traced value has no truth value while compiling; use where(condition, a, b)", at_path{});
    return false;
  }
  /// Nor is it a number, which functions that take numbers would ask for.
  template <std::same_as<double> Number> constexpr operator Number() const {
    h.graph->complain("a traced value is no number: of a traced x write exp(x), not std::exp(x)", at_path{}, at_line{});
    return {};
  }
};

template <class X> inline constexpr bool is_var = false;
template <class S, class T> inline constexpr bool is_var<var<S, T>> = true;

/// A typed handle.
template <class X> concept typed_handle = is_var<std::remove_cvref_t<X>>;
/// A handle, typed or not: what traced code is written over.
template <class X> concept traced = typed_handle<X> || std::same_as<std::remove_cvref_t<X>, handle>;
template <class X> concept number = is_number<std::remove_cvref_t<X>>;
/// What a network's function accepts.
template <class X> concept tensor_expression = typed_handle<X>;

constexpr handle untyped(handle h) { return h; }
template <class S, class T> constexpr handle untyped(var<S, T> v) { return v.h; }
template <traced X> constexpr builder& graph_of(X x) { return *untyped(x).graph; }

/// Result shape of an elementwise operation: that of the left operand when they do not fit, so that tracing can go on.
template <class A, class B> struct broadcast_of {
  static constexpr dims value = broadcasts(A::value, B::value) ? broadcast(A::value, B::value) : A::value;
  using type = to_shape<broadcast_of>;
};
template <class A> struct broadcast_of<A, A> {
  using type = A;
};
template <class A, class B> using broadcast_shape = typename broadcast_of<A, B>::type;

}  // namespace tfx
