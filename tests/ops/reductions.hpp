// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../fixtures/reduction.hpp"
#include "../support/traced.hpp"

namespace tfx::testing {

/// A reduction, a template of axes, on the cases of all axes, of each one and of two neighbours or not.
template <class All, class First, class Middle, class Last, class Outer, class Inner, class Function> void check_axes(Function) {
  check(example<All>([](auto x) { return Function{}(x); }),
        example<First>([](auto x) { return Function{}.template operator()<0>(x); }),
        example<Middle>([](auto x) { return Function{}.template operator()<1>(x); }),
        example<Last>([](auto x) { return Function{}.template operator()<-1>(x); }),
        example<Outer>([](auto x) { return Function{}.template operator()<0, 2>(x); }),
        example<Inner>([](auto x) { return Function{}.template operator()<1, -1>(x); }));
}

}  // namespace tfx::testing
