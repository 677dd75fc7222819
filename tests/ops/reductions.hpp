// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../fixtures/reduction.hpp"
#include "../support/traced.hpp"

// A fixture is a namespace, which only the preprocessor can pass on.
#define REDUCTION(name, ...)                                                                                \
  tfx::testing::example(                                                                                    \
      #name, [](auto x) { return __VA_ARGS__; }, tfx::fixtures::name::out, tfx::fixtures::name::cotangent,  \
      tfx::testing::given<2, 3, 4>(tfx::fixtures::name::x, tfx::fixtures::name::d_x))
#define REDUCTIONS(name, function)                                                                          \
  REDUCTION(name##_all, function(x)), REDUCTION(name##_0, function<0>(x)), REDUCTION(name##_1, function<1>(x)), \
      REDUCTION(name##_2, function<-1>(x)), REDUCTION(name##_02, function<0, 2>(x)),                        \
      REDUCTION(name##_12, function<1, -1>(x))
