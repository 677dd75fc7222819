// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: heap memory

#include <cstdio>
#include <stdexcept>

#include <tfx/core/config.hpp>

namespace tfx::detail {

/// What is trained is worth more than its log: what cannot be written (a full disk, a server that is away) is said on stderr, and training
/// goes on.
template <class F> TFX_COLD void go_on_without(const char* who, F f) {
  try {
    f();
  } catch (const std::runtime_error& error) {
    std::fprintf(stderr, "%s: %s; training goes on\n", who, error.what());
  }
}

}  // namespace tfx::detail
