// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../fixtures/elementwise.hpp"
#include "../support/traced.hpp"

namespace tfx::testing {

// The stored numbers go out to where functions overflow; central differences are taken at these.
inline const numbers moderate = {-2.6, -2.1, -1.7, -1.3, -0.9, -0.6, -0.4, -0.2,
                                 0.2,  0.3,  0.7,  0.85, 1.2,  1.6,  2.3,  2.7};
inline const numbers positive = {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.3, 1.6, 1.9, 2.3, 3.1, 7.5};
inline const numbers inside_one = {-0.9, -0.8, -0.7, -0.6, -0.5, -0.35, -0.2, -0.1,
                                   0.1,  0.2,  0.3,  0.45, 0.6,  0.7,   0.8,  0.9};

/// A function of one argument on a stored case.
template <class Case, class Function> auto unary(Function f, const numbers& points = moderate) {
  return example<Case>(f).differences_at(points);
}

}  // namespace tfx::testing
