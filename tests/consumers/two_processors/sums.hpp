// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/shape.hpp>

/// The same inline library code, compiled by each translation unit for its own processor.
template <class S> int sum_of_extents(S) {
  int sum = 0;
  for (int i = 0; i < S::value.rank; ++i) sum += S::value[i];
  return sum;
}

int baseline_sum();
int avx2_sum();
