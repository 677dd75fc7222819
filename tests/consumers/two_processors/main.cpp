// SPDX-License-Identifier: Apache-2.0
#include "sums.hpp"

#include <cstdio>

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this processor has no AVX2");
    return 77;
  }
  std::printf("baseline %d, avx2 %d\n", baseline_sum(), avx2_sum());
  return baseline_sum() == 10 && avx2_sum() == 10 ? 0 : 1;
}
