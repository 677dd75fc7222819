// SPDX-License-Identifier: Apache-2.0
#pragma once
// hosted: exceptions or standard error

#if defined(__cpp_exceptions)
#include <stdexcept>
#else
#include <cstdio>
#include <cstdlib>
#endif

namespace tfx::detail {

/// A mistake of the caller at run time: an exception, or where there are none a message and the end.
[[noreturn]] inline void fail(const char* message) {
#if defined(__cpp_exceptions)
  throw std::invalid_argument(message);
#else
  std::fprintf(stderr, "tfx: %s\n", message);
  std::abort();
#endif
}

}  // namespace tfx::detail
