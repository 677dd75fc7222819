// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

#include "fingerprint.hpp"

int main() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) {
    std::puts("skipped: this processor has no AVX2");
    return 77;
  }
  const fingerprints baseline = baseline_fingerprints(), avx2 = avx2_fingerprints();
  std::printf("baseline: scalar %016llx, vector %016llx\n", (unsigned long long)baseline.scalar, (unsigned long long)baseline.vector);
  std::printf("avx2:     scalar %016llx, vector %016llx\n", (unsigned long long)avx2.scalar, (unsigned long long)avx2.vector);
  return baseline == avx2 && baseline.scalar == baseline.vector ? 0 : 1;
}
