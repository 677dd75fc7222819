// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: text of failures

#include <cstdio>

#include <tfx/core/config.hpp>
#include <tfx/core/fail.hpp>
#include <tfx/core/length.hpp>

namespace tfx::detail {

[[noreturn]] TFX_COLD inline void fail_length(const char* who, int given, int bound) {
  char text[120];
  std::snprintf(text, sizeof text, "%s: the length %d; it was compiled for 1 to %d", who, given, bound);
  fail(text);
}
[[noreturn]] TFX_COLD inline void fail_lengths(const char* who, int given, int wanted) {
  char text[120];
  std::snprintf(text, sizeof text, "%s: %d lengths are given, its inputs have %d", who, given, wanted);
  fail(text);
}
/// Checks the lengths of a run.
template <class Plan> void check_lengths(const char* who, const lengths& given) {
  if (given.count != Plan::n_lengths) fail_lengths(who, given.count, Plan::n_lengths);
  for (int k = 0; k < Plan::n_lengths; ++k)
    if (given.value[k] < 1 || given.value[k] > Plan::lengths[std::size_t(k)].bound) fail_length(who, given.value[k], Plan::lengths[std::size_t(k)].bound);
}
/// They are numbers of the run, behind those of the batch.
template <class T> void put_lengths_of_run(const int* length, int n, T* numbers) {
  for (int k = 0; k < n; ++k) {
    numbers[2 + 2 * k] = T(length[k]);
    numbers[3 + 2 * k] = T(1) / T(length[k]);
  }
}

}  // namespace tfx::detail
