// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/element_types.hpp>

namespace tfx {

/// The same elements as another type: an integer, bool, bfloat16, float16, or `float` and `double`, which are the program's own.
///
/// Gradient   through floating point alone; of a rounding dy, rounded too
/// Numerics   `as_type`
template <class T, class S, class U> constexpr auto cast(var<S, U> x) {
  using to = typename as_traced<T>::type;
  return var<S, to>{as_type(x.h, dtype_of<to>)};
}

}  // namespace tfx
